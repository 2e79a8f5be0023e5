/* plim oracle verify: is this report good, and if not, which rule does it break? */
#include <stdlib.h>
#include <string.h>

#include "tools/oracle/native_look.h"
#include "tools/plim/commands.h"
#include "tools/plim/oracle_verify.h"
#include "tools/plim/oracle_words.h"

/* Which rule of the feed refused: a Maker Median says STALE for age and for order. */
static void judge(pt_verification *v)
{
    const pl_feed *feed = &v->setup.feed.feed;
    const pl_format *format = &pl_formats[v->format];
    v->status = v->look.status;
    v->stage = PT_STAGE_READ;
    v->is_strict_error = v->look.status == PL_OK && v->look.reading.strict_error != PL_OK &&
                         feed->rules == PL_RULES_STRICT;
    if (v->look.status != PL_OK || (format->flags & PL_FORMAT_TRANSPORT) != 0) {
        return;
    }
    v->status = pl_policy_check(&v->price, feed, v->setup.now, &v->setup.last, &v->look.reading);
    const bool is_old = v->setup.last.exists && v->look.reading.order <= v->setup.last.round;
    v->stage = is_old && v->status == format->order_error ? PT_STAGE_ORDER : PT_STAGE_POLICY;
    v->is_strict_error = v->is_strict_error && v->status == v->look.reading.strict_error;
}

/* A transport format has no policy: what strict rules refuse comes out of the reading, and asking
 * the deployed rules tells the two apart. */
static void judge_transport(pt_verification *v)
{
    pl_feed *feed = &v->setup.feed.feed;
    if ((pl_formats[v->format].flags & PL_FORMAT_TRANSPORT) == 0 ||
        feed->rules != PL_RULES_STRICT || v->look.status == PL_OK) {
        return;
    }
    pl_reading reading;
    feed->rules = PL_RULES_DEPLOYED;
    v->is_strict_error =
        pl_oracle_read(&reading, feed, v->setup.now.seconds,
                       v->payload.bytes.data + v->wrapping.offset, v->wrapping.size, NULL) == PL_OK;
    feed->rules = PL_RULES_STRICT;
}

static void check_native(pt_verification *v)
{
    v->status = pt_native_check(&v->price, &v->look, &v->setup.feed.feed, (uint32_t)v->feed_number,
                                v->world_id, v->setup.now.seconds, &v->setup.last,
                                v->payload.bytes.data, v->payload.bytes.size);
    v->stage = PT_STAGE_READ;
}

static void check(pt_verification *v)
{
    if (v->format == PL_FEED_NATIVE) {
        check_native(v);
        return;
    }
    pt_look_at(&v->look, &v->setup.feed.feed, v->setup.now.seconds,
               v->payload.bytes.data + v->wrapping.offset, v->wrapping.size, false);
    judge(v);
    judge_transport(v);
    pt_look_at(&v->whole, &v->setup.feed.feed, v->setup.now.seconds, v->look.payload,
               v->wrapping.size, true);
}

/* ---- the command ---- */

static pt_exit read_options(pt_setup_options *options, unsigned *format, const pt_args *args,
                            pt_report *report)
{
    const char *rules = pt_args_value(args, "--rules");
    if (pt_args_value(args, "--format") == NULL && pt_args_value(args, "--signers") == NULL) {
        return pt_fail(report, PT_USAGE,
                       "--format is needed, and --signers is needed: plim oracle inspect guesses "
                       "the format and shows who signed; somebody must say who may");
    }
    PT_TRY(pt_oracle_format_word(format, pt_args_value(args, "--format"), report));
    *options = (pt_setup_options){.signers = pt_args_value(args, "--signers"),
                                  .feed = pt_args_value(args, "--feed"),
                                  .config = pt_args_value(args, "--config"),
                                  .last = pt_args_value(args, "--last"),
                                  .decimals = pt_args_value(args, "--decimals"),
                                  .guardians = pt_args_value(args, "--guardian-set"),
                                  .quorum = pt_args_value(args, "--quorum"),
                                  .at = pt_args_value(args, "--at"),
                                  .max_age = pt_args_value(args, "--max-age"),
                                  .max_ahead = pt_args_value(args, "--max-ahead"),
                                  .strict = rules == NULL || strcmp(rules, "strict") == 0};
    if (rules != NULL && strcmp(rules, "strict") != 0 && strcmp(rules, "deployed") != 0) {
        return pt_fail(report, PT_USAGE, "--rules is strict or deployed, not %.40s", rules);
    }
    if (*format == PL_FEED_UNSIGNED) {
        return pt_fail(report, PT_USAGE,
                       "an unsigned report proves nothing that could be verified");
    }
    if (*format == PL_FEED_NATIVE && pt_args_value(args, "--world") == NULL) {
        return pt_fail(report, PT_USAGE,
                       "--world is needed: a native report is bound to a world; plim replay shows "
                       "its id");
    }
    if (*format != PL_FEED_NATIVE && pt_args_value(args, "--world") != NULL) {
        return pt_fail(report, PT_USAGE, "--world is for native reports");
    }
    return options->signers != NULL
               ? PT_OK
               : pt_fail(report, PT_USAGE,
                         "--signers is needed: anybody can sign, so somebody must say who may; "
                         "plim oracle inspect shows who did");
}

