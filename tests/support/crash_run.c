#include "tests/support/crash_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/tiny_world.h"
#include "tools/common/file.h"
#include "tools/plim/counts.h"
#include "vm/base/bytes.h"

enum { BANK = 1, TWIN = 2, KEYS = 8 };

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "crash_run: %s\n", what);
        exit(99);
    }
}

/* ---- the history ---- */

static void add_call(tiny_body *body, uint32_t contract, uint16_t function, int64_t k, uint64_t v)
{
    uint8_t tx[256];
    const tiny_call call = {.contract = contract,
                            .function = function,
                            .k = k,
                            .v = v,
                            .has_v = function != TINY_DELETE,
                            .gas = 9000};
    tiny_body_tx(body, tx, tiny_tx(tx, &call));
}

static void put_block(pt_bytes *bytes, pl_chain *chain, uint64_t height)
{
    static tiny_body body;
    pl_block_result result;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, BANK, TINY_PUT, (int64_t)(height % KEYS), height);
    add_call(&body, TWIN, height % 3 == 0 ? TINY_FAIL : TINY_PUT, (int64_t)height, height);
    add_call(&body, BANK, height % 2 == 0 ? TINY_DIVIDE : TINY_DELETE, 50, height);
    must(pl_chain_seal_block(&result, chain, TINY_TIME + height, body.bytes, body.size, NULL) ==
             PL_OK,
         "a block does not seal");
    pt_put_u32(bytes, (uint32_t)result.block_size);
    pt_put(bytes, result.block, result.block_size);
}

static void make_blocks(pt_bytes *bytes, uint64_t blocks)
{
    static uint8_t world[TINY_WORLD_SIZE_MAX];
    const size_t size = tiny_world(world, sizeof world, false);
    pl_chain *chain = NULL;
    must(pl_chain_create(&chain, NULL, &heap_memory, world, size) == PL_OK, "no chain");
    pt_put_text(bytes, "PLHS");
    pt_put_u16(bytes, 1);
    pt_put_u32(bytes, (uint32_t)size);
    pt_put(bytes, world, size);
    for (uint64_t height = 1; height <= blocks; height++) {
        put_block(bytes, chain, height);
    }
    pl_chain_free(chain);
}

/* After block h, key h % KEYS holds h; every fifth record says otherwise. */
static void make_queries(pt_bytes *bytes, uint64_t blocks)
{
    uint8_t keys[KEYS][8];
    pt_query queries[KEYS];
    for (uint32_t i = 0; i < KEYS; i++) {
        pl_store_u64(keys[i], i);
        queries[i] = (pt_query){
            .contract = BANK, .function = TINY_GET, .arguments_size = 8, .arguments = keys[i]};
    }
    pt_expect_write_head(bytes, "a test", queries, KEYS);
    for (uint64_t height = 1; height <= blocks; height++) {
        pt_expect_tx outcomes[3] = {{0}, {0}, {0}};
        pt_bytes results = {0};
        outcomes[1] = height % 3 == 0 ? (pt_expect_tx){.status = PT_STATUS_NO_REASON} : outcomes[1];
        outcomes[2] = height % 2 == 0 ? (pt_expect_tx){.status = PT_STATUS_NO_REASON} : outcomes[2];
        pt_put_u32(&results, (uint32_t)(height % KEYS));
        pt_put_u16(&results, 8);
        pt_put_u64(&results, height % 5 == 0 ? height + 1 : height);
        const pt_record record = {
            .height = height, .transactions = outcomes, .transaction_count = 3, .result_count = 1};
        pt_expect_write_record(bytes, &record, &results);
        pt_bytes_free(&results);
    }
}

/* The result of put in a column: right, wrong with a cause, or explained by the other column. */
static void make_columns(pt_bytes *bytes, uint64_t blocks)
{
    const pt_column columns[2] = {{"value", 5, BANK, TINY_PUT, 0, 1, 0},
                                  {"seen", 4, BANK, TINY_PUT, PT_RESULT_NONE, 0, 1}};
    const pt_rule rule = {"as seen", 7, 1, 0, 0};
    const pt_cause cause = {"the clock", 9};
    pt_expect_write_columns(bytes, "a test", columns, 2, &rule, &cause, 1);
    for (uint64_t height = 1; height <= blocks; height++) {
        pt_expect_tx outcomes[3] = {{0}, {0}, {0}};
        uint8_t told[8], seen[8];
        outcomes[1] = height % 3 == 0 ? (pt_expect_tx){.status = PT_STATUS_NO_REASON} : outcomes[1];
        outcomes[2] = height % 2 == 0 ? (pt_expect_tx){.status = PT_STATUS_NO_REASON} : outcomes[2];
        pl_store_u64(told, height % 4 == 0 ? height + 7 : height);
        pl_store_u64(seen, height % 8 == 0 ? height : height + 1);
        pt_expect_value values[2] = {{0, 0, height % 3 == 0 ? 1 : 0, 8, told}, {0, 1, 0, 8, seen}};
        const pt_record record = {.height = height,
                                  .transactions = outcomes,
                                  .transaction_count = 3,
                                  .values = values,
                                  .value_count = 2};
        pt_expect_write_values(bytes, &record);
    }
}

static void write_real(const char *folder, const char *name, const pt_bytes *bytes)
{
    char *path = pt_path_join(folder, name);
    FILE *file = fopen(path, "wb");
    must(file != NULL && fwrite(bytes->data, 1, bytes->size, file) == bytes->size, path);
    must(fclose(file) == 0, path);
    free(path);
}

