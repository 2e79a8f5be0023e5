#include "tools/plim/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/common/world_json.h"

void pt_verdict_settle(pt_verdict *verdict)
{
    pt_run *run = &verdict->run;
    if (run->chain != NULL) {
        const pl_world *world = pl_chain_world(run->chain);
        if (!verdict->assembled) {
            pl_chain_head(&verdict->head, run->chain);
            verdict->first_height = verdict->continued ? 1 : run->resumed_height + 1;
        }
        memcpy(verdict->world_id, world->id, 32);
        (void)snprintf(verdict->world_name, sizeof verdict->world_name, "%.*s",
                       (int)world->name.size, world->name.text);
        verdict->stand_in = pt_world_stand_in(world);
        verdict->signed_by = world->feed_count != 0 ? pt_world_signed_by(world) : NULL;
        verdict->unsigned_prices = pt_world_unsigned(world);
        verdict->has_expectations = run->expect_path != NULL;
        (void)snprintf(verdict->source, sizeof verdict->source, "%.*s",
                       (int)run->expect.source_size,
                       run->expect.source != NULL ? run->expect.source : "");
        memcpy(verdict->history_hash, run->history_hash, 32);
        verdict->block_total = run->block_total;
        verdict->tally = verdict->compare.tally;
        verdict->classes = verdict->compare.classes;
        verdict->compare.classes = (pt_classes){0};
        pt_compare_close(&verdict->compare);
    }
    pt_run_close(run);
}

void pt_verdict_free(pt_verdict *verdict)
{
    pt_bytes_free(&verdict->roots);
    pt_classes_free(&verdict->classes);
    free(verdict->failure);
}

bool pt_verdict_is_identical(const pt_verdict *verdict)
{
    return verdict->failure == NULL && !verdict->refused.exists &&
           !verdict->broken_invariant.exists && verdict->tally.mismatches == 0;
}

/* The earliest thing that went wrong; NULL when nothing did. */
static const pt_difference *first_difference(const pt_verdict *verdict)
{
    const pt_difference *all[] = {&verdict->tally.first, &verdict->broken_invariant,
                                  &verdict->refused};
    const pt_difference *first = NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->exists && (first == NULL || all[i]->height < first->height)) {
            first = all[i];
        }
    }
    return first;
}

/* ---- for people ---- */

static void print_line(pt_table *table, const char *name, uint64_t value)
{
    pt_table_cell(table, "%s", name);
    pt_table_cell(table, "%llu", (unsigned long long)value);
}

static uint64_t rate(const pt_verdict *verdict)
{
    return verdict->tally.blocks * 1000 / (verdict->elapsed_ms == 0 ? 1 : verdict->elapsed_ms);
}

static void print_one(const pt_verdict *verdict)
{
    const pt_tally *tally = &verdict->tally;
    char root[65];
    pt_table table;
    pt_hex(root, verdict->head.state_root, 32);
    const bool is_told = verdict->signed_by != NULL && !verdict->unsigned_prices;
    (void)printf("%s%s%s%s\n", verdict->world_name,
                 is_told                    ? "  (prices signed by "
                 : verdict->unsigned_prices ? "  (some prices are not signed)"
                                            : "",
                 is_told ? verdict->signed_by : "", is_told ? ")" : "");
    if (verdict->has_expectations) {
        (void)printf("compared with: %s\n", verdict->source);
    }
    pt_table_begin(&table, 2);
    table.right[1] = true;
    print_line(&table, "blocks", tally->blocks);
    print_line(&table, "transactions", tally->transactions);
    print_line(&table, "  liquidations", tally->liquidations);
    print_line(&table, "  refused by the contract", tally->reverts);
    print_line(&table, "  refused by the chain", tally->rejects);
    print_line(&table, "price reports accepted", tally->reports_accepted);
    if (tally->reports_refused != 0) {
        print_line(&table, "price reports refused", tally->reports_refused);
    }
    print_line(&table, "events", tally->events);
    if (verdict->invariants_checked != 0) {
        print_line(&table, "invariants checked", verdict->invariants_checked);
    }
    print_line(&table, "values compared", tally->compared);
    if (tally->no_reason != 0) {
        print_line(&table, "  refusals without a recorded reason", tally->no_reason);
    }
    if (tally->explained != 0) {
        print_line(&table, "  explained by a rule of their column", tally->explained);
    }
    print_line(&table, "mismatches", tally->mismatches);
    print_line(&table, "blocks per second", rate(verdict));
    pt_table_print(&table, stdout, 2);
    const int width = printf("  root after block %llu  ", (unsigned long long)verdict->head.height);
    (void)printf("%s\n", root);
    pt_hex(root, verdict->world_id, 32);
    (void)printf("%-*s%s\n", width, "  world id", root);
    pt_classes_print(&verdict->classes);
}

