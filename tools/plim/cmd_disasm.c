/* plim disasm: a container, or what a source compiles to, as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/plim/commands.h"
#include "vm/machine/disasm.h"

static void write_stdout(void *context, const char *text, size_t size)
{
    (void)fwrite(text, 1, size, context);
}

static bool is_source(const char *file)
{
    const size_t size = strlen(file);
    return size > 5 && strcmp(file + size - 5, ".plim") == 0;
}

static pt_exit read_container(pt_bytes *container, const pt_args *args, pt_report *report)
{
    const char *file = args->words[0];
    if (!is_source(file)) {
        return pt_file_read(container, file, PL_CODE_SIZE_MAX, report);
    }
    char *contracts = NULL;
    PT_TRY(pt_contracts_folder(&contracts, pt_args_value(args, "--contracts"), report));
    const pt_exit result = pt_compile(container, file, contracts, true, report);
    free(contracts);
    return result;
}

static pt_exit print_function(const pl_sink *sink, const pl_code *code, const char *name,
                              pt_report *report)
{
    for (uint32_t f = 0; f < code->function_count; f++) {
        if (pt_name_is(code->functions[f].name, name)) {
            pl_disasm_function(sink, code, f);
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT, "contract %.*s has no function %s", (int)code->name.size,
                   code->name.text, name);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    pt_bytes container = {0};
    pt_memory memory;
    pl_code code;
    pl_code_error where = {0};
    const pl_sink sink = {.context = stdout, .write = write_stdout};
    const char *function = pt_args_value(args, "--function");
    PT_TRY(read_container(&container, args, report));
    pt_memory_init(&memory, PT_MEMORY_LIMIT_DEFAULT);
    pt_exit result = PT_OK;
    const pl_status status =
        pl_code_load(&code, &where, &memory.memory, container.data, container.size);
    if (status != PL_OK) {
        result = pt_fail_status(report, status, "%s: no valid container, byte %zu", args->words[0],
                                where.offset);
    } else {
        if (function != NULL) {
            result = print_function(&sink, &code, function, report);
        } else {
            pl_disasm_code(&sink, &code);
        }
        pl_code_free(&code, &memory.memory);
    }
    pt_bytes_free(&container);
    return result;
}

static const pt_option options[] = {
    {"--function", "NAME", "only this function"},
    {"--contracts", "FOLDER", "where std/ and math/ are; default: contracts/ of the project"},
};

const pt_command pt_command_disasm = {
    .name = "disasm",
    .synopsis = "FILE.plb|FILE.plim",
    .summary = "print the instructions of a contract",
    .about =
        "Prints a container's declarations and instructions, with the names its symbols give. A\n"
        "source (.plim) is compiled first.\n\n"
        "  plim disasm aave.plb\n"
        "  plim disasm contracts/aave_v3_0.plim --function liquidation_call",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
