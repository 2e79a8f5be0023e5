/* A feed and its signer sets as people write them, built up piece by piece for one check.
 *
 * Members are hex text: an address of 20 bytes, an x-only key of 32 or a compressed key of 33, as
 * the format wants. The feed owns everything that it points to. */
#ifndef PT_ORACLE_FEED_H
#define PT_ORACLE_FEED_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/oracle/oracle.h"

#define PT_ORACLE_SETS_MAX    64u
#define PT_ORACLE_MEMBERS_MAX 255u
#define PT_PYTHNET_CHAIN      26u

extern const uint8_t pt_pythnet_emitter[32];

typedef struct pt_oracle_feed {
    pl_feed feed; /* sets, subject and keys are put in by pt_oracle_feed_ready */
    pl_signer_set sets[PT_ORACLE_SETS_MAX];
    pt_bytes members[PT_ORACLE_SETS_MAX];
    pt_bytes subject;
    pl_public_key *keys;
} pt_oracle_feed;

/* No signer set, no subject, no limit of age, order or price; wire scale and decimals 0. */
void pt_oracle_feed_begin(pt_oracle_feed *feed, uint8_t format);
void pt_oracle_feed_free(pt_oracle_feed *feed);

/* Starts a signer set that is active for ever; id of 32 bytes, NULL: zeros. The quorum is the
 * caller's, in sets[set_count - 1]. Errors: PT_INPUT when there are too many. */
pt_exit pt_oracle_feed_set(pt_oracle_feed *feed, const uint8_t *id, pt_report *report);

/* Adds a member to the last set. Errors: PT_INPUT: not hex of the format's size, a checksummed
 * address with a wrong checksum, more than 255. */
pt_exit pt_oracle_feed_member(pt_oracle_feed *feed, const char *text, pt_report *report);

/* Sorts the members where the format has no places for them (spec 05 §3). */
void pt_oracle_feed_sort(pt_oracle_feed *feed);

/* Links the pieces; feed->feed can be used until the next change. Errors: PT_INPUT when a member
 * is no key of the curve. */
pt_exit pt_oracle_feed_ready(pt_oracle_feed *feed, pt_report *report);

/* The format of a name ("redstone"; eip712 is eip712-price), or PL_FEED_FORMATS. */
unsigned pt_oracle_format(const char *name);

/* A guardian set index, or a configuration digest of 16 (OCR1) or 32 bytes, as the id of a set. */
void pt_oracle_guardian_id(uint8_t id[32], uint32_t index);
bool pt_oracle_config_id(uint8_t id[32], const char *hex);

/* Subjects as people write them, appended to bytes. */
void pt_oracle_put_symbol(pt_bytes *bytes, const char *text); /* 32 bytes, zeros behind; longer
                                                                  than 31: its keccak256 */
bool pt_oracle_put_hex(pt_bytes *bytes, const char *text, size_t size); /* exactly size bytes */
void pt_oracle_put_pyth(pt_bytes *bytes, uint16_t chain, const uint8_t *emitter,
                        const uint8_t *price_id);

/* Hex digits with or without 0x to bytes. False when it is anything else or longer than room. */
bool pt_oracle_hex(uint8_t *bytes, size_t *size, size_t room, const char *text);

/* "0x" and 40 digits with the checksum of EIP-55, and a zero. */
void pt_oracle_address(char text[43], const uint8_t *address);

#endif
