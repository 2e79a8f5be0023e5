/* The parts of spec 05 §6 that every format obeys; pl_policy_check stands in oracle.h. */
#ifndef PL_ORACLE_POLICY_H
#define PL_ORACLE_POLICY_H

#include "vm/oracle/oracle.h"

/* |price - last| * 10000 <= |last| * deviation_bps, exact for all prices. price and last->price
 * have the feed's decimals. Returns PL_OK (also without the rule or without a last price) or
 * DEVIATION. spec 05 §6.7 */
PL_MUST_USE pl_status pl_policy_deviation(const pl_feed *feed, const pl_i256 *price,
                                          const pl_price *last);

#endif
