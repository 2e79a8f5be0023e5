/* plim oracle inspect: what stands where in a report, whoever signed it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/oracle/feeds.h"
#include "tools/oracle/guess.h"
#include "tools/oracle/native_look.h"
#include "tools/oracle/payload.h"
#include "tools/oracle/rules.h"
#include "tools/oracle/setup.h"
#include "tools/plim/commands.h"
#include "tools/plim/oracle_words.h"

typedef struct inspection {
    pt_payload payload;
    pt_wrapping wrapping;
    pt_guess guesses[PL_FEED_FORMATS];
    size_t guess_count;
    unsigned format;
    pt_oracle_feed feed;
    pt_look look;
} inspection;

static const uint8_t *report_of(const inspection *in)
{
    return in->payload.bytes.data + in->wrapping.offset;
}

/* ---- facts ---- */

static json_t *fits_json(const inspection *in)
{
    json_t *list = json_array();
    for (size_t i = 0; i < in->guess_count; i++) {
        const pt_guess *guess = &in->guesses[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "format", pl_formats[guess->format].name, "why",
                            guess->why, "status", pl_status_name(guess->status)));
    }
    return list;
}

typedef struct placed_part {
    json_int_t offset, size;
    size_t number;
} placed_part;

static int compare_parts(const void *a, const void *b)
{
    const placed_part *first = a, *second = b;
    if (first->offset != second->offset) {
        return first->offset < second->offset ? -1 : 1;
    }
    if ((first->size == 0) != (second->size == 0)) {
        return first->size == 0 ? -1 : 1; /* nothing stands before what follows it */
    }
    return first->number < second->number ? -1 : 1;
}

/* In the order of the bytes, whatever order they are read in. Offsets count from the start of what
 * was pasted, call data included. */
static json_t *parts_json(const inspection *in)
{
    const size_t count = json_array_size(in->look.parts);
    placed_part *order = pt_take_zeroed(count, sizeof *order);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const json_t *part = json_array_get(in->look.parts, i);
        order[i] = (placed_part){json_integer_value(json_object_get(part, "offset")),
                                 json_integer_value(json_object_get(part, "size")), i};
    }
    qsort(order, count, sizeof *order, compare_parts);
    for (size_t i = 0; i < count; i++) {
        json_t *part = json_copy(json_array_get(in->look.parts, order[i].number));
        (void)json_object_set_new(part, "offset",
                                  json_integer(order[i].offset + (json_int_t)in->wrapping.offset));
        (void)json_array_append_new(list, part);
    }
    free(order);
    return list;
}

static void add_reading(json_t *facts, const inspection *in)
{
    const pl_reading *reading = &in->look.reading;
    char text[PT_PRICE_TEXT_MAX], time[PT_TIME_TEXT_MAX], digest[67] = "0x";
    if (in->look.status != PL_OK) {
        return;
    }
    if (reading->has_price) {
        const bool is_feeds = pl_formats[in->format].scale == PL_SCALE_FEED;
        (void)json_object_set_new(
            facts, "price", json_string(pt_price_text(text, &reading->price, reading->exponent)));
        (void)json_object_set_new(facts, "price_is_scaled", json_boolean(!is_feeds));
    }
    if (reading->has_time) {
        const pl_clock clock = {reading->time_s, reading->time_ns};
        (void)json_object_set_new(facts, "time", json_string(pt_time_text(time, clock)));
    }
    if (reading->has_digest) {
        pt_hex(digest + 2, reading->digest, 32);
        (void)json_object_set_new(facts, "digest", json_string(digest));
    }
    (void)json_object_set_new(facts, "strict", json_string(pl_status_name(reading->strict_error)));
}

static json_t *inspection_json(const inspection *in)
{
    json_t *facts =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:o}", "format", pl_formats[in->format].name,
                  "status", pl_status_name(in->look.status), "written", in->payload.written, "size",
                  (json_int_t)in->payload.bytes.size, "offset", (json_int_t)in->wrapping.offset,
                  "report_size", (json_int_t)in->wrapping.size, "inside", in->wrapping.what, "fits",
                  fits_json(in));
    add_reading(facts, in);
    (void)json_object_set_new(facts, "feeds", pt_feeds_of(&in->look, in->format));
    (void)json_object_set_new(facts, "parts", parts_json(in));
    (void)json_object_set(facts, "signatures", in->look.signatures);
    return facts;
}

/* ---- text ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* How it was recognised; with --format of bytes that do not fit, what was hoped for. */
static const char *why_of(const inspection *in)
{
    for (size_t i = 0; i < in->guess_count; i++) {
        if (in->guesses[i].format == in->format) {
            return in->guesses[i].why;
        }
    }
    return "the bytes do not fit it";
}

