/* One row of spec/model/random_policy.py: a feed, a clock, a last price and a reading go in, the
 * model's verdict and price are compared with those of pl_policy_check. */
#ifndef PL_SUPPORT_POLICY_ROW_H
#define PL_SUPPORT_POLICY_ROW_H

#include <stdbool.h>

/* True when the core says what the row says; otherwise *mine names what it says instead ("no row"
 * for a line that is none). */
bool policy_row_agrees(const char *line, const char **mine);

#endif
