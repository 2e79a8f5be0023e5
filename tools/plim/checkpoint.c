#include "tools/plim/checkpoint.h"

#include "tools/common/disk.h"

static bool sink_bytes(void *context, const uint8_t *bytes, size_t size)
{
    return pt_replacement_put(context, bytes, size);
}

pt_exit pt_checkpoint_write(const char *path, const char *temporary, pl_chain *chain,
                            pt_report *report)
{
    pt_replacement file;
    PT_TRY(pt_replacement_begin(&file, path, temporary, report));
    const pl_status status = pl_chain_checkpoint(chain, sink_bytes, &file);
    const pt_exit result = status == PL_OK || file.error != 0 /* commit says what failed */
                               ? pt_replacement_commit(&file, report)
                               : pt_fail_status(report, status, "%s: no checkpoint", path);
    pt_replacement_abandon(&file);
    return result;
}