static void print_head(const inspection *in)
{
    (void)printf("%s: %s\n", pl_formats[in->format].name, why_of(in));
    (void)printf("  input         %s, %zu bytes", in->payload.written, in->payload.bytes.size);
    if (in->wrapping.what[0] != '\0') {
        (void)printf("; the report is an argument of %s, %zu bytes from offset %zu",
                     in->wrapping.what, in->wrapping.size, in->wrapping.offset);
    }
    const size_t others = pt_payload_others(&in->payload, &in->wrapping);
    if (others > 0) {
        (void)printf("; not shown: %zu more beside it", others);
    }
    (void)printf("\n");
    if (in->look.status != PL_OK) {
        (void)printf("  broken        %s: %s\n  look at       %s\n",
                     pl_status_name(in->look.status), pt_rule_sentence(in->look.status, in->format),
                     pt_rule_hint(in->look.status, in->format));
    }
}

static void print_reading(const json_t *facts)
{
    if (json_object_get(facts, "price") != NULL) {
        const json_t *feeds = json_object_get(facts, "feeds");
        (void)printf("  price         %s%s", text_of(facts, "price"),
                     json_is_true(json_object_get(facts, "price_is_scaled"))
                         ? ""
                         : "  (its decimals are not signed)");
        if (json_array_size(feeds) > 1) {
            (void)printf("  of %s, one of %zu feeds", json_string_value(json_array_get(feeds, 0)),
                         json_array_size(feeds));
        }
        (void)printf("\n");
    }
    if (json_object_get(facts, "time") != NULL) {
        (void)printf("  time          %s\n", text_of(facts, "time"));
    }
    const char *strict = text_of(facts, "strict");
    if (strict[0] != '\0' && strcmp(strict, "OK") != 0) {
        (void)printf("  strict rules  would refuse it: %s\n", strict);
    }
}

static void print_parts(const json_t *parts)
{
    pt_table table;
    pt_table_begin(&table, 4);
    table.right[0] = table.right[1] = true;
    pt_table_cell(&table, "offset");
    pt_table_cell(&table, "size");
    pt_table_cell(&table, "part");
    pt_table_cell(&table, "value");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        pt_table_cell(&table, "%lld",
                      (long long)json_integer_value(json_object_get(part, "offset")));
        pt_table_cell(&table, "%lld", (long long)json_integer_value(json_object_get(part, "size")));
        pt_table_cell(&table, "%s", text_of(part, "name"));
        pt_table_cell(&table, "%s", text_of(part, "value"));
    }
    pt_table_print(&table, stdout, 2);
}

/* What has to be known before the recovered keys mean anything. */
static const char *signer_note(const inspection *in)
{
    const bool has_subject = in->feed.subject.size != 0;
    if (in->format == PL_FEED_MEDIAN_POKE || in->format == PL_FEED_SCRIBE) {
        return has_subject
                   ? "The name of the feed is signed but not sent: these are the signers only "
                     "with the right --feed."
                   : "The name of the feed is signed but not sent: who signed can be said "
                     "only with the right --feed.";
    }
    if (in->format == PL_FEED_STORK) {
        return "The signer's own address is signed but not sent: whose key it is, plim oracle "
               "verify --signers\n  says.";
    }
    if (in->format <= PL_FEED_NATIVE) {
        return "It is bound to a world: plim oracle verify --world says whose keys they are.";
    }
    if (in->format == PL_FEED_EIP712 && !has_subject) {
        return "Only the subject says what the words are and what was signed: give --feed, which "
               "plim oracle\n  sign --json prints.";
    }
    return "Anybody can sign: plim oracle verify says whether these signers may.";
}

static void print_signature(const inspection *in, const json_t *seen)
{
    const bool recovers = pl_formats[in->format].member_size == PL_MEMBER_ADDRESS;
    const char *status = text_of(seen, "status");
    /* The verdict of an inspection on a signer is none: strangers are all there are. */
    const bool says = strcmp(status, "UNKNOWN_SIGNER") != 0 && strcmp(status, "OK") != 0;
    const char *nobody = in->look.status == PL_OK || !recovers ? "the report does not say whose"
                                                               : "nobody can be recovered";
    const char *s = json_is_true(json_object_get(seen, "high_s")) ? "  high s" : "  low s";
    (void)printf("  signature %-3lld %s%s%s%s\n",
                 (long long)json_integer_value(json_object_get(seen, "number")),
                 json_is_string(json_object_get(seen, "signer")) ? text_of(seen, "signer") : nobody,
                 recovers && json_is_string(json_object_get(seen, "signer")) ? s : "",
                 says && recovers ? "  " : "", says && recovers ? status : "");
}

