/* plim oracle verify: is this report good, and if not, which rule does it break? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/oracle/native_look.h"
#include "tools/oracle/payload.h"
#include "tools/oracle/rules.h"
#include "tools/oracle/setup.h"
#include "tools/plim/commands.h"
#include "tools/plim/oracle_words.h"

/* One check, from the payload to the verdict. */
typedef struct verification {
    unsigned format;
    pt_payload payload;
    pt_wrapping wrapping;
    pt_setup setup;
    pt_look look; /* of the check, not of the inspection before it */
    pl_price price;
    pl_status status;
    pt_check_stage stage;
    bool is_strict_error;
    uint8_t world_id[32]; /* native: the world and the feed that the report is bound to */
    uint64_t feed_number;
} verification;

/* Which rule of the feed refused: a Maker Median says STALE for age and for order. */
static void judge(verification *v)
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
static void judge_transport(verification *v)
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

static void check_native(verification *v)
{
    v->status = pt_native_check(&v->price, &v->look, &v->setup.feed.feed, (uint32_t)v->feed_number,
                                v->world_id, v->setup.now.seconds, &v->setup.last,
                                v->payload.bytes.data, v->payload.bytes.size);
    v->stage = PT_STAGE_READ;
}

static void check(verification *v)
{
    if (v->format == PL_FEED_NATIVE) {
        check_native(v);
        return;
    }
    pt_look_at(&v->look, &v->setup.feed.feed, v->setup.now.seconds,
               v->payload.bytes.data + v->wrapping.offset, v->wrapping.size, false);
    judge(v);
    judge_transport(v);
}

/* ---- facts ---- */

/* The signers that counted, by their place in the set, or all that were met. */
static json_t *signers_json(const verification *v)
{
    json_t *list = json_array(), *seen = NULL;
    size_t i = 0;
    json_array_foreach(v->look.signatures, i, seen)
    {
        json_t *entry = json_object();
        (void)json_object_set(entry, "place", json_object_get(seen, "member"));
        (void)json_object_set(entry, "signer", json_object_get(seen, "signer"));
        (void)json_object_set(entry, "status", json_object_get(seen, "status"));
        (void)json_object_set(entry, "high_s", json_object_get(seen, "high_s"));
        (void)json_array_append_new(list, entry);
    }
    return list;
}

/* Distinct members whose signature counted. */
static unsigned count_signers(const verification *v)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PT_ORACLE_MEMBERS_MAX; i++) {
        count += pl_member_in(&v->look.reading.signers, i) ? 1 : 0;
    }
    return count;
}

/* Reports without a time (OCR1, DLC) have no age, whatever the clock says. */
static bool has_age(const verification *v)
{
    const bool is_timeless = v->look.status == PL_OK && !v->look.reading.has_time;
    return v->setup.has_now && !is_timeless;
}

/* What the verdict does not vouch for, because no option said what is right. */
static json_t *unasked_json(const verification *v)
{
    const pl_format *format = &pl_formats[v->format];
    const struct {
        bool is_unasked;
        const char *word;
    } rows[] = {
        {!v->setup.has_feed, "feed"},
        {!v->setup.has_set, "signer set in force"},
        {!has_age(v) && (format->flags & PL_FORMAT_TRANSPORT) == 0, "age"},
        {!v->setup.has_decimals && format->scale != PL_SCALE_NONE, "decimals"},
        {pt_payload_others(&v->payload, &v->wrapping) > 0, "the other reports of the input"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is_unasked) {
            (void)json_array_append_new(list, json_string(rows[i].word));
        }
    }
    return list;
}

static json_t *rules_json(const verification *v)
{
    static const char *const states[] = {"ok", "failed", "open", "-"};
    const pt_check_end end = {.format = v->format,
                              .stage = v->stage,
                              .status = v->status,
                              .strict = v->setup.feed.feed.rules == PL_RULES_STRICT,
                              .is_strict_error = v->is_strict_error,
                              .has_feed = v->setup.has_feed,
                              .has_set = v->setup.has_set,
                              .has_clock = has_age(v),
                              .has_last = v->setup.last.exists};
    pt_rule_line lines[PT_RULES_MAX];
    const size_t count = pt_rule_lines(lines, &end);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "rule", lines[i].text, "state", states[lines[i].state]));
    }
    return list;
}

static void add_price(json_t *facts, const verification *v)
{
    char text[PT_PRICE_TEXT_MAX], raw[PT_PRICE_TEXT_MAX];
    const pl_reading *reading = &v->look.reading;
    if (v->look.status != PL_OK || !reading->has_price) {
        return;
    }
    const pl_i256 *shown = v->status == PL_OK ? &v->price.price : &reading->price;
    const int32_t exponent = v->status == PL_OK ? -(int32_t)v->price.decimals : reading->exponent;
    (void)json_object_set_new(facts, "price", json_string(pt_price_text(text, shown, exponent)));
    (void)json_object_set_new(facts, "signed_price",
                              json_string(pt_price_text(raw, &reading->price, 0)));
    (void)json_object_set_new(facts, "signed_exponent",
                              v->setup.has_decimals ? json_integer(reading->exponent)
                                                    : json_null());
    if (reading->has_confidence) {
        const pl_u256 confidence = pl_u256_from_u64(reading->confidence);
        (void)json_object_set_new(facts, "confidence",
                                  json_string(pt_price_text(text, &confidence, reading->exponent)));
    }
}

