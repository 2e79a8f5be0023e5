/* One check of plim oracle verify, and how it is told: as facts, and as text made of the facts. */
#ifndef PT_PLIM_ORACLE_VERIFY_H
#define PT_PLIM_ORACLE_VERIFY_H

#include "tools/oracle/payload.h"
#include "tools/oracle/rules.h"
#include "tools/oracle/setup.h"

/* One check, from the payload to the verdict. */
typedef struct pt_verification {
    unsigned format;
    pt_payload payload;
    pt_wrapping wrapping;
    pt_setup setup;
    pt_look look;     /* of the check, not of the inspection before it     */
    pt_look whole;    /* an inspection by the same sets: it reads on where the check ended */
    const char *word; /* --feed as it was typed, or NULL                    */
    pl_price price;
    pl_status status;
    pt_check_stage stage;
    bool is_strict_error;
    uint8_t world_id[32]; /* native: the world and the feed that the report is bound to */
    uint64_t feed_number;
} pt_verification;

/* The facts of a check that has ended, one JSON object; the caller's. */
json_t *pt_verification_json(const pt_verification *v);

/* The same for people: the verdict first. facts: those of pt_verification_json. */
void pt_verification_print(const pt_verification *v, const json_t *facts);

#endif
