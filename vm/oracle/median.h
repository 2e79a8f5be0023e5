/* What the two Maker Median formats share: what is signed and what a value means. spec 09 §9 */
#ifndef PL_ORACLE_MEDIAN_H
#define PL_ORACLE_MEDIAN_H

#include "vm/oracle/adapter.h"

#define PL_WAT_SIZE 32u

/* digest = EIP-191(keccak256(value | age | wat)); each of 32 bytes. */
void pl_median_digest(uint8_t digest[32], const uint8_t *value, const uint8_t *age,
                      const uint8_t *wat);

/* Price, time and order key. On input: the words of the median value and of the smallest age.
 * NON_CANONICAL when the value does not fit 128 bits or the age 64. Zero is no price. */
PL_MUST_USE pl_status pl_median_tell(pl_reading *reading, const pl_adapter_input *in,
                                     const uint8_t *value, const uint8_t *age);

#endif
