/* The processes of an MPI run. A build without MPI has one that says so; plim-mpi has the other. */
#ifndef PT_PLIM_RANKS_H
#define PT_PLIM_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "tools/common/report.h"

typedef struct pt_ranks {
    int rank, count; /* this process, from 0; of how many */
} pt_ranks;

/* Before anything else of this header. Errors: PT_USAGE when this build has no MPI. */
pt_exit pt_ranks_begin(pt_ranks *ranks, pt_report *report);

/* Waits for all. On output, at rank 0: all[i] is what rank i has told, each `size` bytes. */
void pt_ranks_gather(uint8_t *all, const uint8_t *told, size_t size);

void pt_ranks_end(void);

#endif
