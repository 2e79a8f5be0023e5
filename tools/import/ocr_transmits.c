#include "tools/import/ocr_transmits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/expect.h"
#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/memory.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/import/folder.h"
#include "tools/import/ocr_text.h"
#include "tools/import/world_build.h"

enum { GAS_MAX = 200000000, HOOK_GAS = 10000000, MEMBERS_MAX = 255 };
static const char reader_source[] = "examples/feed_reader.plim";

/* Everything one import holds, so that one function can let it go. */
typedef struct ocr_import {
    const char *path;
    pt_memory memory;
    pt_ocr_file file;
    pt_ocr_reads reads;
    pt_bytes container;
    pl_code code;
    bool has_code;
    pt_build build;
    pt_bytes world;
    pl_chain *chain;
    const pt_transmission **answers; /* of each feed: what was accepted last */
    pt_query *queries;               /* of each feed: latest_answer(feed)    */
    pt_bytes arguments;
    pt_bytes history, expectations;
} ocr_import;

static void import_free(ocr_import *im)
{
    pl_chain_free(im->chain);
    if (im->has_code) {
        pl_code_free(&im->code, &im->memory.memory);
    }
    pt_build_free(&im->build);
    pt_ocr_file_free(&im->file);
    pt_ocr_reads_free(&im->reads);
    pt_bytes_free(&im->container);
    pt_bytes_free(&im->world);
    pt_bytes_free(&im->arguments);
    pt_bytes_free(&im->history);
    pt_bytes_free(&im->expectations);
    free(im->answers);
    free(im->queries);
}

static pt_exit load_reader(ocr_import *im, const char *contracts, pt_report *report)
{
    pl_code_error where = {0};
    char *path = pt_path_join(contracts, reader_source);
    pt_exit result = pt_compile(&im->container, path, contracts, false, report);
    if (result == PT_OK) {
        const pl_status status = pl_code_load(&im->code, &where, &im->memory.memory,
                                              im->container.data, im->container.size);
        im->has_code = status == PL_OK;
        result = status == PL_OK ? PT_OK : pt_fail_status(report, status, "%s", path);
    }
    free(path);
    return result;
}

/* ---- feeds: one for each aggregator ---- */

static const char *feed_name(char name[64], const uint8_t *aggregator)
{
    char digits[41];
    pt_hex(digits, aggregator, 20);
    (void)snprintf(name, 64, "ocr_%s", digits);
    return name;
}

static void begin_feed(pt_build *build, const pt_transmission *t)
{
    char name[64];
    pt_build_feed *feed = pt_build_add_feed(build, feed_name(name, t->aggregator));
    feed->format = PL_FEED_OCR1;
    /* An answer is an int192, and its decimals are not in the data: the price is the answer. */
    feed->max = pl_u256_max_value();
    for (unsigned i = 0; i < 65; i++) {
        pl_u256_shr(&feed->max, &feed->max, 1);
    }
    pl_u256_not(&feed->min, &feed->max);
    pt_build_add_rules(feed)->rules = PL_RULES_DEPLOYED;
}

static uint32_t find_feed(const pt_build *build, const pt_transmission *t)
{
    char name[64];
    feed_name(name, t->aggregator);
    for (size_t i = 0; i < build->feed_count; i++) {
        if (strcmp(build->feeds[i].name, name) == 0) {
            return (uint32_t)i;
        }
    }
    return (uint32_t)build->feed_count;
}

static pt_build_set *find_set(pt_build_rules *rules, const pt_transmission *t)
{
    for (size_t i = 0; i < rules->set_count; i++) {
        if (memcmp(rules->sets[i].id + 16, t->config, 16) == 0) {
            return &rules->sets[i];
        }
    }
    pt_build_set *set = pt_build_add_set(rules);
    memcpy(set->id + 16, t->config, 16);
    return set;
}

static bool has_member(const pt_build_set *set, const uint8_t *address)
{
    for (size_t i = 0; i < set->member_count; i++) {
        if (memcmp(set->members.data + 20 * i, address, 20) == 0) {
            return true;
        }
    }
    return false;
}

/* The set's quorum is f + 1. f is the largest that an aggregator with the oracles seen may have,
 * n > 3 f; but an aggregator takes no fewer than f + 1 signatures, so f is below their number. */
