/* The native m-of-n report, and its unsigned twin. spec 05 §2, §3
 *
 *     version u8 = 1 | feed u32 | round u64 | time u64 | price 32 | decimals u8 |
 *     signature count u8 | signatures: signer u8 | r 32 | s 32 */
#ifndef PL_ORACLE_NATIVE_H
#define PL_ORACLE_NATIVE_H

#include "vm/oracle/oracle.h"

#define PL_REPORT_ENVELOPE_SIZE  5u
#define PL_NATIVE_HEAD_SIZE      55u
#define PL_NATIVE_SIGNATURE_SIZE 65u
#define PL_NATIVE_SIZE_MAX       (PL_NATIVE_HEAD_SIZE + PL_SIGNERS_MAX * PL_NATIVE_SIGNATURE_SIZE)

/* digest = tagged("plimsoll/report", world id | feed u32 | round | time | price | decimals).
 * On input: world_id 32 bytes; head, the first PL_NATIVE_HEAD_SIZE bytes of a report.
 * On output: digest, 32 bytes: what each signer signs. */
void pl_native_digest(uint8_t *digest, const uint8_t *world_id, const uint8_t *head);

/* The adapter: as pl_oracle_decide, for a feed of format unsigned or native. */
PL_MUST_USE pl_status pl_native_check(pl_price *price, const pl_report_context *context,
                                      const pl_price *last, uint32_t feed, const uint8_t *report,
                                      size_t report_size, const pl_report_ahead *ahead);

/* The same of pl_oracle_ahead: *status is that of rule 7. */
bool pl_native_ahead(pl_status *status, const pl_report_context *context, uint32_t feed,
                     const uint8_t *report, size_t report_size);

#endif
