#include "tools/import/evm_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/memory.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/import/folder.h"
#include "tools/import/protocols.h"
#include "tools/import/trace_text.h"

enum { TRACE_GAS_MAX = 200000000, TRACE_HOOK_GAS = 10000000 };
#define TRACE_SIZE_MAX (UINT64_C(1) << 30)

/* Everything one import holds, so that one function can let it go. */
typedef struct import_run {
    pt_memory memory;
    pt_bytes input;
    pt_bytes containers[PT_CONTRACTS_MAX];
    pl_code codes[PT_CONTRACTS_MAX];
    size_t code_count;
    pt_trace trace;
    pt_json header;
    pt_bytes world;
    pl_chain *chain;
    pt_bytes arguments; /* of the queries */
    pt_query *queries;
    pt_bytes history;
    pt_bytes expectations;
    size_t offset; /* of the next line in the input */
    size_t line;
} import_run;

static void run_free(import_run *run)
{
    pl_chain_free(run->chain);
    for (size_t i = 0; i < run->code_count; i++) {
        pl_code_free(&run->codes[i], &run->memory.memory);
    }
    pt_build_free(&run->trace.build);
    pt_signer_close(&run->trace.signer);
    if (run->header.value != NULL) {
        json_decref(run->header.value);
    }
    pt_bytes_free(&run->input);
    for (size_t i = 0; i < PT_CONTRACTS_MAX; i++) {
        pt_bytes_free(&run->containers[i]);
    }
    pt_bytes_free(&run->world);
    pt_bytes_free(&run->arguments);
    pt_bytes_free(&run->history);
    pt_bytes_free(&run->expectations);
    free(run->queries);
}

/* The next line that is not empty; false at the end. */
static bool next_line(const char **text, size_t *size, import_run *run)
{
    while (run->offset < run->input.size) {
        const char *start = (const char *)run->input.data + run->offset;
        const char *end = memchr(start, '\n', run->input.size - run->offset);
        *text = start;
        *size = end != NULL ? (size_t)(end - start) : run->input.size - run->offset;
        run->offset += *size + 1;
        run->line++;
        if (*size != 0) {
            return true;
        }
    }
    return false;
}

static pt_exit find_protocol(import_run *run, pt_report *report)
{
    pt_json name;
    const char *type = NULL;
    PT_TRY(pt_json_text(&type, &run->header, "type", report));
    PT_TRY(pt_json_member(&name, &run->header, "protocol", JSON_STRING, report));
    for (const pt_protocol *const *p = pt_protocols; *p != NULL; p++) {
        if (strcmp((*p)->name, json_string_value(name.value)) == 0 && strcmp(type, "header") == 0) {
            run->trace.protocol = *p;
            return PT_OK;
        }
    }
    return pt_json_wrong(&name, report, "a protocol this importer knows (plim import --help)");
}

static pt_exit load_contract(import_run *run, const pt_contract_source *source,
                             const char *contracts, pt_report *report)
{
    const size_t n = run->code_count;
    if (n == PT_CONTRACTS_MAX) {
        return pt_fail(report, PT_LIMIT, "more than %d contracts", (int)PT_CONTRACTS_MAX);
    }
    char *path = pt_path_join(contracts, source->source);
    pl_code_error where = {0};
    pt_exit result = pt_compile(&run->containers[n], path, contracts, false, report);
    if (result == PT_OK) {
        const pl_status status = pl_code_load(&run->codes[n], &where, &run->memory.memory,
                                              run->containers[n].data, run->containers[n].size);
        run->code_count += status == PL_OK ? 1 : 0;
        result = status == PL_OK ? PT_OK : pt_fail_status(report, status, "%s", path);
    }
    free(path);
    run->trace.codes[n] = &run->codes[n];
    run->trace.contract_count = run->code_count;
    return result;
}

static pt_exit load_contracts(import_run *run, const char *contracts, pt_report *report)
{
    for (const pt_contract_source *c = run->trace.protocol->contracts; c->name != NULL; c++) {
        PT_TRY(load_contract(run, c, contracts, report));
    }
    return PT_OK;
}

