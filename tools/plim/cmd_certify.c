/* plim certify: one file from which anyone recomputes a liquidation, a block or a health. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/plim/certify.h"
#include "tools/plim/commands.h"
#include "tools/report/certificate_facts.h"
#include "tools/report/packed.h"

static const pt_mark mark_packed = {"PLCZ", 4, 0, "a certificate"};

/* "78" or "78:1". */
static pt_exit read_transaction(pt_certify *wanted, const char *word, pt_report *report)
{
    char block[32];
    const char *colon = strchr(word, ':');
    uint64_t index = 0;
    const size_t size = colon != NULL ? (size_t)(colon - word) : strlen(word);
    (void)snprintf(block, sizeof block, "%.*s", (int)(size < 31 ? size : 31), word);
    if (!pt_parse_u64(&wanted->height, block) || wanted->height == 0 ||
        (colon != NULL && (!pt_parse_u64(&index, colon + 1) || index >= UINT32_MAX))) {
        return pt_fail(
            report, PT_USAGE,
            "--tx needs a block and the number of a transaction in it, from 0: --tx 78:0");
    }
    wanted->kind = PL_CERTIFIES_BLOCK;
    wanted->has_transaction = true;
    wanted->transaction = (uint32_t)index;
    return PT_OK;
}

/* Exactly one of --tx, --liquidation, --block, or else --account alone. */
static pt_exit read_place(pt_certify *wanted, const pt_args *args, pt_report *report)
{
    const char *tx = pt_args_value(args, "--tx");
    const char *liquidation = pt_args_value(args, "--liquidation");
    const char *block = pt_args_value(args, "--block");
    const int places = (tx != NULL) + (liquidation != NULL) + (block != NULL);
    uint64_t number = 0;
    wanted->height = UINT64_MAX;
    wanted->kind = PL_CERTIFIES_STATE;
    if (places > 1 || (places == 0 && wanted->account == NULL) ||
        (places == 1 && pt_args_value(args, "--at") != NULL)) {
        return pt_fail(report, PT_USAGE,
                       "certify what? One of --tx BLOCK:INDEX, --liquidation N, --block N, or "
                       "--account NAME [--at BLOCK]");
    }
    if (tx != NULL) {
        return read_transaction(wanted, tx, report);
    }
    if (liquidation != NULL) {
        PT_TRY(pt_args_u64(&number, args, "--liquidation", 1, UINT64_MAX, report));
        wanted->kind = PL_CERTIFIES_BLOCK;
        wanted->has_transaction = true;
        return pt_find_liquidation(wanted, args->words[0], number, report);
    }
    if (block != NULL) {
        wanted->kind = PL_CERTIFIES_BLOCK;
        return pt_args_u64(&wanted->height, args, "--block", 1, UINT64_MAX - 1, report);
    }
    return pt_args_u64(&wanted->height, args, "--at", 0, UINT64_MAX - 1, report);
}

static pt_exit read_options(pt_certify *wanted, const pt_args *args, pt_report *report)
{
    uint64_t market = 0;
    wanted->account = pt_args_value(args, "--account");
    wanted->has_market = pt_args_value(args, "--market") != NULL;
    wanted->without_world = pt_args_flag(args, "--without-world");
    PT_TRY(pt_args_u64(&market, args, "--market", 0, UINT32_MAX, report));
    PT_TRY(pt_args_u64(&wanted->path_from, args, "--path-from", 1, UINT64_MAX, report));
    PT_TRY(pt_args_u64(&wanted->path_to, args, "--path-to", 1, UINT64_MAX, report));
    wanted->market = (uint32_t)market;
    return read_place(wanted, args, report);
}

static void print(const pt_made *made, const char *file, size_t file_size, bool json)
{
    pt_facts facts;
    pt_bytes text = {0};
    pt_certificate_facts(&facts, &made->verdict, made->verifier, made->bytes.size);
    if (json) {
        pt_facts_json(&text, &facts);
    } else {
        pt_put_format(&text, "%s: %zu bytes, %zu unpacked; verified in %.1f ms\n\n", file,
                      file_size, made->bytes.size, (double)made->verify_us / 1000);
        pt_certificate_text(&text, &facts);
        if (made->has_seek) {
            pt_put_text(&text, "\nThis execution walks through tables in order, so the certificate "
                               "holds every row of the state.\n");
        }
        if (made->reports_left_out > 0) {
            pt_put_format(&text,
                          "\nLeft out: the earlier report of %u feed%s: the block holds a newer "
                          "one, or it does not\nverify at its own time. Above stands what proves "
                          "each price.\n",
                          (unsigned)made->reports_left_out, made->reports_left_out == 1 ? "" : "s");
        }
    }
    (void)fwrite(text.data, 1, text.size, stdout);
    pt_bytes_free(&text);
    pt_facts_free(&facts);
}

