/* How many threads can run at once. */
#ifndef PT_COMMON_PROCESSORS_H
#define PT_COMMON_PROCESSORS_H

/* Returns the number of processors that this process may use, at least 1. */
unsigned pt_processors(void);

#endif
