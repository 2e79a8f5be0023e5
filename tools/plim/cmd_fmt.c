/* plim fmt: contract sources in the one layout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/plc/plc.h"
#include "tools/plim/commands.h"

static pt_exit format_one(bool *changed, const char *file, bool only_check, pt_report *report)
{
    pt_bytes source = {0};
    plc_result result;
    PT_TRY(pt_file_read(&source, file, PLC_SOURCE_SIZE_MAX, report));
    plc_format(&result, file, (const char *)source.data, source.size);
    pt_exit verdict = PT_OK;
    if (!result.ok) {
        const plc_diagnostic *d = result.diagnostic_count != 0 ? &result.diagnostics[0] : NULL;
        verdict = d == NULL ? pt_fail(report, PT_INPUT, "%s: cannot be formatted", file)
                            : pt_fail(report, PT_INPUT, "%s:%u:%u: %s", file, (unsigned)d->line,
                                      (unsigned)d->column, d->message);
    } else {
        *changed =
            result.size != source.size || memcmp(result.bytes, source.data, source.size) != 0;
        if (*changed && !only_check) {
            verdict = pt_file_write(file, result.bytes, result.size, report);
        }
    }
    plc_result_free(&result);
    pt_bytes_free(&source);
    return verdict;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const bool only_check = pt_args_flag(args, "--check");
    bool any = false;
    for (size_t i = 0; i < args->word_count; i++) {
        bool changed = false;
        PT_TRY(format_one(&changed, args->words[i], only_check, report));
        if (changed) {
            (void)printf("%s: %s\n", args->words[i],
                         only_check ? "not formatted; plim fmt does it" : "formatted");
        }
        any = any || changed;
    }
    return any && only_check ? PT_DIVERGED : PT_OK;
}

static const pt_option options[] = {
    {"--check", NULL, "change nothing; exit code 1 when a file is not formatted"},
};

const pt_command pt_command_fmt = {
    .name = "fmt",
    .synopsis = "[--check] FILE.plim...",
    .summary = "write contracts in the one layout",
    .about = "Rewrites each file with the same tokens and comments in the common layout.\n\n"
             "  plim fmt contracts/aave_v3_0.plim\n"
             "  plim fmt --check contracts/*.plim     for continuous integration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
