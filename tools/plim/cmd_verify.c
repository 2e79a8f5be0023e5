/* plim verify: is this certificate true? Needs no history, no database, no network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/plim/commands.h"
#include "tools/plim/progress.h"
#include "tools/report/certificate_facts.h"
#include "tools/report/packed.h"

/* Gas that a certificate's block and views may want together: about a minute's work. */
#define GAS_MAX_DEFAULT (UINT64_C(1) << 35)

typedef struct verification {
    pt_bytes file, certificate;
    pt_bytes history; /* of --world */
    pt_memory memory;
    pl_verify_options options;
    pl_verdict verdict;
    pl_verifier *verifier;
} verification;

/* The world of a history file or folder, for certificates that carry none. */
static pt_exit read_world(verification *v, const char *word, pt_report *report)
{
    pl_history history;
    char *path = pt_path_join(word, "history.plh");
    if (!pt_is_folder(word) || !pt_is_file(path)) {
        free(path);
        path = pt_is_folder(word) ? pt_path_join(word, "history.plh.gz")
                                  : pt_copy_text(word, strlen(word));
    }
    const pt_exit read = pt_file_read(&v->history, path, PT_FILE_SIZE_MAX, report);
    free(path);
    PT_TRY(read);
    const pl_status status = pl_history_open(&history, v->history.data, v->history.size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: not a history, whose world was to be used",
                              word);
    }
    v->options.world = history.world;
    v->options.world_size = history.world_size;
    return PT_OK;
}

/* What would let it be decided. */
static const char *advice(const verification *v)
{
    if (v->verdict.status != PL_FAULT_UNSUPPORTED) {
        return "";
    }
    return v->verdict.step == PL_VERIFY_WORLD
               ? "; it carries no world: --world RUN names a run of the same one"
               : "; its block and views may want more gas than --gas-max allows";
}

/* What a verdict means to the shell: a refused certificate is PT_DIVERGED and told on stdout, a
 * machine that could not say PT_LIMIT. */
static pt_exit verdict_exit(const verification *v, const char *name, pt_report *report)
{
    const pl_status status = v->verdict.status;
    if (pl_is_fault(status)) {
        return pt_fail(report, PT_LIMIT, "%s: not decided here: %s: %s%s", name,
                       pl_status_name(status), pl_status_sentence(status), advice(v));
    }
    return status == PL_OK ? PT_OK : PT_DIVERGED;
}

/* The one line of --quiet. */
static void put_summary(pt_bytes *text, const verification *v, const char *name, double ms)
{
    const pl_verdict *verdict = &v->verdict;
    if (verdict->status == PL_OK) {
        pt_put_format(text, "%s: TRUE   %zu bytes, %zu unpacked, %.1f ms\n", name, v->file.size,
                      v->certificate.size, ms);
        return;
    }
    pt_put_format(text, "%s: %s in step %s", name,
                  pl_is_fault(verdict->status) ? "UNDECIDED" : "REFUSED",
                  pl_verify_step_name(verdict->step));
    if (verdict->offset != 0) {
        pt_put_format(text, " at byte %zu", verdict->offset);
    } else if (verdict->index != PL_NONE) {
        pt_put_format(text, ", number %u", (unsigned)verdict->index);
    }
    pt_put_format(text, ": %s: %s\n", pl_status_name(verdict->status),
                  pl_status_sentence(verdict->status));
}

static void print(const verification *v, const char *name, bool json, bool quiet, double ms)
{
    pt_facts facts;
    pt_bytes text = {0};
    pt_certificate_facts(&facts, &v->verdict, v->verifier, v->certificate.size);
    if (json) {
        pt_facts_json(&text, &facts);
    } else {
        put_summary(&text, v, name, ms);
        if (!quiet) {
            pt_certificate_text(&text, &facts);
        }
    }
    (void)fwrite(text.data, 1, text.size, stdout);
    pt_bytes_free(&text);
    pt_facts_free(&facts);
}

