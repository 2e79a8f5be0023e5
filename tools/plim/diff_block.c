/* Two blocks: what their bodies say, and what their runs left as receipts. */
#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/diff.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"

/* ---- reports ---- */

/* vm/oracle/native.h has the layout. */
static void add_native(json_t *object, const pl_feed *feed, const uint8_t *bytes)
{
    char text[PT_VALUE_TEXT_MAX];
    const pl_type type = {.class = PL_CLASS_INT, .size = 32, .scale = feed->decimals};
    pt_diff_set(object, "round", pt_u64_json(pl_load_u64(bytes + 5)));
    pt_diff_set(object, "time_s", pt_u64_json(pl_load_u64(bytes + 13)));
    pt_diff_set(object, "price", json_string(pt_value_text(text, (pt_names){0}, type, bytes + 21)));
    pt_diff_set(object, "decimals", json_integer(bytes[53]));
    pt_diff_set(object, "signatures", json_integer(bytes[54]));
}

static json_t *report_json(const pt_diff_side *side, const uint8_t *bytes, uint32_t size)
{
    const pl_world *world = pl_chain_world(side->run.chain);
    json_t *object = json_object();
    const uint32_t feed = size < PL_REPORT_ENVELOPE_SIZE ? PL_NONE : pl_load_u32(bytes + 1);
    pt_diff_set(object, "size", json_integer(size));
    if (feed < world->feed_count) {
        pt_diff_set(object, "feed", pt_diff_name(world->feed_names[feed]));
        if (world->feeds[feed].format <= PL_FEED_NATIVE && size >= PL_NATIVE_HEAD_SIZE) {
            add_native(object, &world->feeds[feed], bytes);
        }
    }
    return object;
}

/* ---- transactions ---- */

static json_t *tx_json(const pt_diff_side *side, const uint8_t *bytes, uint32_t size)
{
    pl_tx tx;
    char text[PT_VALUE_TEXT_MAX];
    json_t *object = json_object();
    if (pl_tx_decode(&tx, bytes, size) != PL_OK) {
        return object; /* not in a block that decoded */
    }
    const pl_code *code = pl_chain_code(side->run.chain, tx.contract);
    const pt_names names = {.code = code, .chain = side->run.chain};
    const pl_type account = {.class = PL_CLASS_ACCOUNT, .size = 32};
    if (code != NULL && tx.function < code->function_count) {
        const pl_function *function = &code->functions[tx.function];
        pt_diff_set(object, "contract",
                    pt_diff_name(pl_chain_world(side->run.chain)->contract_names[tx.contract - 1]));
        pt_diff_set(object, "function", pt_diff_name(function->name));
        pt_diff_set(object, "arguments",
                    pt_fields_json(names, function->parameters, function->parameter_count,
                                   tx.arguments, tx.arguments_size));
    } else {
        pt_diff_set(object, "contract", json_integer(tx.contract));
        pt_diff_set(object, "function", json_integer(tx.function));
    }
    pt_diff_set(object, "caller", json_string(pt_value_text(text, names, account, tx.caller)));
    pt_diff_set(object, "gas_limit", pt_u64_json(tx.gas_limit));
    pt_diff_set(object, "nonce", pt_u64_json(tx.nonce));
    return object;
}

static json_t *call_json(const json_t *tx)
{
    char text[160];
    const char *contract = json_string_value(json_object_get(tx, "contract"));
    const char *function = json_string_value(json_object_get(tx, "function"));
    (void)snprintf(text, sizeof text, "%s.%s", contract == NULL ? "?" : contract,
                   function == NULL ? "?" : function);
    return json_string(text);
}

typedef json_t *(*describe)(const pt_diff_side *side, const uint8_t *bytes, uint32_t size);

