/* The mask of processors is Linux's own; elsewhere those that are on count. */
#define _GNU_SOURCE
#include "tools/common/processors.h"

#include <sched.h>
#include <unistd.h>

unsigned pt_processors(void)
{
#ifdef CPU_COUNT
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine) == 0 && CPU_COUNT(&mine) > 0) {
        return (unsigned)CPU_COUNT(&mine);
    }
#endif
    const long on = sysconf(_SC_NPROCESSORS_ONLN);
    return on > 0 ? (unsigned)on : 1;
}
