/* Times that people write. */
#ifndef PT_SIM_MOMENT_H
#define PT_SIM_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2025-10-10 16:00:00", also with T and a Z at the end: UTC seconds since 1970. False for anything
 * else. */
bool pt_moment(uint64_t *time_s, const char *text);

#endif