static pt_exit add_transmission(pt_build_set *set, const pt_transmission *t, size_t item,
                                const char *path, pt_report *report)
{
    for (size_t i = 0; i < t->signer_count; i++) {
        if (has_member(set, t->signers[i])) {
            continue;
        }
        if (set->member_count == MEMBERS_MAX) {
            return pt_fail(report, PT_INPUT, "%s: [%zu]: the 256th signer of one configuration",
                           path, item);
        }
        pt_put(&set->members, t->signers[i], 20);
        set->member_count++;
    }
    return PT_OK;
}

static unsigned quorum_of(const ocr_import *im, uint32_t feed, const pt_build_set *set)
{
    unsigned oracles = 1, signatures = PT_OCR_ORACLES;
    for (size_t i = 0; i < im->file.count; i++) {
        const pt_transmission *t = &im->file.items[i];
        if (t->feed == feed && memcmp(t->config, set->id + 16, 16) == 0) {
            oracles = t->oracles > oracles ? t->oracles : oracles;
            signatures = t->signer_count < signatures ? t->signer_count : signatures;
        }
    }
    const unsigned quorum = (oracles - 1) / 3 + 1;
    return quorum < signatures ? quorum : signatures;
}

static int compare_members(const void *a, const void *b)
{
    return memcmp(a, b, 20);
}

static void end_feed(ocr_import *im, uint32_t number)
{
    pt_build_feed *feed = &im->build.feeds[number];
    for (size_t i = 0; i < feed->rules->set_count; i++) {
        pt_build_set *set = &feed->rules->sets[i];
        qsort(set->members.data, set->member_count, 20, compare_members);
        set->quorum = (uint8_t)quorum_of(im, number, set);
    }
    (void)snprintf(feed->note, sizeof feed->note,
                   "Chainlink aggregator 0x%s; members: the signers that captured signatures "
                   "recover to, no more; decimals unknown",
                   feed->name + 4);
}

static pt_exit make_feeds(ocr_import *im, pt_report *report)
{
    pt_build *build = &im->build;
    for (size_t i = 0; i < im->file.count; i++) {
        pt_transmission *t = &im->file.items[i];
        t->feed = find_feed(build, t);
        if (t->feed == PL_FEEDS_MAX) {
            return pt_fail(report, PT_LIMIT, "%s: [%zu]: more than %u aggregators", im->path, i,
                           PL_FEEDS_MAX);
        }
        if (t->feed == build->feed_count) {
            begin_feed(build, t);
        }
        pt_build_set *set = find_set(build->feeds[t->feed].rules, t);
        PT_TRY(add_transmission(set, t, i, im->path, report));
    }
    for (uint32_t i = 0; i < build->feed_count; i++) {
        end_feed(im, i);
    }
    return PT_OK;
}

/* ---- the world ---- */

/* A note whose value says the height in its last bytes. */
static void add_height(pt_build *build, uint64_t height, uint64_t block)
{
    char text[80];
    uint8_t value[32] = "height";
    for (unsigned i = 0; i < 8; i++) {
        value[31 - i] = (uint8_t)(height >> (8 * i));
    }
    (void)snprintf(text, sizeof text, "block %llu is Ethereum block %llu",
                   (unsigned long long)height, (unsigned long long)block);
    pt_build_add_label(build, PL_LABEL_NOTE, text, value);
}

static void add_notes(ocr_import *im)
{
    static const char *const notes[] = {
        "reports are the original call data of transmit; nothing here is signed by a stand-in",
        "signer sets: who signed what was captured, not the sets of the aggregators",
        "time_s of a block is its Ethereum block number: no rule of these feeds reads a time",
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        uint8_t value[32] = "import";
        value[31] = (uint8_t)i;
        pt_build_add_label(&im->build, PL_LABEL_NOTE, notes[i], value);
    }
    uint64_t height = 0;
    for (size_t i = 0; i < im->file.count; i++) {
        if (i == 0 || im->file.items[i].block != im->file.items[i - 1].block) {
            add_height(&im->build, ++height, im->file.items[i].block);
        }
    }
}

