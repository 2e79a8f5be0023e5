/* Without MPI: Debian's libopenmpi-dev is not there, or this is plim and not plim-mpi. */
#include "tools/plim/ranks.h"

pt_exit pt_ranks_begin(pt_ranks *ranks, pt_report *report)
{
    *ranks = (pt_ranks){0, 1};
    return pt_fail(report, PT_USAGE,
                   "--mpi: this program has no MPI; plim-mpi has: tools/deps.sh mpi, then make");
}

void pt_ranks_gather(uint8_t *all, const uint8_t *told, size_t size)
{
    (void)all;
    (void)told;
    (void)size;
}

void pt_ranks_end(void)
{
}
