/* Ctrl-C as a question that loops ask, so that nothing is left half-written. */
#ifndef PT_COMMON_INTERRUPT_H
#define PT_COMMON_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM only raise a flag. */
void pt_interrupt_catch(void);

/* True once a signal has come. */
bool pt_interrupted(void);

#endif
