/* Contract sources from files, compiled by tools/plc. Paths inside a container are relative to the
 * folder of its source, so that the same source gives the same bytes wherever it lies. */
#ifndef PT_COMMON_SOURCE_H
#define PT_COMMON_SOURCE_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

/* The folder that holds the shipped contracts and the libraries std/ and math/: what --contracts
 * says, or
 * "../contracts" seen from the program, or "contracts" here. free() it. Errors: PT_INPUT when a
 * folder that was asked for does not exist; *folder is NULL when nothing was asked for and none is
 * found. */
pt_exit pt_contracts_folder(char **folder, const char *asked, pt_report *report);

/* Compiles one contract. Diagnostics go to stderr when they are wanted there; in any case the
 * report carries the first one. library may be NULL. Errors: PT_INPUT. */
pt_exit pt_compile(pt_bytes *container, const char *file, const char *library,
                   bool print_diagnostics, pt_report *report);

#endif
