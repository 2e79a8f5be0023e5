#include "tools/report/facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"

static void add(pt_facts *facts, pt_fact_kind kind, const char *key, char *text)
{
    if (facts->count == facts->room) {
        facts->room = facts->room == 0 ? 64 : 2 * facts->room;
        facts->list = pt_resize(facts->list, facts->room * sizeof *facts->list);
    }
    facts->list[facts->count++] =
        (pt_fact){.kind = kind,
                  .depth = facts->depth,
                  .key = key == NULL ? NULL : pt_copy_text(key, strlen(key)),
                  .text = text};
}

void pt_facts_begin(pt_facts *facts)
{
    *facts = (pt_facts){0};
    pt_fact_object(facts, NULL);
}

void pt_facts_free(pt_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->list[i].key);
        free(facts->list[i].text);
    }
    free(facts->list);
    *facts = (pt_facts){0};
}

void pt_fact_object(pt_facts *facts, const char *key)
{
    add(facts, PT_FACT_OBJECT, key, NULL);
    facts->depth++;
}

void pt_fact_array(pt_facts *facts, const char *key)
{
    add(facts, PT_FACT_ARRAY, key, NULL);
    facts->depth++;
}

void pt_fact_close(pt_facts *facts)
{
    facts->depth--;
}

void pt_fact_text(pt_facts *facts, const char *key, const char *text)
{
    add(facts, PT_FACT_TEXT, key, pt_copy_text(text, strlen(text)));
}

void pt_fact_format(pt_facts *facts, const char *key, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = pt_take((size_t)size + 1);
    (void)vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    add(facts, PT_FACT_TEXT, key, text);
}

void pt_fact_number(pt_facts *facts, const char *key, uint64_t number)
{
    pt_fact_format(facts, key, "%llu", (unsigned long long)number);
    facts->list[facts->count - 1].kind = PT_FACT_NUMBER;
}

void pt_fact_bool(pt_facts *facts, const char *key, bool value)
{
    pt_fact_text(facts, key, value ? "true" : "false");
    facts->list[facts->count - 1].kind = PT_FACT_BOOL;
}

void pt_fact_hex(pt_facts *facts, const char *key, const uint8_t *bytes, size_t size)
{
    char *text = pt_take(2 * size + 1);
    pt_hex(text, bytes, size);
    add(facts, PT_FACT_TEXT, key, text);
}

/* ---- reading ---- */

size_t pt_fact_first(const pt_facts *facts, size_t in)
{
    const bool inside = in != PT_FACT_NONE && in + 1 < facts->count &&
                        facts->list[in + 1].depth == facts->list[in].depth + 1;
    return inside ? in + 1 : PT_FACT_NONE;
}

size_t pt_fact_next(const pt_facts *facts, size_t at)
{
    const unsigned depth = facts->list[at].depth;
    do {
        at++;
    } while (at < facts->count && facts->list[at].depth > depth);
    return at < facts->count && facts->list[at].depth == depth ? at : PT_FACT_NONE;
}

size_t pt_fact_find(const pt_facts *facts, size_t in, const char *key)
{
    for (size_t at = pt_fact_first(facts, in); at != PT_FACT_NONE; at = pt_fact_next(facts, at)) {
        if (facts->list[at].key != NULL && strcmp(facts->list[at].key, key) == 0) {
            return at;
        }
    }
    return PT_FACT_NONE;
}

const char *pt_fact_of(const pt_facts *facts, size_t in, const char *key)
{
    const size_t at = pt_fact_find(facts, in, key);
    return at == PT_FACT_NONE || facts->list[at].text == NULL ? "" : facts->list[at].text;
}

/* ---- JSON ---- */

static void put_string(pt_bytes *json, const char *text)
{
    pt_put_u8(json, '"');
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            pt_put_u8(json, '\\');
            pt_put_u8(json, c);
        } else if (c < 0x20 || c > 0x7e) {
            pt_put_format(json, "\\u%04x", (unsigned)c);
        } else {
            pt_put_u8(json, c);
        }
    }
    pt_put_u8(json, '"');
}

static void indent(pt_bytes *json, unsigned depth)
{
    pt_put_u8(json, '\n');
    for (unsigned i = 0; i < 2 * depth; i++) {
        pt_put_u8(json, ' ');
    }
}

static char bracket(const pt_fact *fact, bool opening)
{
    if (fact->kind == PT_FACT_OBJECT) {
        return opening ? '{' : '}';
    }
    return opening ? '[' : ']';
}

static void put_head(pt_bytes *json, const pt_fact *fact)
{
    if (fact->key != NULL) {
        put_string(json, fact->key);
        pt_put_text(json, ": ");
    }
    if (fact->kind == PT_FACT_OBJECT || fact->kind == PT_FACT_ARRAY) {
        pt_put_u8(json, (uint8_t)bracket(fact, true));
    } else if (fact->kind == PT_FACT_TEXT) {
        put_string(json, fact->text);
    } else {
        pt_put_text(json, fact->text);
    }
}

enum {
    DEPTH_MAX = 16
}; /* of what this program tells; an outline deeper than that is its own slip */

void pt_facts_json(pt_bytes *json, const pt_facts *facts)
{
    const pt_fact *open[DEPTH_MAX];
    unsigned depth = 0;
    bool is_first = true;
    for (size_t i = 0; i <= facts->count; i++) {
        const pt_fact *fact = i < facts->count ? &facts->list[i] : NULL;
        while (depth > (fact == NULL ? 0 : fact->depth)) {
            depth--;
            if (!is_first) {
                indent(json, depth);
            }
            pt_put_u8(json, (uint8_t)bracket(open[depth], false));
            is_first = false;
        }
        if (fact == NULL) {
            break;
        }
        if (!is_first) {
            pt_put_u8(json, ',');
        }
        if (fact->depth > 0) {
            indent(json, fact->depth);
        }
        put_head(json, fact);
        is_first = false;
        if ((fact->kind == PT_FACT_OBJECT || fact->kind == PT_FACT_ARRAY) && depth < DEPTH_MAX) {
            open[depth++] = fact;
            is_first = true;
        }
    }
    pt_put_u8(json, '\n');
}