/* What --json says of a file that is no certificate, or a damaged one. */
static void print_damaged(const pt_args *args, const pt_report *report)
{
    pt_facts facts;
    pt_bytes text = {0};
    if (!pt_args_flag(args, "--json")) {
        return;
    }
    pt_facts_begin(&facts);
    pt_fact_bool(&facts, "true", false);
    pt_fact_text(&facts, "status", "NOT_A_CERTIFICATE");
    pt_fact_text(&facts, "sentence", report->line);
    pt_fact_close(&facts);
    pt_facts_json(&text, &facts);
    (void)fwrite(text.data, 1, text.size, stdout);
    pt_bytes_free(&text);
    pt_facts_free(&facts);
}

static pt_exit verify_one(verification *v, const pt_args *args, const char *name, pt_report *report)
{
    PT_TRY(pt_file_read(&v->file, name, PL_CERTIFICATE_SIZE_MAX, report));
    const pt_exit unpacked =
        pt_certificate_unpack(&v->certificate, v->file.data, v->file.size, name, report);
    if (unpacked != PT_OK) {
        print_damaged(args, report);
        return unpacked;
    }
    const uint64_t start = pt_now_us();
    (void)!pl_verify(&v->verdict, &v->verifier, &v->memory.memory, v->certificate.data,
                     v->certificate.size, &v->options);
    const double ms = (double)(pt_now_us() - start) / 1000;
    print(v, name, pt_args_flag(args, "--json"), pt_args_flag(args, "--quiet"), ms);
    return verdict_exit(v, name, report);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    pt_exit worst = PT_OK;
    for (size_t i = 0; i < args->word_count; i++) {
        verification v = {.options = {.gas_max = GAS_MAX_DEFAULT}};
        pt_memory_init(&v.memory, PT_MEMORY_LIMIT_DEFAULT);
        pt_exit exit = pt_args_u64(&v.options.gas_max, args, "--gas-max", 1, UINT64_MAX, report);
        const char *world = pt_args_value(args, "--world");
        if (exit == PT_OK && world != NULL) {
            exit = read_world(&v, world, report);
        }
        if (exit == PT_OK) {
            exit = verify_one(&v, args, args->words[i], report);
        }
        pl_verifier_free(v.verifier);
        pt_bytes_free(&v.file);
        pt_bytes_free(&v.certificate);
        pt_bytes_free(&v.history);
        if (exit > PT_DIVERGED && i + 1 < args->word_count) {
            (void)fprintf(stderr, "plim: %s\n", report->line);
        }
        worst = exit > worst ? exit : worst;
        if (exit == PT_USAGE) {
            break;
        }
    }
    return worst;
}

static const pt_option options[] = {
    {"--world", "RUN", "a run of the same world, for a certificate that carries none"},
    {"--gas-max", "GAS", "refuse to start when block and views may want more; 2^35 if not given"},
    {"--quiet", NULL, "one line for each certificate"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_verify = {
    .name = "verify",
    .synopsis = "FILE.plc... [options]",
    .summary = "check a certificate: no history, no network",
    .about =
        "Recomputes everything that a certificate says (spec 10): the contracts' code and the\n"
        "feeds' signers are those of the world, the rows lead to the root of the header, the\n"
        "block with its signed reports leads from that root to the next one, the account's\n"
        "health is what is claimed, and nothing in the file is unneeded. Every step is printed.\n"
        "Exit code 0: true. 1: refused, with the step and the rule. 3: no certificate, or one\n"
        "that is damaged or cut short. 4: not decided here. Of several the highest.\n\n"
        "What is left to you: compare the printed hashes of world and block with a source you\n"
        "trust. The certificate shows what follows from them, not that this chain is the one\n"
        "you mean.\n\n"
        "  plim verify trigger.plc\n"
        "  plim verify --quiet *.plc\n"
        "  plim verify lean.plc --world fixtures/histories/aave-v3-seed-5 --json",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
