/* What a certificate says and what was recomputed of it, as facts and as text. The same words in
 * the program, in the example of the library and in the browser. */
#ifndef PT_REPORT_CERTIFICATE_FACTS_H
#define PT_REPORT_CERTIFICATE_FACTS_H

#include "tools/report/facts.h"
#include "vm/verify.h"

/* Gathers everything about a verdict, also of a refused certificate as far as it came.
 * verifier may be NULL. bytes: the size of the unpacked certificate. */
void pt_certificate_facts(pt_facts *facts, const pl_verdict *verdict, pl_verifier *verifier,
                          size_t bytes);

/* Appends the facts as text for people: steps, story, what it proves and what not. */
void pt_certificate_text(pt_bytes *text, const pt_facts *facts);

#endif
