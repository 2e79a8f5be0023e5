/* plim diff, the way through: worlds, the first block that differs, both chains to the block
 * before, the block in both, the states after it. pt_diff_facts below is the table of contents. */
#include "tools/plim/diff.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/interrupt.h"
#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/facts.h"
#include "vm/state/system.h"

typedef struct diff_state {
    const pt_diff *diff;
    pt_diff_side sides[2];
    json_t *facts;
    bool same_world;
    uint64_t height; /* the first block that differs; 0: none */
} diff_state;

static json_t *hash_json(const uint8_t *hash)
{
    char text[65];
    pt_hex(text, hash, 32);
    return json_string(text);
}

/* ---- opening ---- */

static pt_exit open_sides(diff_state *d, pt_report *report)
{
    static const char *const names[2] = {"a", "b"};
    const pt_run_options options = {.no_expect = true};
    for (int side = 0; side < 2; side++) {
        pt_diff_side *s = &d->sides[side];
        s->name = names[side];
        s->word = d->diff->histories[side];
        s->contracts = d->diff->contracts[side];
        PT_TRY(pt_run_open(&s->run, d->diff->histories[side], &options, report));
    }
    return PT_OK;
}

static void close_runs(diff_state *d)
{
    for (int side = 0; side < 2; side++) {
        pt_run_close(&d->sides[side].run);
    }
}

static void tell_sides(diff_state *d)
{
    for (int side = 0; side < 2; side++) {
        const pt_run *run = &d->sides[side].run;
        json_t *object = json_object();
        pt_diff_set(object, "history", json_string(run->history_path));
        pt_diff_set(object, "blocks", pt_u64_json(run->block_total));
        pt_diff_set(object, "history_hash", hash_json(run->history_hash));
        pt_diff_set(object, "world_id", hash_json(pl_chain_world(run->chain)->id));
        pt_diff_set(d->facts, d->sides[side].name, object);
    }
}

/* Symbols and their like stand outside of the world id (spec 06 §1): they differ without effect. */
static void tell_worlds(diff_state *d)
{
    pl_chain *const chains[2] = {d->sides[0].run.chain, d->sides[1].run.chain};
    json_t *object = json_object();
    d->same_world = memcmp(pl_chain_world(chains[0])->id, pl_chain_world(chains[1])->id, 32) == 0;
    pt_diff_set(object, "same", json_boolean(d->same_world));
    pt_diff_set(object, "differences",
                d->same_world ? json_array() : pt_diff_worlds(d->diff, chains[0], chains[1]));
    pt_diff_set(d->facts, "world", object);
}

/* ---- which block ---- */

static pt_exit next_blocks(diff_state *d, pt_report *report)
{
    for (int side = 0; side < 2; side++) {
        pt_diff_side *s = &d->sides[side];
        PT_TRY(pt_run_next(&s->block, &s->block_size, &s->run, report));
    }
    return pt_interrupted() ? pt_fail(report, PT_INTERRUPTED, "interrupted") : PT_OK;
}

static bool is_same_block(const diff_state *d)
{
    const pt_diff_side *s = d->sides;
    return s[0].block_size == s[1].block_size &&
           memcmp(s[0].block, s[1].block, s[0].block_size) == 0;
}

/* Rows that name the world or its code: of two worlds they differ always. */
static bool is_of_world(pl_table_entry entry)
{
    return entry.contract == 0 &&
           (entry.number == PL_SYSTEM_CHAIN || entry.number == PL_SYSTEM_CONTRACTS);
}

