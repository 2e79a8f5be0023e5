/* The two folders that an import of one source asks for. */
#ifndef PT_PLIM_IMPORT_FOLDERS_H
#define PT_PLIM_IMPORT_FOLDERS_H

#include "tools/common/args.h"
#include "tools/common/report.h"

/* -o, a folder that may be written (pt_folder_check), and the folder of contracts: --contracts or
 * the one beside the program; free() it. Errors: PT_USAGE without -o, PT_INPUT. */
pt_exit pt_import_folders(const char **output, char **contracts, const pt_args *args,
                          pt_report *report);

#endif
