/* Who signed: sets, recovery, duplicates, quorum. */
#include <string.h>

#include "vm/base/assume.h"
#include "vm/oracle/adapter.h"

static bool is_active(const pl_signer_set *set, uint64_t now_s)
{
    return set->from_s <= now_s && (now_s < set->until_s || set->until_s == UINT64_MAX);
}

pl_status pl_signers_active(pl_signers *signers, const pl_adapter_input *in)
{
    *signers = (pl_signers){.in = in};
    for (uint16_t i = 0; i < in->feed->set_count; i++) {
        if (is_active(&in->feed->sets[i], in->now_s)) {
            signers->set = &in->feed->sets[i];
            signers->set_number = i;
            return PL_OK;
        }
    }
    return pl_is_inspection(in) ? PL_OK : PL_REJECT_SIGNER_SET;
}

pl_status pl_signers_named(pl_signers *signers, const pl_adapter_input *in, const uint8_t id[32],
                           pl_status unknown)
{
    *signers = (pl_signers){.in = in};
    for (uint16_t i = 0; i < in->feed->set_count; i++) {
        const pl_signer_set *set = &in->feed->sets[i];
        if (memcmp(set->id, id, sizeof set->id) == 0) {
            signers->set = set;
            signers->set_number = i;
            return is_active(set, in->now_s) || pl_is_inspection(in) ? PL_OK
                                                                     : PL_REJECT_SIGNER_SET_OVER;
        }
    }
    return pl_is_inspection(in) ? PL_OK : unknown;
}

static int find_member(const pl_signers *signers, const uint8_t *address)
{
    if (signers->set != NULL) {
        for (unsigned i = 0; i < signers->set->member_count; i++) {
            if (memcmp(signers->set->members + i * PL_ADDRESS_SIZE, address, PL_ADDRESS_SIZE) ==
                0) {
                return (int)i;
            }
        }
    }
    return -1;
}

static void show(pl_signers *signers, const pl_signature_seen *seen)
{
    const pl_observer *observer = signers->in->observer;
    if (observer != NULL && observer->signature != NULL) {
        observer->signature(observer->context, seen);
    }
    signers->met++;
}

#define ANY_PLACE (-1)

/* place: whose signature it says it is, or ANY_PLACE. *member is set for PL_OK. */
static pl_status recover(pl_signers *signers, int *member, int place, const uint8_t *digest,
                         const uint8_t *r, const uint8_t *s, uint64_t v, unsigned v_base)
{
    const pl_adapter_input *in = signers->in;
    const bool low_s = (pl_formats[in->feed->format].flags & PL_FORMAT_LOW_S) != 0;
    uint8_t address[PL_ADDRESS_SIZE] = {0};
    pl_signature_seen seen = {.number = signers->met,
                              .digest = digest,
                              .signer_size = PL_ADDRESS_SIZE,
                              .signer = address,
                              .member = -1,
                              .high_s = pl_is_high_s(s)};
    seen.status = v < v_base || v - v_base > 1
                      ? PL_REJECT_RECOVERY_ID
                      : pl_recover_address(address, digest, r, s, (unsigned)(v - v_base));
    seen.has_signer = seen.status == PL_OK;
    if (seen.status == PL_OK) {
        seen.member = *member = find_member(signers, address);
    }
    if (low_s && seen.high_s && (seen.status == PL_OK || seen.status == PL_REJECT_SIGNATURE)) {
        seen.status = PL_REJECT_HIGH_S;
    }
    if (seen.status == PL_OK && seen.member < 0) {
        seen.status = PL_REJECT_UNKNOWN_SIGNER;
    } else if (seen.status == PL_OK && place != ANY_PLACE && seen.member != place) {
        seen.status = PL_REJECT_SIGNATURE;
    }
    if (seen.high_s) {
        signers->strict_error = PL_REJECT_HIGH_S;
    }
    show(signers, &seen);
    return seen.has_signer && seen.status != PL_REJECT_HIGH_S && pl_is_inspection(in) ? PL_OK
                                                                                      : seen.status;
}

pl_status pl_signers_recover(pl_signers *signers, int *member, const uint8_t *digest,
                             const uint8_t *r, const uint8_t *s, uint64_t v, unsigned v_base)
{
    return recover(signers, member, ANY_PLACE, digest, r, s, v, v_base);
}

pl_status pl_signers_recover_at(pl_signers *signers, unsigned place, const uint8_t *digest,
                                const uint8_t *r, const uint8_t *s, uint64_t v, unsigned v_base)
{
    int member;
    PL_ASSERT(pl_is_inspection(signers->in) || place < signers->set->member_count);
    return recover(signers, &member, (int)place, digest, r, s, v, v_base);
}

void pl_signers_show(pl_signers *signers, const uint8_t *digest, pl_status status,
                     const uint8_t *signer, uint8_t signer_size, int member)
{
    const pl_signature_seen seen = {.number = signers->met,
                                    .digest = digest,
                                    .status = status,
                                    .has_signer = signer != NULL,
                                    .signer_size = signer_size,
                                    .signer = signer,
                                    .member = member};
    show(signers, &seen);
}

pl_status pl_signers_count(pl_signers *signers, int member)
{
    if (member < 0) { /* an inspection counts strangers too, and cannot tell them apart */
        PL_ASSERT(pl_is_inspection(signers->in));
        signers->count++;
        return PL_OK;
    }
    if (pl_member_in(&signers->seen, (unsigned)member)) {
        return PL_REJECT_SIGNER_DUPLICATE;
    }
    pl_member_add(&signers->seen, (unsigned)member);
    signers->count++;
    return PL_OK;
}

pl_status pl_signers_quorum(const pl_signers *signers)
{
    if (pl_is_inspection(signers->in)) {
        return PL_OK;
    }
    const unsigned quorum = signers->set->quorum;
    const bool exact = (pl_formats[signers->in->feed->format].flags & PL_FORMAT_EXACT) != 0;
    return signers->count < quorum || (exact && signers->count > quorum) ? PL_REJECT_QUORUM : PL_OK;
}

pl_status pl_signers_single(pl_reading *reading, const pl_adapter_input *in, const uint8_t *digest,
                            const uint8_t *r, const uint8_t *s, uint64_t v)
{
    pl_signers signers;
    int member;
    PL_TRY(pl_signers_active(&signers, in));
    PL_TRY(pl_signers_recover(&signers, &member, digest, r, s, v, 27));
    PL_SURE(pl_signers_count(&signers, member));
    PL_TRY(pl_signers_quorum(&signers));
    pl_signers_tell(reading, &signers, digest);
    return PL_OK;
}

void pl_signers_tell(pl_reading *reading, const pl_signers *signers, const uint8_t *digest)
{
    reading->set = signers->set_number;
    reading->signers = signers->seen;
    reading->signatures = signers->met;
    pl_reading_strict(reading, signers->strict_error);
    if (digest != NULL) {
        reading->has_digest = true;
        memcpy(reading->digest, digest, sizeof reading->digest);
    }
}
