/* plim import evm-trace: recorded runs into histories. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/disk.h"
#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/import/evm_trace.h"
#include "tools/import/signer.h"
#include "tools/import/folder.h"
#include "tools/plim/commands.h"

/* "traces/seed-5.jsonl.gz" is seed-5. free() it. */
static char *run_name(const char *file)
{
    static const char *const endings[] = {".gz", ".jsonl", ".json"};
    const char *base = pt_path_base(file);
    size_t size = strlen(base);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t ending = strlen(endings[i]);
        if (size > ending && memcmp(base + size - ending, endings[i], ending) == 0) {
            size -= ending;
        }
    }
    return pt_copy_text(base, size);
}

static pt_exit import_one(const char *file, const char *folder, const char *contracts,
                          pt_report *report)
{
    pt_import_result result;
    char root[65];
    PT_TRY(pt_folder_check(folder, report));
    PT_TRY(pt_import_evm_trace(&result, file, folder, contracts, report));
    pt_hex(root, result.root, 32);
    (void)printf("%s: %s, %llu blocks, %llu transactions (%llu liquidations, %llu refused), "
                 "%llu prices signed by a %s, %llu queries compared after each block, root %.16s\n",
                 folder, result.name, (unsigned long long)result.blocks,
                 (unsigned long long)result.transactions, (unsigned long long)result.liquidations,
                 (unsigned long long)result.reverts, (unsigned long long)result.prices, PT_STAND_IN,
                 (unsigned long long)result.queries, root);
    return PT_OK;
}

/* Each file gets a folder of its own name; two of one name would overwrite each other. */
static pt_exit check_names(const pt_args *args, pt_report *report)
{
    pt_exit result = PT_OK;
    for (size_t i = 1; i < args->word_count && result == PT_OK; i++) {
        char *name = run_name(args->words[i]);
        for (size_t j = 0; j < i && result == PT_OK; j++) {
            char *other = run_name(args->words[j]);
            if (strcmp(name, other) == 0) {
                result = pt_fail(report, PT_USAGE,
                                 "%s and %s would both be written to %s; import "
                                 "them one at a time",
                                 args->words[j], args->words[i], name);
            }
            free(other);
        }
        free(name);
    }
    return result;
}

static pt_exit import_many(const pt_args *args, const char *output, const char *contracts,
                           pt_report *report)
{
    PT_TRY(check_names(args, report));
    const bool made = !pt_is_folder(output);
    if (made) {
        PT_TRY(pt_folder_make(output, report));
    }
    pt_exit result = PT_OK;
    for (size_t i = 0; i < args->word_count && result == PT_OK; i++) {
        char *name = run_name(args->words[i]);
        char *folder = pt_path_join(output, name);
        result = import_one(args->words[i], folder, contracts, report);
        free(folder);
        free(name);
    }
    if (result != PT_OK && made) {
        (void)rmdir(output); /* stays when earlier files were imported into it */
    }
    return result;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *output = pt_args_value(args, "-o");
    char *contracts = NULL;
    if (output == NULL) {
        return pt_fail(report, PT_USAGE, "import needs -o DIR: where to write the history");
    }
    PT_TRY(pt_contracts_folder(&contracts, pt_args_value(args, "--contracts"), report));
    if (contracts == NULL) {
        return pt_fail(report, PT_INPUT,
                       "the folder of contracts is not beside the program; say "
                       "where it is with --contracts FOLDER");
    }
    const pt_exit result = args->word_count == 1
                               ? import_one(args->words[0], output, contracts, report)
                               : import_many(args, output, contracts, report);
    free(contracts);
    return result;
}

static const pt_option options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import = {
    .name = "import evm-trace",
    .synopsis = "FILE... -o DIR",
    .summary = "make a history out of a recorded EVM run",
    .about =
        "Reads recorded runs (JSON Lines, plain or gzip): a header with the market, then one line "
        "per\n"
        "call with what the protocol's own bytecode did. Writes, all or nothing, into DIR:\n\n"
        "  history.plh.gz   the world and one sealed block per call\n"
        "  expect.plx.gz    every recorded number, result and event, for plim replay to compare\n"
        "  world.json       the world in words: contracts, feeds, people, initial rows\n"
        "  README.md        what it is\n\n"
        "Recorded prices carry no oracle signatures; a stand-in key signs them, and everything "
        "made\n"
        "from them says so. Protocols: aave-v3.0, aave-v3.6, compound-v2, compound-v3, "
        "liquity-v1,\n"
        "maker-dss, morpho-blue.\n\n"
        "  plim import evm-trace seed-5.jsonl.gz -o run\n"
        "  plim import evm-trace traces/*.jsonl.gz -o runs      one folder for each file",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