/* Rows that the last block changed: the same, with the same values? */
static bool is_same_change(pl_chain *a, pl_chain *b)
{
    const pl_store *stores[2] = {pl_chain_store(a), pl_chain_store(b)};
    const uint32_t counts[2] = {pl_store_changed_count(stores[0]),
                                pl_store_changed_count(stores[1])};
    uint32_t at[2] = {0, 0};
    for (;;) {
        pl_change changes[2] = {{0}, {0}};
        pl_table_entry entries[2] = {{0}, {0}};
        bool has[2] = {false, false};
        for (int side = 0; side < 2; side++) {
            while (at[side] < counts[side] && !has[side]) {
                changes[side] = pl_store_changed(stores[side], at[side]++);
                entries[side] = pl_store_table(stores[side], changes[side].table);
                has[side] = !is_of_world(entries[side]);
            }
        }
        if (!has[0] || !has[1]) {
            return has[0] == has[1];
        }
        const pl_table *x = entries[0].schema, *y = entries[1].schema;
        if (entries[0].contract != entries[1].contract || entries[0].number != entries[1].number ||
            x->key_size != y->key_size || x->row_size != y->row_size ||
            memcmp(changes[0].key, changes[1].key, x->key_size) != 0 ||
            (changes[0].row == NULL) != (changes[1].row == NULL) ||
            (changes[0].row != NULL && memcmp(changes[0].row, changes[1].row, x->row_size) != 0)) {
            return false;
        }
    }
}

/* The same calls in the same order, whoever signed them for which world. */
static bool is_same_calls(pl_items a, pl_items b)
{
    const uint8_t *bytes[2];
    uint32_t sizes[2];
    while (pl_items_next(&a, &bytes[0], &sizes[0]) && pl_items_next(&b, &bytes[1], &sizes[1])) {
        pl_tx txs[2];
        if (pl_tx_decode(&txs[0], bytes[0], sizes[0]) != PL_OK ||
            pl_tx_decode(&txs[1], bytes[1], sizes[1]) != PL_OK ||
            pl_tx_unsigned_size(&txs[0]) != pl_tx_unsigned_size(&txs[1]) ||
            memcmp(bytes[0], bytes[1], pl_tx_unsigned_size(&txs[0])) != 0) {
            return false;
        }
    }
    return true; /* receipts say how many there are */
}

/* Of two worlds every header, root and signature differs: what counts is what the blocks call and
 * do. Prices are rows. */
static bool is_same_effect(diff_state *d)
{
    pl_block_result results[2];
    pl_block blocks[2];
    for (int side = 0; side < 2; side++) {
        pt_diff_side *s = &d->sides[side];
        uint32_t where;
        if (pl_block_decode(&blocks[side], &where, s->block, s->block_size) != PL_OK ||
            pl_chain_replay_block(&results[side], s->run.chain, s->block, s->block_size, NULL) !=
                PL_OK) {
            return false; /* told later, with the check that fails */
        }
    }
    return blocks[0].header.time_s == blocks[1].header.time_s &&
           is_same_calls(blocks[0].transactions, blocks[1].transactions) &&
           memcmp(results[0].receipts_hash, results[1].receipts_hash, 32) == 0 &&
           is_same_change(d->sides[0].run.chain, d->sides[1].run.chain);
}

/* Of one world no block needs to run: equal bytes up to a height are equal states, if they verify,
 * and headers hold the roots. */
static pt_exit find_height(diff_state *d, pt_report *report)
{
    for (uint64_t height = 1;; height++) {
        PT_TRY(next_blocks(d, report));
        const bool has[2] = {d->sides[0].block != NULL, d->sides[1].block != NULL};
        if (!has[0] && !has[1]) {
            return PT_OK;
        }
        if (!has[0] || !has[1] || !(d->same_world ? is_same_block(d) : is_same_effect(d))) {
            d->height = height;
            return PT_OK;
        }
    }
}

/* ---- the block in both ---- */

bool pt_diff_run(pl_block_result *result, pt_diff_side *side, const pl_watch *watch)
{
    const pl_replay_options options = {.watch = watch};
    return pl_chain_replay_block(result, side->run.chain, side->copy.data, side->copy.size,
                                 &options) == PL_REJECT_RECEIPTS_ROOT;
}