/* An integer, or for large ones a string of digits, below 2^64. */
static pt_exit read_seed(uint64_t *seed, const pt_json *header, pt_report *report)
{
    pl_u256 number;
    pt_json node;
    if (!json_is_string(json_object_get(header->value, "seed"))) {
        return pt_json_u64(seed, header, "seed", 0, INT64_MAX, report);
    }
    PT_TRY(pt_json_member(&node, header, "seed", JSON_STRING, report));
    PT_TRY(pt_json_u256(&number, header, "seed", report));
    return pl_u256_to_u64(seed, &number) == PL_OK
               ? PT_OK
               : pt_json_wrong(&node, report, "a seed below 2^64");
}

/* Name, seed, clock; then what the protocol adds; then the bytes and a chain at height 0. */
static pt_exit make_world(import_run *run, pt_report *report)
{
    pt_trace *trace = &run->trace;
    pt_build *build = &trace->build;
    uint64_t seed = 0;
    PT_TRY(read_seed(&seed, &run->header, report));
    PT_TRY(pt_json_u64(&build->time_s, &run->header, "t", 1, INT64_MAX, report));
    (void)snprintf(build->name, sizeof build->name, "%s_seed_%llu",
                   trace->protocol->world != NULL ? trace->protocol->world
                                                  : trace->protocol->contracts[0].name,
                   (unsigned long long)seed);
    build->tx_auth = PL_TX_AUTH_NONE;
    build->seed = seed;
    build->tx_gas_max = TRACE_GAS_MAX;
    build->hook_gas = TRACE_HOOK_GAS;
    for (size_t i = 0; i < run->code_count; i++) {
        (void)pt_build_add_contract(build, trace->protocol->contracts[i].name,
                                    run->containers[i].data, run->containers[i].size,
                                    &run->codes[i]);
    }
    PT_TRY(pt_signer_open(&trace->signer, build->name, report));
    trace->header = &run->header;
    PT_TRY(pt_trace_names(trace, &run->header, report));
    PT_TRY(pt_trace_genesis(trace, &run->header, report));
    PT_TRY(pt_trace_views(trace, &run->header, report));
    uint8_t stand_in[32];
    memcpy(stand_in, trace->signer.public_key + 1, 32); /* the x coordinate */
    pt_build_add_label(build, PL_LABEL_SIGNER, PT_STAND_IN, stand_in);
    PT_TRY(pt_build_encode(&run->world, build, report));
    pl_world_error where = {.part = "header"};
    const pl_status status =
        pl_chain_create(&run->chain, &where, &run->memory.memory, run->world.data, run->world.size);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status,
                                            "%s: the world made from it is refused in its %s %u",
                                            trace->file, where.part, (unsigned)where.index);
}

static pt_exit seal(import_run *run, uint64_t time_s, const pt_bytes *body, pt_report *report)
{
    pl_block_result result;
    const pl_status status =
        pl_chain_seal_block(&result, run->chain, time_s, body->data, body->size, NULL);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s:%zu: the block made from this step is refused",
                              run->trace.file, run->line);
    }
    if (result.counts.reports_refused != 0 || result.counts.tx_reject != 0 ||
        result.counts.hook_failed != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s:%zu: the chain does not take this step's report or "
                       "transaction; the trace and the contract do not fit",
                       run->trace.file, run->line);
    }
    pt_history_block(&run->history, &result);
    return PT_OK;
}

/* Block 1 carries the header's prices; its expectations are the header's state. */
static pt_exit first_block(import_run *run, pt_report *report)
{
    pt_trace *trace = &run->trace;
    pt_bytes body = {0}, results = {0};
    pt_record record = {.height = 1};
    pt_json state;
    char source[200];
    PT_TRY(pt_trace_queries(&run->arguments, &run->queries, trace, report));
    (void)snprintf(source, sizeof source, "%s: recorded under an EVM, file %s",
                   trace->protocol->name, pt_path_base(trace->file));
    pt_expect_write_head(&run->expectations, source, run->queries, trace->query_count);
    pt_history_begin(&run->history, &run->world);
    pt_exit result = pt_trace_first_body(&body, trace, pl_chain_world(run->chain)->id,
                                         trace->build.time_s, report);
    if (result == PT_OK) {
        result = seal(run, trace->build.time_s, &body, report);
    }
    if (result == PT_OK) {
        result = pt_json_member(&state, &run->header, "state", JSON_OBJECT, report);
    }
    if (result == PT_OK) {
        result = pt_trace_results(&results, &record.result_count, trace, &state, report);
    }
    if (result == PT_OK) {
        pt_expect_write_record(&run->expectations, &record, &results);
    }
    pt_bytes_free(&body);
    pt_bytes_free(&results);
    return result;
}

