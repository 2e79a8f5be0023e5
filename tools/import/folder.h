/* The folder that an import or a run leaves: history, expectations, world and a page about them. */
#ifndef PT_IMPORT_FOLDER_H
#define PT_IMPORT_FOLDER_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/plimsoll.h"

/* PT_OK for a new folder, an empty one or one that was written by this before: a README.md of
 * somebody else is not written over. Errors: PT_INPUT. */
pt_exit pt_folder_check(const char *folder, pt_report *report);

/* Starts a history (spec 06 §6): everything before its first block. */
void pt_history_begin(pt_bytes *history, const pt_bytes *world);

/* Appends a sealed block to a history. */
void pt_history_block(pt_bytes *history, const pl_block_result *result);

/* Writes history.plh.gz, expect.plx.gz, world.json and README.md, all of them or none; makes the
 * folder if it is missing. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_folder_write(const char *folder, const pt_bytes *history, const pt_bytes *expectations,
                        const pl_chain *chain, const char *readme, pt_report *report);

#endif