/* Whoever asked about an account or a transaction learns that nothing is claimed about it. */
static void warn(const pt_made *made, const pt_args *args)
{
    if (made->verdict.certificate.claim.kind == PL_CLAIM_TRANSACTION) {
        (void)fprintf(stderr, "plim: note: it claims that the transaction was executed, not that "
                              "the account was below its line: it was not, or no view says so\n");
    }
    if (made->verdict.certificate.claim.kind == PL_CLAIM_BLOCK &&
        pt_args_value(args, "--block") == NULL) {
        (void)fprintf(stderr, "plim: note: it claims nothing about the %s: %s\n",
                      pt_args_value(args, "--account") != NULL ? "account" : "transaction",
                      made->verdict.certificate.kind == PL_CERTIFIES_BLOCK
                          ? "the transaction was refused, or did not concern it"
                          : "no view of the contract says whether it is below its line; try "
                            "another --market");
    }
}

static pt_exit write_file(const pt_made *made, const pt_args *args, pt_report *report)
{
    const char *file =
        pt_args_value(args, "-o") != NULL ? pt_args_value(args, "-o") : "trigger.plc";
    pt_bytes packed = {0};
    PT_TRY(pt_may_replace(file, &mark_packed, report));
    pt_certificate_pack(&packed, made->bytes.data, made->bytes.size);
    const pt_exit exit = pt_file_write(file, packed.data, packed.size, report);
    if (exit == PT_OK) {
        print(made, file, packed.size, pt_args_flag(args, "--json"));
        warn(made, args);
    }
    pt_bytes_free(&packed);
    return exit;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    pt_certify wanted = {0};
    pt_made made;
    PT_TRY(read_options(&wanted, args, report));
    pt_exit exit = pt_make_certificate(&made, args->words[0], &wanted, report);
    if (exit == PT_OK) {
        exit = write_file(&made, args, report);
    }
    pt_free_certificate(&made);
    return exit;
}

static const pt_option options[] = {
    {"--tx", "BLOCK:INDEX", "the transaction of that number in the block, from 0"},
    {"--liquidation", "N", "the N-th transaction that liquidates, from 1"},
    {"--block", "N", "a whole block, without a claim about anybody"},
    {"--account", "NAME", "was it below its line? With --tx: whom the claim is about"},
    {"--at", "BLOCK", "--account: after this block; default: the last"},
    {"--market", "N", "the market or ilk that the account's health is asked of, 0"},
    {"--path-from", "BLOCK",
     "carry the headers from this earlier block on, which the reader knows"},
    {"--path-to", "BLOCK", "carry the headers up to this later block"},
    {"--without-world", NULL, "leave contracts and feeds out; the reader has them"},
    {"-o", "FILE", "where to write; trigger.plc if not given, which is then replaced"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_certify = {
    .name = "certify",
    .synopsis = "DIR|FILE --tx BLOCK:INDEX | --liquidation N | --account NAME [options]",
    .summary = "make a certificate of a liquidation, a block or a health",
    .about =
        "Replays up to the block and writes one file from which anyone recomputes it: contracts,\n"
        "headers, the block with its signed reports, the rows it touches and the part of the\n"
        "tree that leads to them. plim verify needs nothing else. The strongest claim that\n"
        "holds is made: this account was below its line and the transaction concerned it; or\n"
        "the transaction was executed; or, for an account alone, that it was or was not below\n"
        "its line. Where nothing of this holds, it is a certificate of the block or state that\n"
        "claims nothing about anybody, and says so. It is verified before it is written.\n\n"
        "  plim certify fixtures/histories/aave-v3-seed-5 --liquidation 1\n"
        "  plim certify fixtures/histories/captured-report --tx 2 -o captured.plc\n"
        "  plim certify fixtures/histories/aave-v3-seed-5 --account u1 --at 77 -o safe.plc",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
