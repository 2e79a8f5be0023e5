/* The page that lies beside an imported history. */
#ifndef PT_IMPORT_TRACE_TEXT_H
#define PT_IMPORT_TRACE_TEXT_H

#include "tools/import/trace.h"

/* What was imported, from where, and what to do with it. free() it. */
char *pt_trace_readme(const pt_trace *trace, const pl_chain *chain, uint32_t query_count);

#endif