static pt_exit one_step(import_run *run, const char *text, size_t size, uint64_t *time_s,
                        pt_report *report)
{
    pt_json step;
    uint64_t number = 0;
    pt_bytes body = {0};
    PT_TRY(pt_json_parse(&step, run->trace.file, run->line, text, size, report));
    pt_exit result = pt_json_u64(&number, &step, "i", run->trace.steps, run->trace.steps, report);
    if (result == PT_OK) {
        result = pt_json_u64(time_s, &step, "t", *time_s, INT64_MAX, report);
    }
    if (result == PT_OK) {
        result =
            pt_trace_step(&body, &run->expectations, &run->trace, pl_chain_world(run->chain)->id,
                          run->trace.steps + 2, *time_s, &step, report);
    }
    if (result == PT_OK) {
        result = seal(run, *time_s, &body, report);
    }
    pt_bytes_free(&body);
    json_decref(step.value);
    return result;
}

static pt_exit all_steps(import_run *run, pt_report *report)
{
    uint64_t expected = 0, time_s = run->trace.build.time_s;
    const char *text = NULL;
    size_t size = 0;
    PT_TRY(pt_json_u64(&expected, &run->header, "steps", 0, UINT32_MAX, report));
    while (next_line(&text, &size, run)) {
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
        }
        PT_TRY(one_step(run, text, size, &time_s, report));
    }
    if (run->trace.steps != expected) {
        return pt_fail(report, PT_INPUT, "%s: the header promises %llu steps, the file has %llu",
                       run->trace.file, (unsigned long long)expected,
                       (unsigned long long)run->trace.steps);
    }
    return PT_OK;
}

static pt_exit write_all(const import_run *run, const char *folder, pt_report *report)
{
    char *readme = pt_trace_readme(&run->trace, run->chain, run->trace.query_count);
    const pt_exit result =
        pt_folder_write(folder, &run->history, &run->expectations, run->chain, readme, report);
    free(readme);
    return result;
}

static pt_exit import_run_all(import_run *run, const char *folder, const char *contracts,
                              pt_report *report)
{
    const char *text = NULL;
    size_t size = 0;
    PT_TRY(pt_file_read(&run->input, run->trace.file, TRACE_SIZE_MAX, report));
    if (!next_line(&text, &size, run)) {
        return pt_fail(report, PT_INPUT,
                       "%s: empty; expected one JSON object per line, the header first",
                       run->trace.file);
    }
    PT_TRY(pt_json_parse(&run->header, run->trace.file, run->line, text, size, report));
    PT_TRY(find_protocol(run, report));
    PT_TRY(load_contracts(run, contracts, report));
    PT_TRY(make_world(run, report));
    PT_TRY(first_block(run, report));
    PT_TRY(all_steps(run, report));
    return write_all(run, folder, report);
}

pt_exit pt_import_evm_trace(pt_import_result *result, const char *file, const char *folder,
                            const char *contracts, pt_report *report)
{
    import_run *run = pt_take_zeroed(1, sizeof *run);
    pt_memory_init(&run->memory, PT_MEMORY_LIMIT_DEFAULT);
    run->trace.file = file;
    const pt_exit verdict = import_run_all(run, folder, contracts, report);
    *result = (pt_import_result){0};
    if (verdict == PT_OK) {
        pl_head head;
        pl_chain_head(&head, run->chain);
        result->blocks = head.height;
        memcpy(result->root, head.state_root, 32);
        result->transactions = run->trace.transactions;
        result->liquidations = run->trace.liquidations;
        result->reverts = run->trace.reverts;
        result->prices = run->trace.prices;
        result->queries = run->trace.query_count;
        memcpy(result->name, run->trace.build.name, sizeof result->name);
    }
    run_free(run);
    free(run);
    return verdict;
}
