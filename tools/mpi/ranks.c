/* The processes of an Open MPI run. Linked into plim-mpi in the place of tools/plim/ranks.c. */
#include "tools/plim/ranks.h"

#include <mpi.h>
#include <string.h>

pt_exit pt_ranks_begin(pt_ranks *ranks, pt_report *report)
{
    int given = 0;
    *ranks = (pt_ranks){0, 1};
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS ||
        given < MPI_THREAD_FUNNELED || MPI_Comm_rank(MPI_COMM_WORLD, &ranks->rank) != MPI_SUCCESS ||
        MPI_Comm_size(MPI_COMM_WORLD, &ranks->count) != MPI_SUCCESS) {
        return pt_fail(report, PT_LIMIT, "--mpi: MPI does not start");
    }
    return PT_OK;
}

/* Errors end the run by MPI's default: mpirun says which process it was. */
void pt_ranks_gather(uint8_t *all, const uint8_t *told, size_t size)
{
    (void)MPI_Gather(told, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD);
}

void pt_ranks_end(void)
{
    (void)MPI_Finalize();
}
