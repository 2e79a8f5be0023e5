/* DLC oracle attestations: the outcome of an event, one signature a digit. spec 09 §15
 *
 *     TLV fdd868: event id | x-only key 32 | count u16 | signatures 64 each | outcomes
 *
 * Shape, key, at least one signature, then per digit: the signature over the outcome's hash, its
 * nonce against the announced one; last the event. Digits of base 2, most significant first, with
 * or without a sign before them, are a price; other outcomes are signed but no number. Each digit
 * is signed alone, and neither its place nor the event is: only the announced nonces say that
 * these are all digits, in their order, of this event. Without them there is no price. */
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/oracle/dlc.h"

#define TYPE_ATTESTATION 0xd868u
#define NONCE            32u
#define SIGNATURE        64u
#define SUBJECT_HEAD     3u
#define DIGITS_MAX       255u /* what a price of 256 bits with its sign can hold */

enum { RULE_TAGGED, RULE_SHA256 };

/* What the feed knows from the announcement. */
typedef struct event {
    uint8_t rule;
    unsigned nonce_count; /* 0: no announcement is known */
    const uint8_t *nonces;
    const uint8_t *id;
    size_t id_size; /* 0: any event */
} event;

static pl_status read_subject(event *announced, const pl_feed *feed)
{
    *announced = (event){.rule = RULE_TAGGED};
    if (feed->subject_size == 0) {
        return PL_OK;
    }
    if (feed->subject_size < SUBJECT_HEAD || feed->subject[0] > RULE_SHA256) {
        return PL_REJECT_SUBJECT;
    }
    announced->rule = feed->subject[0];
    announced->nonce_count = pl_load_u16(feed->subject + 1);
    const size_t left = feed->subject_size - SUBJECT_HEAD;
    if (announced->nonce_count > left / NONCE) {
        return PL_REJECT_SUBJECT;
    }
    announced->nonces = feed->subject + SUBJECT_HEAD;
    announced->id = announced->nonces + announced->nonce_count * NONCE;
    announced->id_size = left - announced->nonce_count * NONCE;
    return PL_OK;
}

typedef struct attestation {
    const uint8_t *id, *key, *signatures;
    size_t id_size;
    uint64_t count;
    size_t outcomes, end; /* where the outcomes stand */
} attestation;

static pl_status take_attestation(attestation *found, const pl_adapter_input *in)
{
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size), inner;
    PL_TRY(pl_take_tlv(&cursor, "attestation", TYPE_ATTESTATION, &inner));
    PL_TRY(pl_take_end(&cursor));
    PL_TRY(pl_take_dlc_text(&inner, "event id", &found->id, &found->id_size));
    PL_TRY(pl_take(&inner, "key", PL_PART_BYTES, &found->key, PL_MEMBER_XONLY));
    PL_TRY(pl_take_uint(&inner, "signature count", PL_TIME_NONE, &found->count, 2));
    found->signatures = in->payload + inner.offset;
    for (uint64_t i = 0; i < found->count; i++) {
        const uint8_t *signature;
        PL_TRY(pl_take(&inner, "signature", PL_PART_BYTES, &signature, SIGNATURE));
    }
    found->outcomes = inner.offset;
    found->end = inner.end;
    for (uint64_t i = 0; i < found->count; i++) {
        const uint8_t *outcome;
        size_t size;
        PL_TRY(pl_take_dlc_text(&inner, "outcome", &outcome, &size));
    }
    return pl_take_end(&inner);
}

/* The number that the outcomes so far spell in base 2. */
typedef struct number {
    bool is_number, is_negative;
    unsigned digits;
    pl_i256 value;
} number;

static void add_digit(number *sum, uint64_t place, const uint8_t *outcome, size_t size)
{
    if (size == 1 && place == 0 && (outcome[0] == '+' || outcome[0] == '-')) {
        sum->is_negative = outcome[0] == '-';
        return;
    }
    const bool is_digit = size == 1 && (outcome[0] == '0' || outcome[0] == '1');
    sum->digits++;
    if (!is_digit || sum->digits > DIGITS_MAX) {
        sum->is_number = false;
        return;
    }
    const pl_i256 digit = pl_i256_from_i64(outcome[0] - '0');
    pl_i256_add_wrap(&sum->value, &sum->value, &sum->value); /* below 2^255: does not wrap */
    pl_i256_add_wrap(&sum->value, &sum->value, &digit);
}

static void outcome_digest(uint8_t digest[32], uint8_t rule, const pl_tag *tag,
                           const uint8_t *outcome, size_t size)
{
    if (rule == RULE_TAGGED) {
        pl_tagged_of(digest, tag, outcome, size);
    } else {
        pl_sha256_of(digest, outcome, size);
    }
}

static pl_status check_digits(number *sum, pl_signers *signers, int member, uint8_t digest[32],
                              const attestation *found, const event *announced)
{
    static const char tag_text[] = "DLC/oracle/attestation/v0";
    pl_adapter_input quiet = *signers->in; /* the outcomes were told already */
    quiet.observer = NULL;
    const bool has_nonces = announced->nonce_count > 0 && !pl_is_inspection(signers->in);
    pl_bytes_cursor outcomes = pl_bytes_cursor_at(&quiet, found->outcomes, found->end);
    pl_tag tag;
    pl_sha256_tag(&tag, tag_text, sizeof tag_text - 1);
    for (uint64_t i = 0; i < found->count; i++) {
        const uint8_t *outcome, *signature = found->signatures + i * SIGNATURE;
        size_t size;
        PL_SURE(pl_take_dlc_text(&outcomes, "outcome", &outcome, &size));
        outcome_digest(digest, announced->rule, &tag, outcome, size);
        PL_TRY(pl_dlc_check(signers, member, found->key, digest, signature));
        if (has_nonces && (i >= announced->nonce_count ||
                           memcmp(signature, announced->nonces + i * NONCE, NONCE) != 0)) {
            return PL_REJECT_NONCE;
        }
        add_digit(sum, i, outcome, size);
    }
    return has_nonces && found->count != announced->nonce_count ? PL_REJECT_NONCE : PL_OK;
}

pl_status pl_dlc_attestation_read(pl_reading *reading, const pl_adapter_input *in)
{
    attestation found;
    event announced;
    pl_signers signers;
    int member;
    uint8_t digest[32];
    number sum = {.is_number = true};
    PL_TRY(take_attestation(&found, in));
    PL_TRY(read_subject(&announced, in->feed));
    PL_TRY(pl_dlc_signer(&signers, &member, in, found.key));
    if (found.count == 0) {
        return PL_REJECT_UNSIGNED;
    }
    PL_TRY(check_digits(&sum, &signers, member, digest, &found, &announced));
    PL_SURE(pl_signers_count(&signers, member));
    PL_TRY(pl_signers_quorum(&signers));
    pl_signers_tell(reading, &signers, digest);
    if (announced.id_size > 0 && !pl_is_inspection(in) &&
        (announced.id_size != found.id_size ||
         memcmp(announced.id, found.id, found.id_size) != 0)) {
        return PL_REJECT_SUBJECT;
    }
    const bool is_bound = announced.nonce_count > 0 || pl_is_inspection(in);
    if (sum.is_number && sum.digits > 0 && is_bound) {
        if (sum.is_negative) {
            pl_i256_neg_wrap(&sum.value, &sum.value);
        }
        pl_reading_price(reading, in, &sum.value);
    }
    return PL_OK;
}