static void print_signatures(const inspection *in)
{
    const json_t *signatures = in->look.signatures;
    const char *digest = "";
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const json_t *seen = json_array_get(signatures, i);
        if (strcmp(digest, text_of(seen, "digest")) != 0) {
            digest = text_of(seen, "digest");
            (void)printf("  signed digest %s\n", digest);
        }
        print_signature(in, seen);
    }
    if (json_array_size(signatures) != 0) {
        (void)printf("  %s\n", signer_note(in));
    }
}

static void print_text(const inspection *in, const json_t *facts)
{
    print_head(in);
    print_reading(facts);
    print_parts(json_object_get(facts, "parts"));
    print_signatures(in);
    for (size_t i = 0; i < in->guess_count; i++) {
        if (in->guesses[i].format != in->format) {
            (void)printf("  also fits     %s: %s\n", pl_formats[in->guesses[i].format].name,
                         in->guesses[i].why);
        }
    }
}

/* ---- the command ---- */

static pt_exit choose(inspection *in, const char *word, pt_report *report)
{
    pt_payload_unwrap(&in->wrapping, in->payload.bytes.data, in->payload.bytes.size);
    in->guess_count = pt_guess_formats(in->guesses, report_of(in), in->wrapping.size);
    if (word != NULL) {
        PT_TRY(pt_oracle_format_word(&in->format, word, report));
        return PT_OK;
    }
    if (in->guess_count == 0) {
        char near[300];
        (void)pt_guess_near(near, sizeof near, report_of(in), in->wrapping.size);
        return pt_fail(report, PT_INPUT,
                       "%s: %zu bytes that fit no format%s%s; was all of it copied? --format NAME "
                       "shows how far one of them gets",
                       in->payload.name, in->payload.bytes.size,
                       near[0] != '\0' ? "; nearest: " : "", near);
    }
    in->format = in->guesses[0].format;
    return PT_OK;
}

static pt_exit inspect(inspection *in, const pt_args *args, pt_report *report)
{
    pt_exit result = PT_OK;
    PT_TRY(pt_payload_read(&in->payload, args->words[0], report));
    PT_TRY(choose(in, pt_args_value(args, "--format"), report));
    pt_setup_inspect(&in->feed, in->format);
    if (pt_args_value(args, "--feed") != NULL) {
        PT_TRY(
            pt_setup_subject(&in->feed.subject, in->format, pt_args_value(args, "--feed"), report));
        PT_TRY(pt_oracle_feed_ready(&in->feed, report));
    }
    pt_look_inspect(&in->look, &in->feed.feed, report_of(in), in->wrapping.size);
    json_t *facts = inspection_json(in);
    if (pt_args_flag(args, "--json")) {
        result = pt_oracle_print_json(facts, report);
    } else {
        print_text(in, facts);
    }
    json_decref(facts);
    return result == PT_OK && in->look.status != PL_OK ? PT_DIVERGED : result;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    inspection *in = pt_take_zeroed(1, sizeof *in);
    const pt_exit result = inspect(in, args, report);
    pt_payload_free(&in->payload);
    pt_oracle_feed_free(&in->feed);
    if (in->look.parts != NULL) {
        pt_look_free(&in->look);
    }
    free(in);
    return result;
}

static const pt_option options_table[] = {
    {"--format", "NAME", "read it as this format; default: the one that fits best"},
    {"--feed", "SUBJECT", "what a format signs without sending it (poke: ETHUSD)"},
    {"--json", NULL, "one JSON object on stdout"},
};

const pt_command pt_command_oracle_inspect = {
    .name = "oracle inspect",
    .synopsis = "FILE|-|0xHEX [options]",
    .summary = "show every part of a price report and who signed it",
    .about = "Guesses the format by structure, then prints each part with its offset, size and "
             "value,\n"
             "the digest that was signed, and whose key signed it. Whether these keys may sign is "
             "the\n"
             "question of plim oracle verify. The input of a whole transaction is taken too.\n\n"
             "  plim oracle inspect 0x504e4155...\n"
             "  plim oracle inspect tx-input.hex --json\n"
             "  pbpaste | plim oracle inspect -\n"
             "  plim oracle inspect poke.hex --feed ETHUSD\n\n"
             "Exit code 0: read to its end; 1: broken, shown as far as it goes; 3: no format "
             "fits.",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
