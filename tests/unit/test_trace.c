/* The importer's frame on a protocol made for it: paths, lists of changing length, signed numbers,
 * several contracts, numbers that every step reports, and what is refused. Real protocols are
 * tested by tests/cli/test_import.py and tests/traces.py. JSON is written with ' for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/heap.h"
#include "tools/import/trace.h"
#include "tools/plc/plc.h"

static const char lab_source[] =
    "contract lab;\n"
    "param block_feed: u32;\n"
    "table assets[asset: u8] { name: symbol; feed: u32; cap: i256; scale: u8 = 1; fixed: u8; }\n"
    "table wallets[coin: u8, who: account] { amount: u256 = 0; }\n"
    "event Sold(item: u8, who: account, raw_word: bytes32, delta: i16);\n"
    "error VatNotSafe();\n"
    "error Rejected(number: u256);\n"
    "public tx supply(asset: u8, amount: u256) { }\n"
    "public tx supply_base(amount: u256) { }\n"
    "public tx absorb(accounts: account[3], accounts_count: u32) { }\n"
    "public view total() -> (number: u256) { return 9; }\n"
    "public view asset_state(asset: u8) -> (cap: i256) { return assets[asset].cap; }\n"
    "public view order_size() -> u32 { return 0; }\n"
    "public view order_at(index: u32) -> account { return caller; }\n"
    "public view sale_count(asset: u8) -> u32 { return 0; }\n"
    "public view sale(asset: u8, index: u32) -> (id: u256, usr: account) { return (1, caller); }\n";
static const char side_source[] =
    "contract side;\n"
    "table people[who: account] { p: i256 = 0; }\n"
    "event Gone(who: account);\n"
    "public view person(who: account) -> (p: i256) { return people[who].p; }\n";

static const pt_contract_source contracts[] = {{"lab", ""}, {"side", ""}, {NULL, NULL}};
static const pt_names_source names[] = {
    {0, "assets", "sym"}, {1, "base", "sym"}, {1, "assets", "sym"}, {0, NULL, NULL}};
static const pt_key keys[] = {
    {.key = "asset", .kind = PT_NAME},
    {.key = "accounts", .kind = PT_PERSON},
    {.key = "item", .kind = PT_NAME, .list = 1, .prefix = "c"},
    {.key = "buyer", .kind = PT_PERSON, .field = "who"},
    {.key = "raw", .kind = PT_HEX, .field = "raw_word"},
    {.key = NULL},
};
static const pt_feed_source feeds[] = {
    {.suffix = "", .path = "assets.*0.price", .decimals = 8, .note = "x"},
    {.suffix = ".ok", .path = "assets.*0.ok", .note = "x"},
    {.suffix = "block", .path = "block", .note = "x", .step_key = "b"},
    {.suffix = NULL},
};
static const pt_price_source prices[] = {{"price", ""}, {"ok", ".ok"}, {NULL, NULL}};
static const pt_op ops[] = {
    {.op = "supply", .function = "supply_base", .key = "asset", .path = "base.sym", .drop = true},
    {.op = NULL},
};
static const pt_error_code codes[] = {{"4", "TOO_MUCH"}, {NULL, NULL}};
static const pt_bind asset_row[] = {
    {.field = "name", .source = "="},
    {.field = "feed", .source = "$.ok"},
    {.field = "scale", .source = "scale?"},
    {.field = "fixed", .source = "!7"},
    {.field = "cap", .source = "/state.a.*0.cap"},
    {.field = NULL},
};
static const pt_bind params_row[] = {{.field = "block_feed", .source = "$block"}, {.field = NULL}};
static const pt_bind person_row[] = {{.field = "p", .source = "0"}, {.field = NULL}};
static const pt_bind wallet_row[] = {
    {.field = "coin", .source = "/assets.*0.coin", .kind = PT_NAME, .list = 1},
    {.field = "amount", .source = ""},
    {.field = NULL},
};
static const pt_rows rows[] = {
    {.table = "params", .path = "", .binds = params_row},
    {.table = "assets", .path = "assets.*0", .binds = asset_row},
    {.table = "people", .path = "state.u.*.v", .binds = person_row, .contract = 1},
    {.table = "wallets", .path = "state.a.*0.w.*", .binds = wallet_row},
    {.table = NULL},
};
static const pt_same same[] = {
    {"assets.*0.cap", "state.a.*0.cap"}, {"scale", "!1000"}, {NULL, NULL}};
static const char *const remarks[] = {"assets.*0.kind", "state.a.*0.w.*", NULL};
static const pt_bind total_binds[] = {{.field = "number", .source = "b"}, {.field = NULL}};
static const pt_bind size_binds[] = {{.field = "result", .source = "#"}, {.field = NULL}};
static const pt_bind self_binds[] = {{.field = "result", .source = "", .kind = PT_PERSON},
                                     {.field = NULL}};
static const pt_bind sale_binds[] = {{.field = "id", .source = "0"},
                                     {.field = "usr", .source = "1", .kind = PT_PERSON},
                                     {.field = NULL}};
static const pt_bind v_binds[] = {{.field = "p", .source = "v.0"}, {.field = NULL}};
static const pt_group groups[] = {
    {.path = "", .view = "total", .binds = total_binds},
    {.path = "a.*0", .view = "asset_state"},
    {.path = "u.*", .view = "person", .binds = v_binds, .contract = 1},
    {.path = "order", .view = "order_size", .binds = size_binds},
    {.path = "order.@", .view = "order_at", .binds = self_binds, .most = 4},
    {.path = "a.*0.sales", .view = "sale_count", .binds = size_binds},
    {.path = "a.*0.sales.@", .view = "sale", .binds = sale_binds, .most = 3},
    {.path = NULL},
};
static pt_protocol lab = {
    .name = "lab",
    .contracts = contracts,
    .names = names,
    .keys = keys,
    .feeds = feeds,
    .price_name_key = "asset",
    .prices = prices,
    .ops = ops,
    .liquidation = "absorb",
    .error_codes = codes,
    .text_errors = true,
    .rows = rows,
    .same = same,
    .remarks = remarks,
    .groups = groups,
};

static const char header_text[] =
    "{'type':'header','protocol':'lab','seed':1,'steps':0,'t':5,'block':9,'scale':'1000',"
    "'base':{'sym':'USD'},'assets':["
    "{'sym':'A-B','price':'7','ok':true,'cap':'-5','coin':'USD','kind':'x','scale':3},"
    "{'sym':'C','price':'8','ok':false,'cap':'6','coin':'USD','kind':'y'}],"
    "'users':['u0'],'liquidators':[],"
    "'state':{'b':'9','order':['u1','u0'],'a':{"
    "'A-B':{'cap':'-5','w':{'u0':'70','u1':'71'},'sales':[['1','u0']]},"
    "'C':{'cap':'6','w':{'u0':'70','u1':'71'},'sales':[]}},"
    "'u':{'u0':{'v':['-3']},'u1':{'v':['4']}}}}";

typedef struct fixture {
    plc_result compiled[2];
    pl_code code[2];
} fixture;

static fixture shared;

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    *text = context;
    *size = strlen(context);
    return strcmp(path, "a.plim") == 0;
}

static int set_up(void **state)
{
    static const char *const sources[] = {lab_source, side_source};
    for (size_t i = 0; i < 2; i++) {
        const plc_options options = {.library = "lib"};
        pl_code_error where;
        plc_compile(&shared.compiled[i], load, (void *)(uintptr_t)sources[i], "a.plim", &options);
        if (!shared.compiled[i].ok ||
            pl_code_load(&shared.code[i], &where, &heap_memory, shared.compiled[i].bytes,
                         shared.compiled[i].size) != PL_OK) {
            return -1;
        }
    }
    (void)state;
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        pl_code_free(&shared.code[i], &heap_memory);
        plc_result_free(&shared.compiled[i]);
    }
    (void)state;
    return 0;
}

/* text with ' as ", and the first `old` (if any) as `new`. */
static char *spelled(const char *text, const char *old, const char *new)
{
    const size_t room = strlen(text) + (new != NULL ? strlen(new) : 0) + 1;
    char *result = malloc(room);
    const char *at = old != NULL ? strstr(text, old) : NULL;
    assert_non_null(result);
    assert_true(old == NULL || at != NULL);
    if (at == NULL) {
        (void)snprintf(result, room, "%s", text);
    } else {
        (void)snprintf(result, room, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    }
    for (char *c = result; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return result;
}

/* A trace made ready from a header; everything that import does before the first block. */
typedef struct made {
    pt_trace trace;
    pt_json header;
    pt_report report;
    pt_exit exit;
} made;

static made *make(const char *old, const char *new)
{
    made *m = calloc(1, sizeof *m);
    char *text = spelled(header_text, old, new);
    assert_non_null(m);
    assert_int_equal(pt_json_parse(&m->header, "f", 1, text, strlen(text), &m->report), PT_OK);
    free(text);
    pt_trace *trace = &m->trace;
    trace->file = "f";
    trace->protocol = &lab;
    trace->header = &m->header;
    trace->contract_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        trace->codes[i] = &shared.code[i];
        (void)pt_build_add_contract(&trace->build, contracts[i].name, shared.compiled[i].bytes,
                                    shared.compiled[i].size, &shared.code[i]);
    }
    assert_int_equal(pt_signer_open(&trace->signer, "lab", &m->report), PT_OK);
    m->exit = pt_trace_names(trace, &m->header, &m->report);
    m->exit = m->exit == PT_OK ? pt_trace_genesis(trace, &m->header, &m->report) : m->exit;
    m->exit = m->exit == PT_OK ? pt_trace_views(trace, &m->header, &m->report) : m->exit;
    return m;
}

static void drop(made *m)
{
    pt_build_free(&m->trace.build);
    pt_signer_close(&m->trace.signer);
    json_decref(m->header.value);
    free(m);
}

static void test_a_header_becomes_a_world(void **state)
{
    made *m = make(NULL, NULL);
    const pt_build *build = &m->trace.build;
    if (m->exit != PT_OK) {
        fail_msg("%s", m->report.line);
    }
    assert_int_equal(m->trace.lists[0].count, 2);
    assert_int_equal(pt_trace_name(&m->trace, 1, "USD"), 0);
    assert_int_equal(pt_trace_name(&m->trace, 1, "C"), 2);
    assert_int_equal(m->trace.observed_count, 2);
    assert_int_equal(build->feed_count, 5);
    assert_string_equal(build->feeds[0].name, "A_B"); /* A-B is no name of a world */
    assert_int_equal(pt_trace_feed(&m->trace, "A-B.ok"), 2);
    assert_int_equal(pt_trace_feed(&m->trace, "block"), 4);
    assert_true(pl_u256_low64(&m->trace.first_prices[4]) == 9);
    /* params, two assets, two people; wallets of both assets say the same: two rows, not four */
    assert_int_equal(build->row_count, 7);
    const pt_build_row *first = &build->rows[1];
    assert_memory_equal(first->row, "A-B", 4);
    assert_int_equal(first->row[35], 2);    /* feed A-B.ok  */
    assert_int_equal(first->row[36], 0xff); /* cap, signed  */
    assert_int_equal(first->row[67], 0xfb); /* -5           */
    assert_int_equal(first->row[68], 3);    /* scale        */
    assert_int_equal(build->rows[2].row[68], 1);
    assert_int_equal(first->row[69], 7);
    drop(m);
    (void)state;
}

static void test_headers_refused(void **state)
{
    static const char *const cases[][3] = {
        {"'block':9", "'block':9,'more':1", "more"},
        {"'kind':'x'", "'kind':'x','more':[]", "assets[0].more"},
        {"'cap':'-5','coin'", "'cap':'5','coin'", "the same as state.a.*0.cap"},
        {"'scale':'1000'", "'scale':'1001'", "scale: expected 1000"},
        {"'coin':'USD'", "'coin':'EUR'", "assets[0].coin"},
        {"'price':'8'", "'price':'-8'", "assets[1].price"},
        {"'sym':'C'", "'sym':'A-B'", "used once"},
        {"'b':'9'", "'b':9", "b: expected a string"},
        {"'b':'9'", "'b':'9','c':'9'", "state.c"},
        {"'v':['4']", "'v':['4','5']", "state.u.u1.v[1]"},
        {"'v':['4']", "'v':[]", "state.u.u1.v[0]"},
        {"'u1':{'v':['4']}", "'u1':{'v':['4'],'w':{}}", "state.u.u1.w"},
        {"'C':{'cap'", "'D':{'cap'", "state.a.C"},
        {"'u0':'70','u1':'71'},'sales':[]", "'u0':'70'},'sales':[]", "state.a.C.w.u1"},
        {"'u0':'70','u1':'71'},'sales':[]", "'u0':'70','u1':'72'},'sales':[]", ""},
        {"'order':['u1','u0']", "'order':['u1',['u0']]", "state.order[1]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made *m = make(cases[i][1][0] == '\0' ? NULL : cases[i][0], cases[i][1]);
        pt_bytes bytes = {0};
        uint32_t count = 0;
        pt_json s;
        if (m->exit == PT_OK) {
            assert_int_equal(pt_json_member(&s, &m->header, "state", JSON_OBJECT, &m->report),
                             PT_OK);
            m->exit = pt_trace_results(&bytes, &count, &m->trace, &s, &m->report);
        }
        if (m->exit == PT_OK) { /* two rows that contradict each other */
            bytes.size = 0;
            m->exit = pt_build_encode(&bytes, &m->trace.build, &m->report);
        }
        if (m->exit != PT_INPUT || strstr(m->report.line, cases[i][2]) == NULL) {
            fail_msg("%s: %s", cases[i][1], m->exit == PT_OK ? "taken" : m->report.line);
        }
        pt_bytes_free(&bytes);
        drop(m);
    }
    (void)state;
}

/* A protocol that shows a list's elements and not how many there are compares less than it seems.
 */
static void test_a_list_needs_its_length(void **state)
{
    const pt_group *whole = lab.groups;
    pt_group without[sizeof groups / sizeof groups[0]];
    memcpy(without, groups, sizeof without);
    memmove(without + 3, without + 4, sizeof without - 4 * sizeof without[0]); /* order */
    lab.groups = without;
    made *m = make(NULL, NULL);
    lab.groups = whole;
    assert_int_equal(m->exit, PT_INPUT);
    assert_non_null(strstr(m->report.line, "order.@: no view of this list's length"));
    drop(m);
    (void)state;
}

static void test_queries_and_results(void **state)
{
    made *m = make(NULL, NULL);
    pt_bytes arguments = {0}, results = {0};
    pt_query *queries = NULL;
    uint32_t count = 0;
    pt_json s;
    assert_int_equal(m->exit, PT_OK);
    assert_int_equal(pt_trace_queries(&arguments, &queries, &m->trace, &m->report), PT_OK);
    assert_int_equal(m->trace.query_count, 1 + 2 + 2 + 1 + 4 + 2 + 2 * 3);
    assert_int_equal(queries[4].contract, 2);
    assert_memory_equal(queries[4].arguments, "u1", 3);
    assert_int_equal(queries[16].arguments_size, 5); /* sale(1, 1) */
    assert_memory_equal(queries[16].arguments, "\1\0\0\0\1", 5);
    assert_int_equal(pt_json_member(&s, &m->header, "state", JSON_OBJECT, &m->report), PT_OK);
    assert_int_equal(pt_trace_results(&results, &count, &m->trace, &s, &m->report), PT_OK);
    assert_int_equal(count, 1 + 2 + 2 + 1 + 2 + 2 + 1);
    const uint8_t *person = results.data + 3 * 38; /* u0: -3 */
    assert_int_equal(person[3], 3);
    assert_int_equal(person[6], 0xff);
    assert_int_equal(person[37], 0xfd);
    const uint8_t *last = results.data + results.size - 70; /* sale(0, 0) = 1, u0 */
    assert_int_equal(last[3], 12);
    assert_int_equal(last[37], 1);
    assert_memory_equal(last + 38, "u0", 3);
    pt_bytes_free(&arguments);
    pt_bytes_free(&results);
    free(queries);
    drop(m);
    (void)state;
}

/* One step with this op, arguments and end; its body in *body. */
static pt_exit step(made *m, pt_bytes *body, const char *middle)
{
    static const uint8_t world[32] = {0};
    char text[1600];
    pt_bytes expectations = {0};
    pt_json line;
    const char *s = strstr(header_text, "{'b':'9'");
    (void)snprintf(text, sizeof text, "{'i':0,'t':5,'from':'u0','s':%.*s,%s}", (int)(strlen(s) - 1),
                   s, middle);
    char *json = spelled(text, NULL, NULL);
    assert_int_equal(pt_json_parse(&line, "f", 2, json, strlen(json), &m->report), PT_OK);
    body->size = 0;
    const pt_exit exit =
        pt_trace_step(body, &expectations, &m->trace, world, 2, 5, &line, &m->report);
    json_decref(line.value);
    pt_bytes_free(&expectations);
    free(json);
    return exit;
}

static void test_steps(void **state)
{
    /* middle, what the refusal says ("": taken), function number of the call */
    static const struct {
        const char *middle, *refusal;
    } cases[] = {
        {"'b':10,'op':'absorb','args':{'accounts':['u1','u0']},'ok':true", ""},
        {"'b':10,'op':'absorb','args':{'accounts':['u1','u0','x','y']},'ok':true",
         "no more elements"},
        {"'b':10,'op':'absorb','args':{'accounts':'u1'},'ok':true", "args"},
        {"'b':10,'op':'absorb','args':{'accounts':[7]},'ok':true", "args.accounts[0]"},
        {"'b':10,'op':'supply','args':{'asset':'C','amount':'5'},'ok':true", ""},
        {"'b':10,'op':'supply','args':{'asset':'USD','amount':'5'},'ok':true", ""},
        {"'b':10,'op':'supply','args':{'asset':'EUR','amount':'5'},'ok':true", "args.asset"},
        {"'b':10,'op':'supply','args':{'asset':'USD','amount':'5','x':1},'ok':true", "args.x"},
        {"'op':'wait','args':{},'ok':true", "b: expected a price"},
        {"'b':'x','op':'wait','args':{},'ok':true", "b: expected a price"},
        {"'b':10,'op':'wait','args':{},'ok':true", ""},
        {"'b':10,'op':'setPrice','args':{'asset':'C','price':'5','ok':false},'ok':true", ""},
        {"'b':10,'op':'setPrice','args':{'asset':'C','price':'5'},'ok':true", "args.ok"},
        {"'b':10,'op':'wait','args':{},'ok':true,'ev':[['Gone',{'who':5}]]", "ev[0][1].who"},
        {"'b':10,'op':'wait','args':{},'ok':true,'ev':[['Sold',{'item':'cUSD','buyer':'u0',"
         "'raw':'0x00ff','delta':'-7'}]]",
         ""},
        {"'b':10,'op':'wait','args':{},'ok':true,'ev':[['Sold',{'item':'USD','buyer':'u0',"
         "'raw':'0x00ff','delta':'-7'}]]",
         "ev[0][1].item"},
        {"'b':10,'op':'wait','args':{},'ok':true,'ev':[['Sold',{'item':'cC','buyer':'u0',"
         "'raw':'0xfg','delta':'-7'}]]",
         "ev[0][1].raw"},
        {"'b':10,'op':'wait','args':{},'ok':true,'ev':[['Sold',{'item':'cC','buyer':null,"
         "'raw':'0x0','delta':'-32769'}]]",
         "ev[0][1].delta"},
        {"'b':10,'op':'absorb','args':{'accounts':[]},'ok':false,"
         "'err':{'kind':'string','name':'Vat/not-safe'}",
         ""},
        {"'b':10,'op':'absorb','args':{'accounts':[]},'ok':false,"
         "'err':{'kind':'string','name':'Vat/not safe, at all'}",
         "err.name"},
        {"'b':10,'op':'absorb','args':{'accounts':[]},'ok':false,"
         "'err':{'kind':'custom','name':'Rejected','code':'TOO_MUCH','args':['4']}",
         ""},
        {"'b':10,'op':'absorb','args':{'accounts':[]},'ok':false,"
         "'err':{'kind':'custom','name':'Rejected','code':'TOO_MUCH','args':['5']}",
         "err.code"},
        {"'b':10,'op':'absorb','args':{'accounts':[]},'ok':false,'err':{'kind':'empty','name':''}",
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made *m = make(NULL, NULL);
        pt_bytes body = {0};
        const pt_exit exit = step(m, &body, cases[i].middle);
        const bool taken = cases[i].refusal[0] == '\0';
        if (exit != (taken ? PT_OK : PT_INPUT) ||
            (!taken && strstr(m->report.line, cases[i].refusal) == NULL)) {
            fail_msg("%s: %s", cases[i].middle, exit == PT_OK ? "taken" : m->report.line);
        }
        pt_bytes_free(&body);
        drop(m);
    }
    (void)state;
}

static void test_what_a_body_holds(void **state)
{
    made *m = make(NULL, NULL);
    pt_bytes body = {0};
    assert_int_equal(
        step(m, &body, "'b':10,'op':'absorb','args':{'accounts':['u1','u0']},'ok':true"), PT_OK);
    /* the step's number is reported before the call; the call ends with its arguments */
    assert_int_equal(body.data[3], 1);
    const uint8_t *end = body.data + body.size - 1 - 4 - 3 * 32; /* no signature */
    assert_memory_equal(end, "u1", 3);
    assert_memory_equal(end + 32, "u0", 3);
    assert_int_equal(end[64], 0);
    assert_memory_equal(end + 96, "\0\0\0\2", 4);
    assert_int_equal(m->trace.liquidations, 1);
    assert_int_equal(
        step(m, &body,
             "'b':11,'op':'setPrice','args':{'asset':'C','price':'5','ok':true},'ok':true"),
        PT_OK);
    assert_int_equal(body.data[3], 3);
    assert_int_equal(m->trace.rounds[4], 2);
    assert_int_equal(m->trace.prices, 4);
    pt_bytes_free(&body);
    drop(m);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_becomes_a_world),
        cmocka_unit_test(test_headers_refused),
        cmocka_unit_test(test_a_list_needs_its_length),
        cmocka_unit_test(test_queries_and_results),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_what_a_body_holds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