static pt_exit make_world(ocr_import *im, pt_report *report)
{
    pt_build *build = &im->build;
    const pt_transmission *first = &im->file.items[0], *last = first + im->file.count - 1;
    (void)snprintf(build->name, sizeof build->name, "ocr1_transmits_%llu_%llu",
                   (unsigned long long)first->block, (unsigned long long)last->block);
    build->tx_auth = PL_TX_AUTH_NONE;
    build->time_s = first->block;
    build->tx_gas_max = GAS_MAX;
    build->hook_gas = HOOK_GAS;
    (void)pt_build_add_contract(build, "feed_reader", im->container.data, im->container.size,
                                &im->code);
    PT_TRY(make_feeds(im, report));
    add_notes(im);
    PT_TRY(pt_build_encode(&im->world, build, report));
    pl_world_error where = {.part = "header"};
    const pl_status status =
        pl_chain_create(&im->chain, &where, &im->memory.memory, im->world.data, im->world.size);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status,
                                            "%s: the world made from it is refused in its %s %u",
                                            im->path, where.part, (unsigned)where.index);
}

static pt_exit make_queries(ocr_import *im, pt_report *report)
{
    const uint32_t function = pt_code_function(&im->code, "latest_answer");
    const size_t count = im->build.feed_count;
    if (function == PL_NONE || im->code.functions[function].parameter_count != 1 ||
        im->code.functions[function].parameters[0].type.size != 4) {
        return pt_fail(report, PT_INPUT, "%s: view latest_answer(feed: u32) -> i256 is missing",
                       reader_source);
    }
    for (uint32_t i = 0; i < count; i++) {
        pt_put_u32(&im->arguments, i);
    }
    im->queries = pt_take_zeroed(count, sizeof *im->queries);
    im->answers = pt_take_zeroed(count, sizeof *im->answers);
    for (size_t i = 0; i < count; i++) {
        im->queries[i] = (pt_query){.contract = 1,
                                    .function = (uint16_t)function,
                                    .arguments_size = 4,
                                    .arguments = im->arguments.data + 4 * i};
    }
    return PT_OK;
}

/* ---- blocks ---- */

/* Reports first..end that stand on the tape, in transaction order; no transactions. */
static void put_body(pt_bytes *body, ocr_import *im, size_t first, size_t end)
{
    uint32_t count = 0;
    pt_put_u32(body, 0);
    for (size_t i = first; i < end; i++) {
        const pt_transmission *t = &im->file.items[i];
        if (t->fate == PT_OCR_UNEXPLAINED) {
            continue;
        }
        pt_put_u32(body, (uint32_t)(5 + t->call.size));
        pt_put_u8(body, 1);
        pt_put_u32(body, t->feed);
        pt_put(body, t->call.data, t->call.size);
        if (t->fate == PT_OCR_ACCEPTED) {
            im->answers[t->feed] = t;
        }
        count++;
    }
    pt_set_u32(body, 0, count);
    pt_put_u32(body, 0);
}

/* What was accepted there is accepted here; a replay is refused as one. */
static pt_exit check_receipts(const ocr_import *im, size_t first, size_t end,
                              const pl_block_result *result, pt_report *report)
{
    size_t offset = 0;
    for (size_t i = first; i < end; i++) {
        const pt_transmission *t = &im->file.items[i];
        pl_receipt receipt = {0};
        if (t->fate == PT_OCR_UNEXPLAINED) {
            continue;
        }
        const pl_status expected = t->fate == PT_OCR_ACCEPTED ? PL_OK : PL_REJECT_REPLAY;
        pl_status status =
            pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size);
        if (status == PL_OK && receipt.status != (uint16_t)expected) {
            status = receipt.status == PL_OK ? PL_REJECT_ROUND : (pl_status)receipt.status;
            return pt_fail_status(report, status, "%s: [%zu]: %s there, but here", im->path, i,
                                  expected == PL_OK ? "accepted"
                                                    : "reverted as a replay of an accepted round");
        }
    }
    return PT_OK;
}

static void put_answer(pt_bytes *results, uint32_t *count, const pt_transmission *t)
{
    uint8_t stored[32] = {0};
    (void)!pl_u256_store_be(stored, 32, &t->median); /* 32 bytes hold every value */
    pt_put_u32(results, t->feed);
    pt_put_u16(results, 32);
    pt_put(results, stored, 32);
    (*count)++;
}

