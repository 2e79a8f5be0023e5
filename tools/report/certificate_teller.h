/* What the files that tell a certificate share. Private to them. */
#ifndef PT_REPORT_CERTIFICATE_TELLER_H
#define PT_REPORT_CERTIFICATE_TELLER_H

#include "tools/common/value.h"
#include "tools/report/facts.h"
#include "vm/verify.h"

/* What every part needs. */
typedef struct pt_teller {
    pt_facts *facts;
    const pl_verdict *verdict;
    const pl_certificate *certificate;
    pl_verifier *verifier;
    const pl_chain *chain;
    const pl_world *world;
    pl_header header; /* of the certified height; zeros at height 0 */
} pt_teller;

/* The name with a zero at its end. */
void pt_tell_name(char text[PL_NAME_SIZE_MAX + 1], pl_name name);

/* The account by its label, or as it is written. Returns text. */
const char *pt_tell_account(char text[PT_VALUE_TEXT_MAX], const pt_teller *t,
                            const uint8_t account[32]);

/* Adds time_s and the same for people. */
void pt_tell_time(const pt_teller *t, uint64_t time_s);

/* The story: prices that were read and who signed them, what views answered, what transactions did.
 */
void pt_tell_prices(const pt_teller *t);
void pt_tell_views(const pt_teller *t);
void pt_tell_transactions(const pt_teller *t);

#endif
