/* The facts of a block for people (play.h). */
#include <stdio.h>
#include <string.h>

#include "tools/plim/play.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void print_value(const json_t *value)
{
    if (json_is_boolean(value)) {
        (void)fputs(json_is_true(value) ? "true" : "false", stdout);
    } else if (json_is_string(value)) {
        (void)fputs(json_string_value(value), stdout);
    }
}

/* "name value, name value"; but_key is left out. */
static void print_fields(json_t *object, const char *but_key)
{
    bool first = true;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        if (but_key == NULL || strcmp(key, but_key) != 0) {
            (void)printf("%s%s ", first ? "" : ", ", key);
            print_value(json_object_iter_value(at));
            first = false;
        }
    }
}

/* A single result goes without its name. */
static void print_result(json_t *result)
{
    if (json_object_size(result) == 1) {
        print_value(json_object_iter_value(json_object_iter(result)));
    } else {
        print_fields(result, NULL);
    }
}

static void print_outcome(const json_t *receipt)
{
    const char *status = text_of(receipt, "status"), *error = text_of(receipt, "error");
    json_t *result = json_object_get(receipt, "result");
    (void)printf("%s", error[0] != '\0' ? error : status);
    if (error[0] != '\0') {
        (void)fputs("(", stdout);
        print_fields(json_object_get(receipt, "error_arguments"), NULL);
        (void)fputs(")", stdout);
    }
    if (json_object_size(result) != 0) {
        (void)fputs(": ", stdout);
        print_result(result);
    }
    (void)fputs("\n", stdout);
}

static void print_price(const json_t *facts, const json_t *receipt)
{
    const char *feed = text_of(receipt, "feed"), *status = text_of(receipt, "status");
    const json_t *prices = json_object_get(facts, "prices");
    const char *price = "";
    for (size_t i = 0; i < json_array_size(prices); i++) {
        const json_t *row = json_array_get(prices, i);
        price = strcmp(text_of(row, "feed"), feed) == 0 ? text_of(row, "price") : price;
    }
    if (strcmp(status, "OK") == 0 && price[0] == '\0') { /* a delay, a mean or a heartbeat */
        (void)printf("  price %s accepted; contracts see no price of it now\n", feed);
    } else if (strcmp(status, "OK") == 0) {
        (void)printf("  price %s = %s\n", feed, price);
    } else {
        (void)printf("  price %s refused: %s\n", feed, status);
    }
}

static void print_receipt(const json_t *facts, const json_t *receipt)
{
    const char *kind = text_of(receipt, "kind");
    if (strcmp(kind, "report") == 0) {
        print_price(facts, receipt);
        return;
    }
    const bool is_hook = strcmp(kind, "hook") == 0;
    (void)printf("  %s: %s.%s(", is_hook ? "hook" : text_of(receipt, "caller"),
                 text_of(receipt, "contract"), text_of(receipt, "function"));
    print_fields(json_object_get(receipt, "arguments"), NULL);
    (void)fputs(") -> ", stdout);
    print_outcome(receipt);
    const json_t *events = json_object_get(receipt, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *event = json_array_get(events, i);
        (void)printf("    event %s: ", text_of(event, "event"));
        print_fields(event, "event");
        (void)fputs("\n", stdout);
    }
}

void pt_play_print(const json_t *facts)
{
    const json_t *receipts = json_object_get(facts, "receipts");
    const json_t *asked = json_object_get(facts, "asked");
    (void)printf("block %lld  time %lld  root %.16s\n",
                 (long long)json_integer_value(json_object_get(facts, "block")),
                 (long long)json_integer_value(json_object_get(facts, "time_s")),
                 text_of(facts, "state_root"));
    for (size_t i = 0; i < json_array_size(receipts); i++) {
        print_receipt(facts, json_array_get(receipts, i));
    }
    for (size_t i = 0; i < json_array_size(asked); i++) {
        const json_t *view = json_array_get(asked, i);
        (void)printf("  ask %s(", text_of(view, "view"));
        print_fields(json_object_get(view, "arguments"), NULL);
        (void)fputs(") = ", stdout);
        if (json_object_get(view, "result") != NULL) {
            print_result(json_object_get(view, "result"));
        } else {
            (void)fputs(text_of(view, "outcome"), stdout);
        }
        (void)fputs("\n", stdout);
    }
}