static void add_time(json_t *facts, const verification *v)
{
    char text[PT_TIME_TEXT_MAX];
    const pl_reading *reading = &v->look.reading;
    if (v->look.status != PL_OK || !reading->has_time) {
        return;
    }
    const pl_clock time = {reading->time_s, reading->time_ns};
    (void)json_object_set_new(facts, "time", json_string(pt_time_text(text, time)));
    (void)json_object_set_new(facts, "time_s", json_integer((json_int_t)reading->time_s));
    if (reading->expires_s != UINT64_MAX) {
        const pl_clock end = {reading->expires_s, 0};
        (void)json_object_set_new(facts, "expires", json_string(pt_time_text(text, end)));
    }
    if (v->setup.has_now) {
        const bool part_before = v->setup.now.nanoseconds < reading->time_ns;
        const bool part_after = v->setup.now.nanoseconds > reading->time_ns;
        int64_t age = (int64_t)(v->setup.now.seconds - reading->time_s);    /* to whole seconds, */
        age += age > 0 && part_before ? -1 : age < 0 && part_after ? 1 : 0; /* towards zero */
        (void)json_object_set_new(facts, "age_s", json_integer(age));
    }
}

static json_t *verification_json(const verification *v)
{
    char digest[67] = "0x";
    json_t *facts = json_pack("{s:b, s:s, s:s, s:s}", "accepted", v->status == PL_OK, "format",
                              pl_formats[v->format].name, "rules",
                              v->setup.feed.feed.rules == PL_RULES_STRICT ? "strict" : "deployed",
                              "status", pl_status_name(v->status));
    if (v->status != PL_OK) {
        (void)json_object_set_new(facts, "meaning", json_string(pl_status_sentence(v->status)));
        (void)json_object_set_new(facts, "hint", json_string(pt_rule_hint(v->status, v->format)));
        (void)json_object_set_new(facts, "deployed_accepts", json_boolean(v->is_strict_error));
    }
    add_price(facts, v);
    add_time(facts, v);
    if (v->look.status == PL_OK) {
        char order[24]; /* as text: it may have more than 63 bits */
        (void)snprintf(order, sizeof order, "%llu", (unsigned long long)v->look.reading.order);
        (void)json_object_set_new(facts, "order", json_string(order));
    }
    (void)json_object_set_new(facts, "signers", signers_json(v));
    if (v->look.status == PL_OK && v->look.reading.has_digest) {
        pt_hex(digest + 2, v->look.reading.digest, 32);
        (void)json_object_set_new(facts, "digest", json_string(digest));
    }
    const pl_signer_set *set =
        &v->setup.feed.sets[v->look.status == PL_OK ? v->look.reading.set : 0];
    if (v->look.status == PL_OK) {
        (void)json_object_set_new(facts, "signer_count", json_integer(count_signers(v)));
    }
    (void)json_object_set_new(facts, "quorum", json_integer(set->quorum));
    (void)json_object_set_new(facts, "set_size", json_integer(set->member_count));
    (void)json_object_set_new(facts, "checks", rules_json(v));
    (void)json_object_set_new(facts, "not_asked", unasked_json(v));
    (void)json_object_set(facts, "assumed", v->setup.notes);
    (void)json_object_set_new(facts, "input",
                              json_pack("{s:s, s:I, s:I, s:I, s:s}", "written", v->payload.written,
                                        "size", (json_int_t)v->payload.bytes.size, "offset",
                                        (json_int_t)v->wrapping.offset, "report_size",
                                        (json_int_t)v->wrapping.size, "inside", v->wrapping.what));
    return facts;
}

/* ---- text ---- */

static const char *text_of(const json_t *facts, const char *key)
{
    const char *text = json_string_value(json_object_get(facts, key));
    return text != NULL ? text : "";
}

static void print_verdict(const verification *v, const json_t *facts)
{
    const char *name = pl_formats[v->format].name;
    if (v->status != PL_OK) {
        (void)printf("REFUSED: %s\n", pl_status_sentence(v->status));
        (void)printf("  rule broken   %s (%s, %s rules)\n", pl_status_name(v->status), name,
                     text_of(facts, "rules"));
        (void)printf("  look at       %s\n", pt_rule_hint(v->status, v->format));
        if (v->is_strict_error) {
            (void)printf("  but           the deployed verifier accepts it: --rules deployed\n");
        }
        return;
    }
    (void)printf("ACCEPTED: %s%s%s, signed by %u of %lld (quorum %lld)%s%s", name,
                 json_object_get(facts, "price") != NULL ? " " : "", text_of(facts, "price"),
                 count_signers(v),
                 (long long)json_integer_value(json_object_get(facts, "set_size")),
                 (long long)json_integer_value(json_object_get(facts, "quorum")),
                 json_object_get(facts, "time") != NULL ? ", " : "", text_of(facts, "time"));
    const json_t *unasked = json_object_get(facts, "not_asked");
    for (size_t i = 0; i < json_array_size(unasked); i++) {
        (void)printf("%s%s", i == 0 ? "; not asked: " : ", ",
                     json_string_value(json_array_get(unasked, i)));
    }
    (void)printf("\n");
}

