#include <stdio.h>

#include "tools/plim/commands.h"
#include "vm/plimsoll.h"

static pt_exit run(const pt_args *args, pt_report *report)
{
    (void)args;
    (void)report;
    (void)printf("plim " PT_VERSION ", semantics %u, container format 1, history format 1\n",
                 (unsigned)PL_SEMANTICS_ID);
    return PT_OK;
}

const pt_command pt_command_version = {
    .name = "version",
    .synopsis = "",
    .summary = "version of the program and of the rules it follows",
    .about =
        "Prints the program's version and the semantics id. Two programs with the same semantics\n"
        "id give the same roots for the same history; the id is part of every root.",
    .run = run,
};
