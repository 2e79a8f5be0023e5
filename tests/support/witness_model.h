/* Witnesses by the words of spec 10 §4: the whole trie of a state from its rows, each place judged
 * by looking at every touched key and every row. Shares nothing with vm/state but the hashes of
 * rows and keys.
 *
 * The plan can be changed before it is written, so that tests get witnesses of the same root that
 * tell too little or too much. */
#ifndef PL_SUPPORT_WITNESS_MODEL_H
#define PL_SUPPORT_WITNESS_MODEL_H

#include "tests/support/state_model.h"
#include "vm/state/store.h"
#include "vm/state/witness.h"

#define PLAN_ROWS_MAX    520u
#define PLAN_TOUCHED_MAX 600u
#define PLAN_NODES_MAX   (PLAN_ROWS_MAX * 40u)
#define PLAN_SIZE_MAX    (PLAN_ROWS_MAX * 200u)

enum { PLAN_EMPTY, PLAN_PRUNED, PLAN_LEAF, PLAN_ROW, PLAN_INNER };

typedef struct plan_row {
    uint32_t table;
    uint8_t key[MODEL_KEY_MAX];
    uint8_t row[MODEL_ROW_MAX];
    pl_leaf leaf;
} plan_row;

/* All rows of a store, by path. */
typedef struct plan_state {
    uint32_t count;
    plan_row rows[PLAN_ROWS_MAX];
} plan_state;

void plan_take_state(plan_state *state, const pl_store *store);

typedef struct plan_touched {
    bool all; /* a seek happened */
    uint32_t count;
    uint8_t paths[PLAN_TOUCHED_MAX][PL_HASH_SIZE];
} plan_touched;

/* A place of the tree before execution; rows low .. high - 1 are below it. */
typedef struct plan_node {
    uint8_t kind; /* PLAN_EMPTY, PLAN_LEAF or PLAN_INNER: what it is  */
    uint8_t told; /* what the witness says                            */
    bool sibling; /* the place beside it became empty                 */
    uint32_t low, high;
    unsigned depth;
    uint8_t prefix[PL_HASH_SIZE];
    uint32_t child[2];
    uint8_t hash[PL_HASH_SIZE];
} plan_node;

typedef struct plan {
    const plan_state *before;
    const plan_state *after;
    const plan_touched *touched;
    uint32_t count;
    plan_node nodes[PLAN_NODES_MAX];
} plan;

/* Plans the canonical witness. */
void plan_make(plan *made, const plan_state *before, const plan_state *after,
               const plan_touched *touched);

/* Lists the nodes in the order in which the witness writes them. Returns how many. */
uint32_t plan_visible(const plan *made, uint32_t numbers[PLAN_NODES_MAX]);

/* Writes what is planned. */
void plan_write(const plan *made, pl_writer *writer);

/* The state root that a witness of the model's tables leads to, without any check; false where the
 * bytes end too early or name an unknown table. */
bool plan_root_of(uint8_t root[PL_HASH_SIZE], const uint8_t *bytes, size_t size);

/* Rows of the model's tables. */
extern const pl_witness_rows plan_rows;

/* Adds the model's tables to a store. */
pl_status plan_add_tables(pl_store *store);

#endif
