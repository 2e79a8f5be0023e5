/* Which format a payload has: every adapter reads it once, by structure alone. */
#ifndef PT_ORACLE_GUESS_H
#define PT_ORACLE_GUESS_H

#include "tools/oracle/look.h"

typedef struct pt_guess {
    unsigned format;
    int score;        /* higher is better; 0 or less: it does not fit */
    pl_status status; /* of an inspection                             */
    const char *why;
} pt_guess;

/* Fills guesses with the formats that fit, the best first; returns how many. A damaged report fits
 * the format whose magic it has, with a status that is not PL_OK. */
size_t pt_guess_formats(pt_guess guesses[PL_FEED_FORMATS], const uint8_t *payload, size_t size);

/* What bytes that fit nothing are nearest to: a RedStone payload without its end, a size that is a
 * byte off. Writes a sentence, or "" when there is none; returns text. */
const char *pt_guess_near(char *text, size_t room, const uint8_t *payload, size_t size);

/* How the format is recognised. */
const char *pt_guess_reason(unsigned format);

#endif
