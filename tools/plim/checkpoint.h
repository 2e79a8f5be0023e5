/* The state of a chain as a file that appears whole or not at all. spec 06 §8 */
#ifndef PT_PLIM_CHECKPOINT_H
#define PT_PLIM_CHECKPOINT_H

#include "tools/common/report.h"
#include "vm/plimsoll.h"

/* Both names in one folder; the chain at height 1 or more. Errors: PT_INPUT, PT_LIMIT, and what
 * stood at path is as it was. */
pt_exit pt_checkpoint_write(const char *path, const char *temporary, pl_chain *chain,
                            pt_report *report);

#endif
