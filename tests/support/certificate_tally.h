/* What the storm over certificates counts, and how it tells it. */
#ifndef PL_SUPPORT_CERTIFICATE_TALLY_H
#define PL_SUPPORT_CERTIFICATE_TALLY_H

#include "tests/support/certificate_pieces.h"

enum { STEPS = PL_VERIFY_DONE + 1, TRUTH_DIFFERENCES = 512 };

typedef struct tally {
    uint64_t tried, refused, other, same, failed;
    uint64_t by_step[STEPS];
} tally;

void tally_add(tally *sum, const tally *of);
void tally_print(const char *name, const tally *of);
void tally_print_steps(const tally *flips, const tally *sealed, const tally *mutants);

/* What another truth says otherwise than the certificate that it was made from: a set, below
 * TRUTH_DIFFERENCES. */
unsigned truth_differs(const pieces *from, const uint8_t *bytes, size_t size);

/* On input: how many truths there were of each set. */
void truths_print(const uint64_t counts[TRUTH_DIFFERENCES]);

#endif
