/* The world file that call trees become (calltree.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import/calltree.h"
#include "vm/num/text.h"

enum { STALE_NEVER_S = 1000000000, TIME_S = 1600000000 };

json_t *pt_world_number(const pl_u256 *number, uint32_t scale)
{
    char text[PL_NUM_TEXT_MAX];
    const size_t size = pl_u256_print_scaled(text, number, scale);
    return json_stringn(text, size);
}

void pt_world_put(json_t *object, const char *key, const pl_u256 *number, uint32_t scale)
{
    (void)json_object_set_new(object, key, pt_world_number(number, scale));
}

void pt_call_name(char name[32], const pt_call_file *calls, size_t n)
{
    (void)snprintf(name, 32, "at_%llu_%zu", (unsigned long long)calls->calls[n].block, n);
}

/* Both protocols' prices are wei with 18 decimals here: Compound's mantissas keep their digits. */
size_t pt_call_feed(pt_call_file *calls, size_t n, const char *what, const pl_u256 *price)
{
    pt_call_tree *call = &calls->calls[n];
    char name[64];
    (void)snprintf(name, sizeof name, "p%zu_%.40s", n, what);
    json_t *feed = json_pack("{s:s, s:i, s:i, s:s}", "name", name, "decimals", 18, "staleness_s",
                             STALE_NEVER_S, "note", what);
    (void)json_array_append_new(json_object_get(call->made, "feeds"), feed);
    json_t *prices = json_object_get(json_object_get(call->made, "before"), "prices");
    pt_world_put(prices, name, price, 18);
    return calls->feeds++;
}

void pt_call_ask(pt_call_tree *call, bool after, size_t n, const char *view, json_t *args,
                 json_t *expect)
{
    char name[80];
    json_t *block = json_object_get(call->made, after ? "after" : "before");
    (void)snprintf(name, sizeof name, "at_%llu_%zu.%s", (unsigned long long)call->block, n, view);
    call->values += json_is_array(expect) ? json_array_size(expect) : json_object_size(expect);
    (void)json_array_append_new(
        json_object_get(block, "ask"),
        json_pack("{s:s, s:o, s:o}", "view", name, "args", args, "expect", expect));
}

static void make(pt_call_file *calls, size_t n)
{
    pt_call_tree *call = &calls->calls[n];
    const bool aave = strncmp(call->protocol, "aave-", 5) == 0;
    call->values = 0;
    call->made = json_pack("{s:o, s:[], s:{s:i, s:{}, s:[]}, s:{s:i, s:[], s:[]}}", "contract",
                           json_object(), "feeds", "before", "after_s", 0, "prices", "ask", "after",
                           "after_s", 0, "calls", "ask");
    if (aave) {
        pt_call_make_aave(calls, n);
    } else if (strncmp(call->protocol, "compound-v2", 11) == 0) {
        pt_call_make_compound(calls, n);
    } else {
        (void)snprintf(call->reason, sizeof call->reason, "no contract for protocol %.40s",
                       call->protocol);
    }
    if (call->reason[0] != '\0') {
        json_decref(call->made);
        call->made = NULL;
    }
}

void pt_call_file_make(pt_call_file *calls)
{
    calls->feeds = 0;
    for (size_t n = 0; n < calls->count; n++) {
        pt_call_tree *call = &calls->calls[n];
        const size_t feeds = calls->feeds;
        json_decref(call->made);
        call->made = NULL;
        if (call->reason[0] == '\0') {
            make(calls, n);
            calls->feeds = call->made != NULL ? calls->feeds : feeds;
        }
    }
}

json_t *pt_call_file_world(const pt_call_file *calls)
{
    json_t *contracts = json_array(), *feeds = json_array(), *blocks = json_array();
    for (size_t n = 0; n < calls->count; n++) {
        const json_t *made = calls->calls[n].made;
        if (made != NULL) {
            (void)json_array_append(contracts, json_object_get(made, "contract"));
            (void)json_array_extend(feeds, json_object_get(made, "feeds"));
            (void)json_array_append(blocks, json_object_get(made, "before"));
            (void)json_array_append(blocks, json_object_get(made, "after"));
        }
    }
    return json_pack("{s:s, s:I, s:o, s:o, s:[s,s,s,s,s,s], s:o}", "name", "evm_calltree", "time_s",
                     (json_int_t)TIME_S, "contracts", contracts, "feeds", feeds, "accounts", "user",
                     "liquidator", "others", "admin", "guardian", "treasury", "blocks", blocks);
}