static void add_item(json_t *list, const char *kind, uint32_t index, json_t *a, json_t *b,
                     bool same_world)
{
    if (!same_world && json_equal(a, b)) {
        json_decref(a);
        json_decref(b);
        return;
    }
    json_t *object = json_object(), *values = json_array();
    pt_diff_set(object, "kind", json_string(kind));
    pt_diff_set(object, "index", json_integer(index));
    pt_diff_set(object, "only_in",
                a == NULL   ? json_string("b")
                : b == NULL ? json_string("a")
                            : json_null());
    const json_t *any = a != NULL ? a : b;
    pt_diff_set(object, "what",
                strcmp(kind, "report") == 0 ? json_incref(json_object_get(any, "feed"))
                                            : call_json(any));
    if (a != NULL && b != NULL) {
        pt_diff_values(values, "", a, b);
        if (json_array_size(values) == 0) { /* signatures, symbols of formats not taken apart */
            json_t *leaf = json_object();
            pt_diff_set(leaf, "where", json_string("other bytes"));
            (void)json_array_append_new(values, leaf);
        }
    }
    pt_diff_set(object, "values", values);
    (void)json_array_append_new(list, object);
    json_decref(a);
    json_decref(b);
}

static void compare_items(json_t *list, const char *kind, pt_diff_side sides[2], pl_items items[2],
                          describe tell, bool same_world)
{
    for (uint32_t i = 0; json_array_size(list) < PT_DIFF_VALUES_MAX; i++) {
        const uint8_t *bytes[2] = {NULL, NULL};
        uint32_t sizes[2] = {0, 0};
        bool has[2];
        for (int side = 0; side < 2; side++) {
            has[side] = pl_items_next(&items[side], &bytes[side], &sizes[side]);
        }
        if (!has[0] && !has[1]) {
            return;
        }
        if (has[0] && has[1] && sizes[0] == sizes[1] &&
            (sizes[0] == 0 || memcmp(bytes[0], bytes[1], sizes[0]) == 0)) {
            continue;
        }
        add_item(list, kind, i, has[0] ? tell(&sides[0], bytes[0], sizes[0]) : NULL,
                 has[1] ? tell(&sides[1], bytes[1], sizes[1]) : NULL, same_world);
    }
}

json_t *pt_diff_bodies(pt_diff_side sides[2], bool same_world)
{
    json_t *list = json_array();
    pl_items reports[2] = {sides[0].decoded.reports, sides[1].decoded.reports};
    pl_items transactions[2] = {sides[0].decoded.transactions, sides[1].decoded.transactions};
    compare_items(list, "report", sides, reports, report_json, same_world);
    compare_items(list, "transaction", sides, transactions, tx_json, same_world);
    return list;
}

/* ---- receipts ---- */

json_t *pt_diff_receipts(pt_diff_side sides[2])
{
    json_t *list = json_array();
    const json_t *receipts[2];
    for (int side = 0; side < 2; side++) {
        receipts[side] = json_object_get(sides[side].ran, "receipts");
    }
    for (size_t i = 0; json_array_size(list) < PT_DIFF_VALUES_MAX; i++) {
        const json_t *a = json_array_get(receipts[0], i), *b = json_array_get(receipts[1], i);
        if (a == NULL && b == NULL) {
            return list;
        }
        json_t *values = json_array();
        pt_diff_values(values, "", a, b);
        if (json_array_size(values) != 0) {
            json_t *object = json_object();
            const json_t *any = a != NULL ? a : b;
            const char *kind = json_string_value(json_object_get(any, "kind"));
            const bool is_report = kind != NULL && strcmp(kind, "report") == 0;
            pt_diff_set(object, "receipt", json_integer((json_int_t)i));
            pt_diff_set(object, "kind", json_incref(json_object_get(any, "kind")));
            pt_diff_set(object, "what",
                        is_report ? json_incref(json_object_get(any, "feed")) : call_json(any));
            pt_diff_set(object, "only_in",
                        a == NULL   ? json_string("b")
                        : b == NULL ? json_string("a")
                                    : json_null());
            pt_diff_set(object, "values", json_incref(values));
            (void)json_array_append_new(list, object);
        }
        json_decref(values);
    }
    return list;
}