static void print_many(const pt_verdict *verdicts, size_t count)
{
    static const char *const heads[] = {"history",  "blocks",     "liquidations", "refused",
                                        "compared", "mismatches", "root"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    pt_table table;
    pt_table_begin(&table, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        pt_table_cell(&table, "%s", heads[i]);
        table.right[i] = i > 0 && i + 1 < COLUMNS;
    }
    for (size_t i = 0; i < count; i++) {
        const pt_tally *tally = &verdicts[i].tally;
        char root[17];
        pt_hex(root, verdicts[i].head.state_root, 8);
        if (verdicts[i].failure != NULL) {
            (void)snprintf(root, sizeof root, "NOT VERIFIED");
        }
        pt_table_cell(&table, "%s", verdicts[i].name);
        pt_table_cell(&table, "%llu", (unsigned long long)tally->blocks);
        pt_table_cell(&table, "%llu", (unsigned long long)tally->liquidations);
        pt_table_cell(&table, "%llu", (unsigned long long)tally->reverts);
        pt_table_cell(&table, "%llu", (unsigned long long)tally->compared);
        pt_table_cell(&table, "%llu", (unsigned long long)tally->mismatches);
        pt_table_cell(&table, "%s", root);
    }
    pt_table_print(&table, stdout, 0);
}

static void print_difference(const pt_verdict *verdict, const pt_difference *difference)
{
    const bool named = difference != &verdict->refused && difference->field[0] != '\0';
    (void)printf("FIRST DIFFERENCE in %s, block %llu\n", verdict->name,
                 (unsigned long long)difference->height);
    if (difference->transaction[0] != '\0') {
        (void)printf("  %s\n", difference->transaction);
    }
    (void)printf("  %s%s%s\n", difference->where, named ? ", " : "",
                 named ? difference->field : "");
    if (difference->expected[0] != '\0') {
        (void)printf("  expected %s\n", difference->expected);
    }
    (void)printf("  computed %s\n", difference->computed);
    if (difference->likely[0] != '\0') {
        (void)printf("  likely   %s\n", difference->likely);
    }
}

/* The last line when something differs or was not verified. */
static void print_diverged(const pt_verdict *verdicts, size_t count, uint64_t mismatches,
                           uint64_t compared)
{
    size_t different = 0, failed = 0;
    for (size_t i = 0; i < count; i++) {
        const bool bad = verdicts[i].failure != NULL;
        failed += bad ? 1 : 0;
        different += !bad && !pt_verdict_is_identical(&verdicts[i]) ? 1 : 0;
    }
    (void)fputs(different != 0 ? "DIVERGED" : "NOT ALL VERIFIED", stdout);
    if (count > 1) {
        (void)printf(": %zu of %zu histories identical, %zu differ, %zu cannot be verified",
                     count - different - failed, count, different, failed);
    }
    if (mismatches != 0) {
        (void)printf("%s %llu of %llu values differ", count > 1 ? ";" : ":",
                     (unsigned long long)mismatches, (unsigned long long)compared);
        if (count == 1 && verdicts->classes.column_count != 0) {
            (void)printf("; the table above has the likely cause of each");
        }
    } else if (count == 1) {
        (void)printf(": %s, block %llu",
                     verdicts->refused.exists ? "a header does not match"
                                              : "an invariant is broken",
                     (unsigned long long)first_difference(verdicts)->height);
    }
    (void)printf("\n");
}

void pt_verdict_print_table(const pt_verdict *verdicts, size_t count)
{
    uint64_t compared = 0, mismatches = 0, no_reason = 0, blocks = 0, explained = 0;
    bool identical = true;
    if (count == 1) {
        print_one(&verdicts[0]);
    } else {
        print_many(verdicts, count);
    }
    for (size_t i = 0; i < count; i++) {
        const pt_difference *difference = first_difference(&verdicts[i]);
        if (difference != NULL) {
            print_difference(&verdicts[i], difference);
        }
        identical = identical && pt_verdict_is_identical(&verdicts[i]);
        compared += verdicts[i].tally.compared;
        mismatches += verdicts[i].tally.mismatches;
        no_reason += verdicts[i].tally.no_reason;
        explained += verdicts[i].tally.explained;
        blocks += verdicts[i].tally.blocks;
    }
    if (identical && compared != 0) {
        (void)printf("%s: %llu blocks verified, %llu values compared",
                     explained != 0 ? "AGREES" : "IDENTICAL", (unsigned long long)blocks,
                     (unsigned long long)compared);
        if (explained != 0) {
            (void)printf(", %llu of them explained by rules of their columns",
                         (unsigned long long)explained);
        }
        if (no_reason != 0) {
            (void)printf(", %llu of them refusals without a recorded reason",
                         (unsigned long long)no_reason);
        }
        (void)printf("\n");
    } else if (identical) {
        (void)printf("VERIFIED: %llu blocks; nothing recorded to compare with\n",
                     (unsigned long long)blocks);
    } else {
        print_diverged(verdicts, count, mismatches, compared);
    }
}

/* ---- for programs ---- */

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static json_t *hash_json(const uint8_t hash[32])
{
    char text[65];
    pt_hex(text, hash, 32);
    return json_string(text);
}

static json_t *count_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *difference_json(const pt_difference *difference)
{
    if (difference == NULL) {
        return json_null();
    }
    json_t *object = json_object();
    set(object, "block", count_json(difference->height));
    set(object, "transaction", json_string(difference->transaction));
    set(object, "where", json_string(difference->where));
    set(object, "field", json_string(difference->field));
    set(object, "expected", json_string(difference->expected));
    set(object, "computed", json_string(difference->computed));
    set(object, "likely", json_string(difference->likely));
    return object;
}

json_t *pt_verdict_json(const pt_verdict *verdict)
{
    const pt_tally *tally = &verdict->tally;
    json_t *object = json_object();
    set(object, "history", json_string(verdict->name));
    set(object, "history_sha256", hash_json(verdict->history_hash));
    set(object, "world", json_string(verdict->world_name));
    set(object, "world_id", hash_json(verdict->world_id));
    set(object, "identical", json_boolean(pt_verdict_is_identical(verdict)));
    set(object, "first_height", count_json(verdict->first_height));
    set(object, "final_height", count_json(verdict->head.height));
    set(object, "final_root", hash_json(verdict->head.state_root));
    set(object, "blocks", count_json(tally->blocks));
    set(object, "transactions", count_json(tally->transactions));
    set(object, "liquidations", count_json(tally->liquidations));
    set(object, "reverts", count_json(tally->reverts));
    set(object, "traps", count_json(tally->traps));
    set(object, "rejects", count_json(tally->rejects));
    set(object, "reports_accepted", count_json(tally->reports_accepted));
    set(object, "reports_refused", count_json(tally->reports_refused));
    set(object, "events", count_json(tally->events));
    set(object, "gas_used", count_json(tally->gas));
    set(object, "invariants_checked", count_json(verdict->invariants_checked));
    set(object, "has_expectations", json_boolean(verdict->has_expectations));
    set(object, "compared_blocks", count_json(tally->compared_blocks));
    set(object, "compared", count_json(tally->compared));
    set(object, "compared_without_reason", count_json(tally->no_reason));
    set(object, "explained", count_json(tally->explained));
    set(object, "mismatches", count_json(tally->mismatches));
    if (verdict->classes.column_count != 0) {
        set(object, "classes", pt_classes_json(&verdict->classes));
    }
    set(object, "first_difference", difference_json(first_difference(verdict)));
    set(object, "stand_in_signer", json_boolean(verdict->stand_in));
    set(object, "unsigned_prices", json_boolean(verdict->unsigned_prices));
    set(object, "elapsed_ms", count_json(verdict->elapsed_ms));
    if (verdict->failure != NULL) {
        set(object, "error", json_string(verdict->failure));
    }
    if (verdict->wants_roots) {
        json_t *roots = json_array();
        for (size_t at = 0; at < verdict->roots.size; at += 32) {
            (void)json_array_append_new(roots, hash_json(verdict->roots.data + at));
        }
        set(object, "roots", roots);
    }
    return object;
}

/* One history: its object. Several: an object with their sums and the list. */
void pt_verdict_print_json(const pt_verdict *verdicts, size_t count)
{
    static const char *const sums[] = {"blocks",
                                       "transactions",
                                       "liquidations",
                                       "reverts",
                                       "traps",
                                       "rejects",
                                       "reports_accepted",
                                       "compared",
                                       "mismatches",
                                       "explained",
                                       "compared_without_reason",
                                       "elapsed_ms"};
    json_t *object = count == 1 ? pt_verdict_json(&verdicts[0]) : json_object();
    if (count != 1) {
        json_t *runs = json_array();
        bool identical = true;
        for (size_t i = 0; i < count; i++) {
            (void)json_array_append_new(runs, pt_verdict_json(&verdicts[i]));
            identical = identical && pt_verdict_is_identical(&verdicts[i]);
        }
        set(object, "identical", json_boolean(identical));
        for (size_t s = 0; s < sizeof sums / sizeof sums[0]; s++) {
            json_int_t sum = 0;
            for (size_t i = 0; i < count; i++) {
                sum += json_integer_value(json_object_get(json_array_get(runs, i), sums[s]));
            }
            set(object, sums[s], json_integer(sum));
        }
        set(object, "runs", runs);
    }
    char *text = json_dumps(object, JSON_INDENT(2));
    if (text != NULL) {
        (void)puts(text);
    }
    free(text);
    json_decref(object);
}
