#include <stdio.h>
#include <string.h>

#include "tools/oracle/feeds.h"
#include "tools/plim/oracle_verify.h"

static const char *text_of(const json_t *facts, const char *key)
{
    const char *text = json_string_value(json_object_get(facts, key));
    return text != NULL ? text : "";
}

/* Where the report itself shows the reason, the sentence of the rule comes second. */
static void print_refusal(const pt_verification *v, const json_t *facts)
{
    const char *name = pl_formats[v->format].name, *detail = text_of(facts, "detail");
    const bool has_detail = detail[0] != '\0';
    (void)printf("REFUSED: %s\n", has_detail ? detail : text_of(facts, "meaning"));
    (void)printf("  rule broken   %s (%s, %s rules)%s%s\n", pl_status_name(v->status), name,
                 text_of(facts, "rules"), has_detail ? ": " : "",
                 has_detail ? text_of(facts, "meaning") : "");
    if (!has_detail || (v->status != PL_REJECT_QUORUM && v->status != PL_REJECT_SUBJECT)) {
        (void)printf("  look at       %s\n", text_of(facts, "hint"));
    }
    if (v->is_strict_error) {
        (void)printf("  but           the deployed verifier accepts it: --rules deployed\n");
    }
    if (json_object_get(facts, "claimed_price") != NULL ||
        json_object_get(facts, "claimed_time") != NULL) {
        (void)printf("  it claims     %s%s%s, which nothing proves\n",
                     text_of(facts, "claimed_price"),
                     json_object_get(facts, "claimed_price") != NULL ? " at " : "",
                     text_of(facts, "claimed_time"));
    }
}

/* What it is about, and of which set. */
static void print_names(const json_t *facts)
{
    char text[PT_FEEDS_TEXT_MAX];
    const json_t *feeds = json_object_get(facts, "feeds");
    if (json_object_get(facts, "feed") != NULL) {
        const bool is_asked = !json_is_true(json_object_get(facts, "accepted"));
        (void)printf("  %-13s %s\n", is_asked ? "asked for" : "feed", text_of(facts, "feed"));
    }
    if (json_array_size(feeds) > 1) {
        (void)printf("  report has    %s\n", pt_feeds_text(text, feeds));
    }
    if (json_object_get(facts, "signer_set") != NULL) {
        (void)printf("  it names      %s\n", text_of(facts, "signer_set"));
    }
}

static void print_verdict(const pt_verification *v, const json_t *facts)
{
    const char *name = pl_formats[v->format].name;
    if (v->status != PL_OK) {
        print_refusal(v, facts);
        return;
    }
    (void)printf("ACCEPTED: %s%s%s, signed by %lld of %lld (quorum %lld)%s%s", name,
                 json_object_get(facts, "price") != NULL ? " " : "", text_of(facts, "price"),
                 (long long)json_integer_value(json_object_get(facts, "signer_count")),
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

static void print_price(const pt_verification *v, const json_t *facts)
{
    const json_t *exponent = json_object_get(facts, "signed_exponent");
    if (json_object_get(facts, "price") == NULL) {
        return;
    }
    (void)printf("  price         %s", text_of(facts, "price"));
    if (pl_formats[v->format].scale == PL_SCALE_FEED && json_is_integer(exponent)) {
        (void)printf("  (signed: %s; its decimals are those of --decimals)",
                     text_of(facts, "signed_price"));
    } else if (json_is_integer(exponent)) {
        (void)printf("  (signed: %s * 10^%lld)", text_of(facts, "signed_price"),
                     (long long)json_integer_value(exponent));
    }
    (void)printf("\n");
    if (v->look.reading.has_confidence) {
        (void)printf("  confidence    +- %s\n", text_of(facts, "confidence"));
    }
}

static void print_time(const pt_verification *v, const json_t *facts)
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
    if (json_object_get(facts, "oldest") != NULL) {
        (void)printf("  oldest value  %s\n", text_of(facts, "oldest"));
    }
    if (json_object_get(facts, "expires") != NULL) {
        (void)printf("  expires       %s\n", text_of(facts, "expires"));
    }
    if (v->look.status == PL_OK) {
        const unsigned long long order = v->look.reading.order;
        (void)printf("  order key     %llu", order);
        if (v->format == PL_FEED_OCR1 || v->format == PL_FEED_OCR2) {
            (void)printf("  (epoch %llu, round %llu)", order / 256, order % 256);
        }
        (void)printf("\n");
    }
}

/* RedStone: whose prices this signer gave. */
static void print_signed_feeds(const json_t *feeds)
{
    char name[PT_FEEDS_TEXT_MAX];
    for (size_t i = 0; i < json_array_size(feeds); i++) {
        (void)printf("%s%s", i == 0 ? "  " : ", ",
                     pt_feed_name(name, json_string_value(json_array_get(feeds, i))));
    }
    (void)printf("\n");
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
        (void)printf("%s%s%s%s",
                     json_is_string(json_object_get(signer, "signer")) ? text_of(signer, "signer")
                                                                       : "nobody known here",
                     json_is_true(json_object_get(signer, "high_s")) ? "  high s" : "",
                     strcmp(status, "OK") == 0 ? "" : "  ",
                     strcmp(status, "OK") == 0 ? "" : status);
        print_signed_feeds(json_object_get(signer, "feeds"));
    }
}

/* How far it got, and what it broke; rules behind that were not reached say nothing. */
static void print_rules(const json_t *rules)
{
    size_t unreached = 0;
    bool failed = false;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        if (failed) {
            unreached++;
            continue;
        }
        failed = strcmp(text_of(rule, "state"), "failed") == 0;
        (void)printf("    %-7s %s\n", text_of(rule, "state"), text_of(rule, "rule"));
    }
    if (unreached > 0) {
        (void)printf("    open    %zu more, not reached\n", unreached);
    }
}

/* Call data before a RedStone payload, and its size. */
static void print_input(const pt_verification *v)
{
    size_t skipped = 0;
    (void)printf("  input         %s, %zu bytes%s%s", v->payload.written, v->payload.bytes.size,
                 v->wrapping.what[0] != '\0' ? "; the report is an argument of " : "",
                 v->wrapping.what);
    if (v->look.parts != NULL && pt_look_part(&v->look, "call data", &skipped) != NULL) {
        (void)printf("; its first %zu are call data that nobody signed", skipped);
    }
    (void)printf("\n");
}

void pt_verification_print(const pt_verification *v, const json_t *facts)
{
    const json_t *notes = json_object_get(facts, "assumed"),
                 *rules = json_object_get(facts, "checks");
    print_verdict(v, facts);
    print_names(facts);
    print_price(v, facts);
    print_time(v, facts);
    print_signers(facts);
    if (json_object_get(facts, "digest") != NULL) {
        (void)printf("  digest        %s\n", text_of(facts, "digest"));
    }
    print_input(v);
    (void)printf("  checked, in this order (%s rules):\n", text_of(facts, "rules"));
    print_rules(rules);
    for (size_t i = 0; i < json_array_size(notes); i++) {
        (void)printf("  %s%s\n", i == 0 ? "assumed       " : "              ",
                     json_string_value(json_array_get(notes, i)));
    }
}
