/* What an Aave header and its errors say beside the values that become rows (aave_v3.c). */
#ifndef PT_IMPORT_AAVE_V3_H
#define PT_IMPORT_AAVE_V3_H

#include "tools/import/trace.h"

/* Refuses unknown keys and a header that contradicts its own state: the parameters of a reserve
 * must be those in its packed word (bits that no parameter names are free), prices those of the
 * state. Keys for people (kind, label, profile, package, evm) may be any text.
 * has_category: the packed word holds the category (v3.0). Errors: PT_INPUT. */
pt_exit pt_aave_check_header(const pt_json *header, bool has_category, pt_report *report);

extern const pt_error_code pt_aave_v3_0_codes[];
extern const pt_failure pt_aave_failures[];

#endif