void crash_history_make(crash_history *history, const char *folder, uint64_t blocks, bool columns)
{
    pt_bytes bytes = {0}, expected = {0};
    make_blocks(&bytes, blocks);
    (columns ? make_columns : make_queries)(&expected, blocks);
    write_real(folder, columns ? "columns.plh" : "queries.plh", &bytes);
    write_real(folder, columns ? "columns.plx" : "queries.plx", &expected);
    (void)snprintf(history->path, sizeof history->path, "%s/%s", folder,
                   columns ? "columns.plh" : "queries.plh");
    history->blocks = blocks;
    pt_bytes_free(&bytes);
    pt_bytes_free(&expected);
}

/* ---- running ---- */

/* Reads the numbers out of what people are told. */
static void hear(void *context, const char *text)
{
    crash_result *result = context;
    unsigned long long after = 0, journal = 0;
    const char *place = strstr(text, "goes on after block ");
    if (place != NULL &&
        sscanf(place, "goes on after block %llu; the journal has %llu", &after, &journal) == 2) {
        result->after = after;
        result->journal = journal;
    }
    place = strstr(text, "from block 1; the journal has ");
    if (place != NULL && sscanf(place, "from block 1; the journal has %llu", &journal) == 1) {
        result->journal = journal;
    }
    result->fallbacks += strstr(text, "what is older is tried") != NULL ? 1 : 0;
    result->cuts += strstr(text, "are cut off") != NULL ? 1 : 0;
}

static char *text_of(const pt_verdict *verdict)
{
    json_t *object = pt_verdict_json(verdict);
    (void)json_object_del(object, "elapsed_ms");
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(object);
    return text;
}

static pt_replay_options options_of(const char *folder, bool resume, const pt_pace *pace)
{
    return (pt_replay_options){.journal = folder,
                               .journal_resume = resume,
                               .pace = *pace,
                               .until = UINT64_MAX,
                               .json = true,
                               .roots = true,
                               .quiet = true};
}

static void no_sink(void *context, const pt_difference *difference)
{
    (void)context;
    (void)difference;
}

crash_result crash_run(const crash_history *history, const char *folder, bool resume,
                       const pt_pace *pace)
{
    crash_result result = {.report = {""}};
    pt_verdict verdict = {.name = "a history", .wants_roots = true};
    pt_progress progress;
    pt_replay_options options = options_of(folder, resume, pace);
    options.notes = (pt_notes){hear, &result};
    pt_progress_begin(&progress, 1, true);
    verdict.name = history->path;
    result.exit = pt_replay_one(&verdict, &progress, &options, &result.report);
    pt_verdict_settle(&verdict);
    if (result.exit == PT_OK) {
        result.text = text_of(&verdict);
    }
    pt_verdict_free(&verdict);
    return result;
}

crash_result crash_go_on(const crash_history *history, const char *folder, const pt_pace *pace)
{
    crash_result result = crash_run(history, folder, true, pace);
    if (result.exit == PT_INPUT && strstr(result.report.line, "MISSING: there is no journal")) {
        crash_result_free(&result);
        result = crash_run(history, folder, false, pace);
    }
    return result;
}

void crash_result_free(crash_result *result)
{
    free(result->text);
    *result = (crash_result){.report = {""}};
}

static pt_exit drive(pt_verdict *verdict, pt_keeper *keeper, crash_told *told, void *context,
                     pt_report *report)
{
    for (;;) {
        const uint8_t *block = NULL;
        size_t size = 0;
        pl_block_result result;
        told(context, keeper->journal.durable,
             keeper->generations.count != 0 ? keeper->generations.list[0].height : 0);
        PT_TRY(pt_run_next(&block, &size, &verdict->run, report));
        if (block == NULL) {
            PT_TRY(pt_keeper_settle(keeper, verdict, 0, report));
            told(context, keeper->journal.durable, keeper->generations.list[0].height);
            return PT_OK;
        }
        must(pl_chain_replay_block(&result, verdict->run.chain, block, size, NULL) == PL_OK,
             "a block does not replay");
        PT_TRY(pt_compare_block(&verdict->compare, &result, report));
        PT_TRY(pt_keeper_block(keeper, verdict, &result, 0, report));
    }
}

pt_exit crash_run_told(const crash_history *history, const char *folder, const pt_pace *pace,
                       crash_told *told, void *context, pt_report *report)
{
    pt_verdict verdict = {.name = history->path, .continued = true};
    pt_keeper keeper = {.journal = {.lock = -1, .file = -1}};
    const pt_run_options run = {.expect = NULL};
    const pt_bytes *counts = NULL;
    const pt_keeper_options options = {.folder = folder, .until = UINT64_MAX, .pace = *pace};
    pt_exit exit = pt_run_open(&verdict.run, history->path, &run, report);
    if (exit == PT_OK) {
        exit = pt_keeper_open(&keeper, &counts, &verdict.run, &options, report);
    }
    if (exit == PT_OK) {
        pt_compare_open(&verdict.compare, &verdict.run, no_sink, NULL);
        exit = drive(&verdict, &keeper, told, context, report);
    }
    pt_keeper_close(&keeper);
    pt_verdict_settle(&verdict);
    pt_verdict_free(&verdict);
    return exit;
}
