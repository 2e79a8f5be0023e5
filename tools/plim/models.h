/* plim replay --compare-model A,B: one tape under two margin models. */
#ifndef PT_PLIM_MODELS_H
#define PT_PLIM_MODELS_H

#include <stdbool.h>

#include "tools/common/report.h"

typedef struct pt_models_options {
    const char *run;   /* folder or history                                  */
    const char *names; /* "A,B": contracts of its world with a `requirement` */
    unsigned long long until;
    bool json, all;
} pt_models_options;

/* Runs the tape twice, with A and with B in the place of every margin model that a call names, and
 * prints each account and block where requirement, margin call, liquidation or being below the
 * maintenance margin differ. Returns PT_OK when nothing does, PT_DIVERGED, or an error. */
pt_exit pt_models_compare(const pt_models_options *options, pt_report *report);

#endif