/* Every feed answers the median of what was accepted last; then what was read in this block. */
static void put_expectations(ocr_import *im, uint64_t height, size_t first, size_t end)
{
    pt_bytes results = {0};
    pt_record record = {.height = height};
    for (size_t i = 0; i < im->build.feed_count; i++) {
        if (im->answers[i] != NULL) {
            put_answer(&results, &record.result_count, im->answers[i]);
        }
    }
    for (size_t i = 0; i < im->reads.count; i++) {
        const pt_ocr_read *read = &im->reads.reads[i];
        if (read->item >= first && read->item < end && read->is_last) {
            put_answer(&results, &record.result_count, &im->file.items[read->item]);
        }
    }
    pt_expect_write_record(&im->expectations, &record, &results);
    pt_bytes_free(&results);
}

static pt_exit one_block(ocr_import *im, uint64_t height, size_t first, size_t end,
                         pt_report *report)
{
    pt_bytes body = {0};
    pl_block_result result;
    put_body(&body, im, first, end);
    const pl_status status = pl_chain_seal_block(&result, im->chain, im->file.items[first].block,
                                                 body.data, body.size, NULL);
    pt_exit exit = status == PL_OK ? check_receipts(im, first, end, &result, report)
                                   : pt_fail_status(report, status,
                                                    "%s: [%zu]: the block made "
                                                    "from here on is refused",
                                                    im->path, first);
    if (exit == PT_OK) {
        pt_history_block(&im->history, &result);
        put_expectations(im, height, first, end);
    }
    pt_bytes_free(&body);
    return exit;
}

static pt_exit all_blocks(ocr_import *im, pt_report *report)
{
    char source[200];
    uint64_t height = 0;
    (void)snprintf(source, sizeof source,
                   "latestAnswer of Chainlink aggregators on Ethereum, by file %.100s",
                   pt_path_base(im->path));
    pt_expect_write_head(&im->expectations, source, im->queries, (uint32_t)im->build.feed_count);
    pt_history_begin(&im->history, &im->world);
    for (size_t first = 0, end; first < im->file.count; first = end) {
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
        }
        for (end = first + 1; end < im->file.count; end++) {
            if (im->file.items[end].block != im->file.items[first].block) {
                break;
            }
        }
        PT_TRY(one_block(im, ++height, first, end, report));
    }
    return PT_OK;
}

/* ---- the whole ---- */

static pt_exit import_all(ocr_import *im, const char *calls, const char *folder,
                          const char *contracts, pt_report *report)
{
    PT_TRY(pt_ocr_file_read(&im->file, im->path, report));
    if (calls != NULL) {
        PT_TRY(pt_ocr_calls_read(&im->reads, calls, &im->file, report));
    }
    PT_TRY(load_reader(im, contracts, report));
    PT_TRY(make_world(im, report));
    PT_TRY(make_queries(im, report));
    PT_TRY(all_blocks(im, report));
    char *readme = pt_ocr_readme(&im->file, im->path, im->reads.count, im->chain);
    const pt_exit result =
        pt_folder_write(folder, &im->history, &im->expectations, im->chain, readme, report);
    free(readme);
    return result;
}

pt_exit pt_import_ocr_transmits(pt_ocr_result *result, const char *file, const char *calls,
                                const char *folder, const char *contracts, pt_report *report)
{
    ocr_import *im = pt_take_zeroed(1, sizeof *im);
    pt_memory_init(&im->memory, PT_MEMORY_LIMIT_DEFAULT);
    im->path = file;
    const pt_exit verdict = import_all(im, calls, folder, contracts, report);
    *result = (pt_ocr_result){0};
    if (verdict == PT_OK) {
        pl_head head;
        pl_chain_head(&head, im->chain);
        memcpy(result->root, head.state_root, 32);
        result->blocks = head.height;
        result->feeds = im->build.feed_count;
        result->signatures = im->file.signatures;
        result->reads = im->reads.count;
        for (size_t i = 0; i < im->file.count; i++) {
            const pt_ocr_fate fate = im->file.items[i].fate;
            result->accepted += fate == PT_OCR_ACCEPTED ? 1 : 0;
            result->replays += fate == PT_OCR_REPLAY ? 1 : 0;
            result->unexplained += fate == PT_OCR_UNEXPLAINED ? 1 : 0;
        }
    }
    import_free(im);
    free(im);
    return verdict;
}