/* The world and the number of the feed; setup takes no subject then. */
static pt_exit read_native(pt_verification *v, pt_setup_options *options, const pt_args *args,
                           pt_report *report)
{
    const char *world = pt_args_value(args, "--world");
    size_t size = 0;
    if (v->format != PL_FEED_NATIVE) {
        return PT_OK;
    }
    options->feed = NULL;
    PT_TRY(pt_args_u64(&v->feed_number, args, "--feed", 0, PT_NATIVE_FEEDS_MAX - 1, report));
    return pt_oracle_hex(v->world_id, &size, sizeof v->world_id, world) && size == 32
               ? PT_OK
               : pt_fail(report, PT_USAGE, "--world %.80s: the id of a world has 64 hex digits",
                         world);
}

static pt_exit verify(pt_verification *v, const pt_setup_options *options, pt_report *report)
{
    pt_oracle_feed blank;
    pt_look first;
    pt_payload_unwrap(&v->wrapping, v->payload.bytes.data, v->payload.bytes.size);
    pt_setup_inspect(&blank, v->format);
    pt_exit result = PT_OK;
    if (options->feed != NULL) {
        result = pt_setup_subject(&blank.subject, v->format, options->feed, report);
    }
    if (result == PT_OK) {
        result = pt_oracle_feed_ready(&blank, report);
    }
    if (result == PT_OK) {
        pt_look_at(&first, &blank.feed, 1, v->payload.bytes.data + v->wrapping.offset,
                   v->wrapping.size, true);
        if (v->format == PL_FEED_NATIVE) {
            pt_native_glance(&first, v->payload.bytes.data, v->payload.bytes.size);
        }
        result = pt_setup_read(&v->setup, v->format, options, &first, report);
        pt_look_free(&first);
    }
    pt_oracle_feed_free(&blank);
    if (result == PT_OK) {
        check(v);
    }
    return result;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    pt_setup_options options;
    pt_verification *v = pt_take_zeroed(1, sizeof *v);
    pt_exit result = read_options(&options, &v->format, args, report);
    if (result == PT_OK) {
        result = read_native(v, &options, args, report);
    }
    if (result == PT_OK) {
        result = pt_payload_read(&v->payload, args->words[0], report);
    }
    if (result == PT_OK) {
        v->word = pt_args_value(args, "--feed");
        result = verify(v, &options, report);
    }
    if (result == PT_OK) {
        json_t *facts = pt_verification_json(v);
        if (pt_args_flag(args, "--json")) {
            result = pt_oracle_print_json(facts, report);
        } else {
            pt_verification_print(v, facts);
        }
        json_decref(facts);
        result = result == PT_OK && v->status != PL_OK ? PT_DIVERGED : result;
    }
    pt_payload_free(&v->payload);
    if (v->setup.notes != NULL) {
        pt_setup_free(&v->setup);
    }
    if (v->look.parts != NULL) {
        pt_look_free(&v->look);
    }
    if (v->whole.parts != NULL) {
        pt_look_free(&v->whole);
    }
    free(v);
    return result;
}

static const pt_option options_table[] = {
    {"--format", "NAME", "the format; plim oracle formats lists them"},
    {"--signers", "WHO", "addresses or keys: A,B,C, a file with one a line, or SET@vectors.json"},
    {"--quorum", "N", "how many must have signed; guardians: default two thirds and one"},
    {"--feed", "SUBJECT", "what it must be about: ETH, ETHUSD, a hex id; default: anything"},
    {"--at", "TIME", "the clock: now, seconds, 2025-04-16T18:54:10Z; default: the report's time"},
    {"--max-age", "S", "refuse a report older than this at --at; default 3600"},
    {"--max-ahead", "S", "refuse a report further ahead of --at; default 60"},
    {"--last", "ORDER",
     "order key of the last one: time in the format's unit or a date; EPOCH:ROUND"},
    {"--rules", "RULES", "strict (default), or deployed: what the verifier on its chain accepts"},
    {"--decimals", "D", "decimals of the price, where the format does not sign them"},
    {"--config", "DIGEST", "Chainlink: the configuration digest that is in force"},
    {"--guardian-set", "I", "Wormhole, Pyth: the index of the set in --signers"},
    {"--world", "ID", "native: the id of the world that the report is for; --feed is a number"},
    {"--json", NULL, "one JSON object on stdout"},
};

const pt_command pt_command_oracle_verify = {
    .name = "oracle verify",
    .synopsis = "FILE|-|0xHEX --format NAME --signers WHO [options]",
    .summary = "check one signed price report: signatures, quorum, feed, time",
    .about =
        "Takes a report as hex, base64 or binary, alone, as the input of a transaction, or as the\n"
        "answer of a Pyth price service. Says whether it is good: the verdict first, then price,\n"
        "time, who signed, and every rule in the order it was asked. What the options leave open\n"
        "is said under \"assumed\".\n\n"
        "  plim oracle verify tx.hex --format redstone --feed ETH --decimals 8 \\\n"
        "      --signers 0x8BB8F32Df04c8b654987DAaeD53D6B6091e3B774,0xdEB2... --quorum 3\n"
        "  plim oracle verify update.bin --format pyth-pnau --at now \\\n"
        "      --signers wormhole-guardian-sets@fixtures/oracle/pyth-pnau.json --feed 0xff61...\n"
        "  plim oracle verify 0xb1dc65a4... --format chainlink-ocr2 --signers nodes.txt --quorum "
        "6\n\n"
        "Exit code 0: accepted; 1: refused; 2: wrong usage; 3: the input cannot be read.",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
