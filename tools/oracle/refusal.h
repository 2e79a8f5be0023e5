/* Why this one report was refused: its own feeds, counts and names, where the rule alone would
 * leave people guessing. */
#ifndef PT_ORACLE_REFUSAL_H
#define PT_ORACLE_REFUSAL_H

#include "tools/oracle/setup.h"

#define PT_REFUSAL_TEXT_MAX 900

typedef struct pt_refusal {
    unsigned format;
    pl_status status;
    const pt_setup *setup;
    const char *feed;     /* --feed as it was typed, or NULL                         */
    const pt_look *whole; /* an inspection with the signer sets of the setup: it goes
                           * on where the check ended                                */
    const uint8_t *payload;
    size_t size;
} pt_refusal;

/* One sentence, or "" when the sentence of the rule says all there is. */
const char *pt_refusal_text(char text[PT_REFUSAL_TEXT_MAX], const pt_refusal *refusal);

/* The set that the report chose among those of the setup. */
const pl_signer_set *pt_refusal_set(const pt_setup *setup, const pt_look *whole);

#endif