static void print_price(const verification *v, const json_t *facts)
{
    const json_t *exponent = json_object_get(facts, "signed_exponent");
    if (json_object_get(facts, "price") == NULL) {
        return;
    }
    (void)printf("  price         %s", text_of(facts, "price"));
    if (json_is_integer(exponent)) {
        (void)printf("  (signed: %s * 10^%lld)", text_of(facts, "signed_price"),
                     (long long)json_integer_value(exponent));
    }
    (void)printf("\n");
    if (v->look.reading.has_confidence) {
        (void)printf("  confidence    +- %s\n", text_of(facts, "confidence"));
    }
}

static void print_time(const verification *v, const json_t *facts)
{
    char span[32];
    const json_t *age = json_object_get(facts, "age_s");
    if (json_object_get(facts, "time") != NULL) {
        (void)printf("  time          %s", text_of(facts, "time"));
        if (age != NULL) {
            const json_int_t seconds = json_integer_value(age);
            (void)printf(", %s %s",
                         pt_span_text(span, (uint64_t)(seconds < 0 ? -seconds : seconds)),
                         seconds < 0 ? "ahead of --at" : "old");
        }
        (void)printf("\n");
    }
    if (json_object_get(facts, "expires") != NULL) {
        (void)printf("  expires       %s\n", text_of(facts, "expires"));
    }
    if (v->look.status == PL_OK) {
        (void)printf("  order key     %llu\n", (unsigned long long)v->look.reading.order);
    }
}

static void print_signers(const json_t *facts)
{
    const json_t *list = json_object_get(facts, "signers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *signer = json_array_get(list, i);
        const json_int_t place = json_integer_value(json_object_get(signer, "place"));
        const char *status = text_of(signer, "status");
        (void)printf("  %-13s ", i == 0 ? "signers" : "");
        if (place >= 0) {
            (void)printf("#%-3lld ", (long long)place);
        } else {
            (void)printf("?    ");
        }
        (void)printf("%s%s%s%s\n",
                     json_is_string(json_object_get(signer, "signer")) ? text_of(signer, "signer")
                                                                       : "nobody",
                     json_is_true(json_object_get(signer, "high_s")) ? "  high s" : "",
                     strcmp(status, "OK") == 0 ? "" : "  ",
                     strcmp(status, "OK") == 0 ? "" : status);
    }
}

static void print_text(const verification *v, const json_t *facts)
{
    const json_t *notes = json_object_get(facts, "assumed"),
                 *rules = json_object_get(facts, "checks");
    print_verdict(v, facts);
    print_price(v, facts);
    print_time(v, facts);
    print_signers(facts);
    if (json_object_get(facts, "digest") != NULL) {
        (void)printf("  digest        %s\n", text_of(facts, "digest"));
    }
    (void)printf("  input         %s, %zu bytes%s%s\n", v->payload.written, v->payload.bytes.size,
                 v->wrapping.what[0] != '\0' ? "; the report is an argument of " : "",
                 v->wrapping.what);
    (void)printf("  checked, in this order (%s rules):\n", text_of(facts, "rules"));
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        (void)printf("    %-7s %s\n", text_of(rule, "state"), text_of(rule, "rule"));
    }
    for (size_t i = 0; i < json_array_size(notes); i++) {
        (void)printf("  %s%s\n", i == 0 ? "assumed       " : "              ",
                     json_string_value(json_array_get(notes, i)));
    }
}

/* ---- the command ---- */

static pt_exit read_options(pt_setup_options *options, unsigned *format, const pt_args *args,
                            pt_report *report)
{
    const char *rules = pt_args_value(args, "--rules");
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
static pt_exit read_native(verification *v, pt_setup_options *options, const pt_args *args,
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

static pt_exit verify(verification *v, const pt_setup_options *options, pt_report *report)
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
    verification *v = pt_take_zeroed(1, sizeof *v);
    pt_exit result = read_options(&options, &v->format, args, report);
    if (result == PT_OK) {
        result = read_native(v, &options, args, report);
    }
    if (result == PT_OK) {
        result = pt_payload_read(&v->payload, args->words[0], report);
    }
    if (result == PT_OK) {
        result = verify(v, &options, report);
    }
    if (result == PT_OK) {
        json_t *facts = verification_json(v);
        if (pt_args_flag(args, "--json")) {
            result = pt_oracle_print_json(facts, report);
        } else {
            print_text(v, facts);
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
    {"--last", "ORDER", "order key of the last accepted report: time, round or EPOCH:ROUND"},
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