/* The copy: the same body and time under a header that links. */
static void prepare(pt_diff_side *s)
{
    pl_head head;
    pl_header header;
    uint32_t where;
    pl_chain_head(&head, s->run.chain);
    if (pl_block_decode(&s->decoded, &where, s->block, s->block_size) != PL_OK ||
        s->decoded.header.time_s < head.time_s) {
        return;
    }
    header = s->decoded.header;
    memcpy(header.world, pl_chain_world(s->run.chain)->id, 32);
    header.height = head.height + 1;
    memcpy(header.parent, head.block_hash, 32);
    pl_body_hash(header.body_hash, s->decoded.body, s->decoded.body_size);
    memset(header.receipts_hash, 0, 32);
    pt_put(&s->copy, s->block, s->block_size);
    pl_header_encode(s->copy.data, &header);
    s->can_run = pl_block_decode(&s->decoded, &where, s->copy.data, s->copy.size) == PL_OK;
}

static json_t *check_json(const pt_diff_side *s, pl_status status, uint64_t height,
                          const pt_report *said)
{
    json_t *object = json_object();
    pt_diff_set(object, "side", json_string(s->name));
    pt_diff_set(object, "block", pt_u64_json(height));
    pt_diff_set(object, "check", json_string(pl_status_name(status)));
    pt_diff_set(object, "sentence", json_string(pl_status_sentence(status)));
    pt_diff_set(object, "said", json_string(said->line));
    return object;
}

/* Both chains to the block before. A block there that does not verify stands in both histories, or
 * was found by find_height. */
static pt_exit advance(diff_state *d, json_t *checks, bool *is_there, pt_report *report)
{
    *is_there = true;
    for (int side = 0; side < 2; side++) {
        pt_diff_side *s = &d->sides[side];
        pl_block_result last = {0};
        const pt_exit exit = pt_run_advance(&s->run, d->height - 1, &last, report);
        if (exit == PT_LIMIT || exit == PT_INTERRUPTED) {
            return exit;
        }
        if (exit != PT_OK) {
            (void)json_array_append_new(
                checks, check_json(s, last.status, s->run.history.block_count, report));
            *is_there = false;
        }
    }
    report->line[0] = '\0';
    return PT_OK;
}

static void tell_header(json_t *object, const pt_diff_side sides[2], bool same_world)
{
    json_t *list = json_array();
    pl_header headers[2];
    for (int side = 0; side < 2; side++) {
        if (sides[side].block_size < PL_HEADER_SIZE ||
            pl_header_decode(&headers[side], sides[side].block) != PL_OK) {
            json_decref(list);
            return;
        }
    }
    const struct {
        const char *name;
        size_t offset;
        bool always; /* differs in every block of two worlds */
    } hashes[] = {{"world", offsetof(pl_header, world), true},
                  {"parent", offsetof(pl_header, parent), true},
                  {"body hash", offsetof(pl_header, body_hash), true},
                  {"receipts hash", offsetof(pl_header, receipts_hash), false},
                  {"state root", offsetof(pl_header, state_root), true}};
    const uint8_t *bytes[2] = {(const uint8_t *)&headers[0], (const uint8_t *)&headers[1]};
    if (headers[0].height != headers[1].height) {
        (void)json_array_append_new(list, json_string("height"));
    }
    if (headers[0].time_s != headers[1].time_s) {
        (void)json_array_append_new(list, json_string("time"));
    }
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if ((same_world || !hashes[i].always) &&
            memcmp(bytes[0] + hashes[i].offset, bytes[1] + hashes[i].offset, 32) != 0) {
            (void)json_array_append_new(list, json_string(hashes[i].name));
        }
    }
    pt_diff_set(object, "header", list);
}

/* Verifies the block as the history has it; one that is refused is sealed instead, so that the
 * state it would leave can be looked at. False when the chain did not move. */
