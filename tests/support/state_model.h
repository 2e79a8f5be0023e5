/* The naive state that the storm believes in: rows in small unsorted arrays, orders by looking at
 * every row, the tree built from its definition with plain SHA-256 only. */
#ifndef PL_TESTS_STATE_MODEL_H
#define PL_TESTS_STATE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/state/door.h"

#define MODEL_TABLES   5u
#define MODEL_ROWS_MAX 40u
#define MODEL_KEY_MAX  32u
#define MODEL_ROW_MAX  70u

typedef struct model_row {
    uint8_t key[MODEL_KEY_MAX];
    uint8_t row[MODEL_ROW_MAX];
} model_row;

typedef struct model_table {
    uint32_t count;
    model_row rows[MODEL_ROWS_MAX];
} model_table;

typedef struct model {
    model_table tables[MODEL_TABLES];
} model;

/* The tables of the storm; their contract is number / 2, their number in it number % 2 + 3. */
extern const pl_table model_schemas[MODEL_TABLES];

const uint8_t *model_get(const model *state, uint32_t table, const uint8_t *key);
void model_put(model *state, uint32_t table, const uint8_t *key, const uint8_t *row);
bool model_del(model *state, uint32_t table, const uint8_t *key);
bool model_seek(const model *state, uint32_t table, uint32_t order, pl_seek mode,
                uint32_t prefix_size, uint8_t *full_key);
uint64_t model_row_count(const model *state);

/* The state root from scratch. */
void model_root(const model *state, uint8_t root[32]);
void model_path(uint8_t path[32], uint32_t table, const uint8_t *key);

/* Size of the full key of an order. */
uint32_t model_full_size(uint32_t table, uint32_t order);

/* The full key of a row in an order, in stored form. */
void model_full_key(uint8_t *full_key, uint32_t table, uint32_t order, const model_row *row);

/* Compares full keys field by field as spec 04 §2 says: unsigned by bytes, int by value. */
int model_compare(uint32_t table, uint32_t order, const uint8_t *a, const uint8_t *b);

#endif
