/* The rules that a report is asked, in the order its format asks them, and what to do when one
 * fails. */
#ifndef PT_ORACLE_RULES_H
#define PT_ORACLE_RULES_H

#include "tools/oracle/look.h"

typedef enum pt_rule_state {
    PT_RULE_OK,
    PT_RULE_FAILED,
    PT_RULE_OPEN,   /* the check ended before it was decided    */
    PT_RULE_SKIPPED /* nothing was given to ask it with         */
} pt_rule_state;

#define PT_RULES_MAX 24u

typedef struct pt_rule_line {
    const char *text;
    pt_rule_state state;
} pt_rule_line;

/* Where a check ended. */
typedef enum pt_check_stage {
    PT_STAGE_READ,  /* by the bytes, the signatures, the subject   */
    PT_STAGE_ORDER, /* by what was accepted before                 */
    PT_STAGE_POLICY /* by age, scale, bounds; or it did not fail   */
} pt_check_stage;

/* How a check went. */
typedef struct pt_check_end {
    unsigned format;
    pt_check_stage stage;
    pl_status status;
    bool strict;          /* the rules were strict                       */
    bool is_strict_error; /* only they refused                           */
    bool has_feed;        /* else any feed was as good                   */
    bool has_set;         /* else the set is what the report calls it    */
    bool has_clock;       /* else the age was not asked                  */
    bool has_last;        /* else the order was not asked                */
} pt_check_end;

/* The lines of one check. Returns how many there are. */
size_t pt_rule_lines(pt_rule_line lines[PT_RULES_MAX], const pt_check_end *end);

/* What the refusal says, in the words of the format where they differ; never NULL. */
const char *pt_rule_sentence(pl_status status, unsigned format);

/* What to look at after a refusal; never NULL. */
const char *pt_rule_hint(pl_status status, unsigned format);

#endif