static bool apply(diff_state *d, pt_diff_side *s, json_t *checks)
{
    pl_block_result result;
    pt_report said = {{0}};
    if (pl_chain_replay_block(&result, s->run.chain, s->block, s->block_size, NULL) == PL_OK) {
        return true;
    }
    const pl_status refused = result.status;
    (void)pt_run_refused(&s->run, &result, &said);
    (void)json_array_append_new(checks, check_json(s, refused, d->height, &said));
    return s->can_run && pl_chain_seal_block(&result, s->run.chain, s->decoded.header.time_s,
                                             s->decoded.body, s->decoded.body_size, NULL) == PL_OK;
}

static pt_exit run_copies(diff_state *d, pt_report *report)
{
    for (int side = 0; side < 2; side++) {
        pt_diff_side *s = &d->sides[side];
        pl_block_result result;
        if (!pt_diff_run(&result, s, NULL)) {
            return pt_fail_status(report, result.status, "%s: block %llu", s->run.history_path,
                                  (unsigned long long)d->height);
        }
        PT_TRY(pt_facts_block(&s->ran, s->run.chain, &result, UINT64_MAX, report));
    }
    return PT_OK;
}

static pt_exit tell_runs(diff_state *d, json_t *object, pt_report *report)
{
    json_t *steps = NULL;
    pt_diff_set(object, "bodies", pt_diff_bodies(d->sides, d->same_world));
    PT_TRY(run_copies(d, report));
    pt_diff_set(object, "receipts", pt_diff_receipts(d->sides));
    const pt_exit exit = pt_diff_steps(&steps, d->sides, report);
    pt_diff_set(object, "execution", steps);
    return exit;
}

static pt_exit tell_block(diff_state *d, pt_report *report)
{
    json_t *object = json_object(), *checks = json_array();
    bool is_there;
    pt_diff_set(d->facts, "first_difference", object);
    pt_diff_set(object, "block", pt_u64_json(d->height));
    pt_diff_set(object, "checks", checks);
    PT_TRY(advance(d, checks, &is_there, report));
    if (!is_there) {
        return PT_OK;
    }
    PT_TRY(next_blocks(d, report));
    for (int side = 0; side < 2; side++) {
        if (d->sides[side].block == NULL) {
            pt_diff_set(object, "ends_in", json_string(d->sides[side].name));
            return PT_OK;
        }
        prepare(&d->sides[side]);
    }
    tell_header(object, d->sides, d->same_world);
    const bool can_run = d->sides[0].can_run && d->sides[1].can_run;
    if (can_run) {
        PT_TRY(tell_runs(d, object, report));
    }
    bool moved = apply(d, &d->sides[0], checks);
    moved = apply(d, &d->sides[1], checks) && moved;
    if (can_run && moved) {
        pt_diff_set(object, "state",
                    pt_diff_rows(d->sides[0].run.chain, d->sides[1].run.chain, d->same_world, true,
                                 d->diff->all));
    }
    return PT_OK;
}

static pt_exit tell(diff_state *d, pt_report *report)
{
    PT_TRY(open_sides(d, report));
    tell_sides(d);
    tell_worlds(d);
    PT_TRY(find_height(d, report));
    pt_diff_set(d->facts, "identical", json_boolean(d->same_world && d->height == 0));
    pt_diff_set(d->facts, "first_difference", json_null());
    if (d->height == 0) {
        return PT_OK;
    }
    close_runs(d);
    PT_TRY(open_sides(d, report));
    return tell_block(d, report);
}

pt_exit pt_diff_facts(json_t **facts, const pt_diff *diff, pt_report *report)
{
    diff_state d = {.diff = diff, .facts = json_object()};
    const pt_exit exit = tell(&d, report);
    for (int side = 0; side < 2; side++) {
        json_decref(d.sides[side].ran);
        free(d.sides[side].effects);
        pt_bytes_free(&d.sides[side].copy);
    }
    close_runs(&d);
    if (exit == PT_OK) {
        *facts = d.facts;
    } else {
        json_decref(d.facts);
    }
    return exit;
}
