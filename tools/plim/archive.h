/* The run archive: a SQLite file with everything a replay computed, so that a result can be looked
 * into with SQL and re-run from itself. Written under a temporary name, renamed at the end, so that
 * it is whole or not there; it is written from replays alone and never read back, and one that was
 * stopped is made anew. */
#ifndef PT_PLIM_ARCHIVE_H
#define PT_PLIM_ARCHIVE_H

#include "tools/common/file.h"
#include "tools/plim/compare.h"

typedef struct pt_archive pt_archive;

/* Errors: PT_INPUT (path), PT_LIMIT. */
pt_exit pt_archive_open(pt_archive **archive, const char *path, pt_run *run, pt_report *report);

/* One row in blocks, its receipts and events. */
pt_exit pt_archive_block(pt_archive *archive, const pl_block_result *result, pt_report *report);

/* The contract tables as they are now, what was configured and which bytes went in; then the file
 * appears under its name. */
pt_exit pt_archive_finish(pt_archive *archive, const pt_tally *tally, pt_report *report);

/* Frees; without finish nothing remains. NULL is fine. */
void pt_archive_close(pt_archive *archive);

#endif
