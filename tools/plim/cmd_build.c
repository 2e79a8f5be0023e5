/* plim build, plim check: sources to containers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/plim/commands.h"

/* Compiles, then validates what came out: the compiler is not trusted. hash may be NULL. */
static pt_exit compile_and_validate(pt_bytes *container, uint8_t hash[32], const char *file,
                                    const pt_args *args, pt_report *report)
{
    char *contracts = NULL;
    PT_TRY(pt_contracts_folder(&contracts, pt_args_value(args, "--contracts"), report));
    pt_exit result = pt_compile(container, file, contracts, true, report);
    free(contracts);
    PT_TRY(result);
    pt_memory memory;
    pl_code code;
    pl_code_error where = {0};
    pt_memory_init(&memory, PT_MEMORY_LIMIT_DEFAULT);
    const pl_status status =
        pl_code_load(&code, &where, &memory.memory, container->data, container->size);
    if (status != PL_OK) {
        return pt_fail_status(
            report, status, "%s: the compiled container is refused at byte %zu (a compiler fault)",
            file, where.offset);
    }
    memcpy(hash, code.hash, 32);
    pl_code_free(&code, &memory.memory);
    return PT_OK;
}

static pt_exit run_build(const pt_args *args, pt_report *report)
{
    const char *file = args->words[0], *output = pt_args_value(args, "-o");
    pt_bytes container = {0};
    uint8_t hash[32];
    char text[65];
    if (output == NULL) {
        return pt_fail(report, PT_USAGE, "build needs -o OUT.plb: where to write the container");
    }
    PT_TRY(pt_may_replace(output, &pt_mark_container, report));
    pt_exit result = compile_and_validate(&container, hash, file, args, report);
    if (result == PT_OK) {
        result = pt_file_write(output, container.data, container.size, report);
    }
    if (result == PT_OK) {
        pt_hex(text, hash, 32);
        (void)printf("%s  %zu bytes  code %s\n", output, container.size, text);
    }
    pt_bytes_free(&container);
    return result;
}

static pt_exit run_check(const pt_args *args, pt_report *report)
{
    pt_exit worst = PT_OK;
    pt_report last = {""};
    for (size_t i = 0; i < args->word_count; i++) {
        pt_bytes container = {0};
        uint8_t hash[32];
        const pt_exit result = compile_and_validate(&container, hash, args->words[i], args, &last);
        if (result == PT_OK) {
            (void)printf("%s: good, %zu bytes\n", args->words[i], container.size);
        } else {
            *report = last;
            worst = result;
        }
        pt_bytes_free(&container);
    }
    return worst;
}

#define CONTRACTS_OPTION                                                                           \
    {                                                                                              \
        "--contracts", "FOLDER", "where std/ and math/ are; default: contracts/ of the project"    \
    }

static const pt_option build_options[] = {
    {"-o", "OUT.plb", "the container to write (needed); an older one is replaced"},
    CONTRACTS_OPTION,
};

static const pt_option check_options[] = {CONTRACTS_OPTION};

const pt_command pt_command_build = {
    .name = "build",
    .synopsis = "FILE.plim -o OUT.plb",
    .summary = "compile a contract into a container",
    .about = "Compiles one contract, validates the result and writes it. The code hash names the\n"
             "contract: the same source gives the same bytes on every machine.\n\n"
             "  plim build contracts/aave_v3_0.plim -o aave.plb",
    .options = build_options,
    .option_count = sizeof build_options / sizeof build_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_build,
};

const pt_command pt_command_check = {
    .name = "check",
    .synopsis = "FILE.plim...",
    .summary = "find mistakes in contracts without writing anything",
    .about =
        "Compiles each contract and prints what is wrong with it: place, rule and what to write\n"
        "instead. Exit code 3 when any of them has a mistake.\n\n"
        "  plim check contracts/*.plim",
    .options = check_options,
    .option_count = sizeof check_options / sizeof check_options[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run_check,
};
