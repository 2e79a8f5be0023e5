/* Nothing here is fast and nothing is shared with vm/state but the schemas. */
#include <string.h>

#include "tests/support/state_model.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define FIELD(text, type_class, type_size, at)                                                     \
    {                                                                                              \
        .name = NAME(text), .type = {.class = (type_class), .size = (type_size)}, .offset = (at)   \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const pl_field one_fields[] = {FIELD("value", PL_CLASS_UINT, 5, 0)};

static const pl_field small_keys[] = {FIELD("id", PL_CLASS_UINT, 1, 0)};
static const pl_field small_fields[] = {
    FIELD("level", PL_CLASS_INT, 1, 0),
    FIELD("size", PL_CLASS_UINT, 2, 1),
    FIELD("kind", PL_CLASS_ENUM, 1, 3),
};
static const pl_index small_indexes[] = {
    {NAME("by_level"), 1, {0}, 2},
    {NAME("by_kind_level"), 2, {2, 0}, 3},
    {NAME("by_size_kind_level"), 3, {1, 2, 0}, 5},
};

static const pl_field pair_keys[] = {
    FIELD("tick", PL_CLASS_INT, 2, 0),
    FIELD("side", PL_CLASS_BOOL, 1, 2),
};
static const pl_field pair_fields[] = {
    FIELD("amount", PL_CLASS_INT, 32, 0),
    FIELD("owner", PL_CLASS_ACCOUNT, 32, 32),
    FIELD("flag", PL_CLASS_BOOL, 1, 64),
};
static const pl_index pair_indexes[] = {
    {NAME("by_amount"), 1, {0}, 35},
    {NAME("by_owner_flag_amount"), 3, {1, 2, 0}, 68},
};

static const pl_field account_keys[] = {FIELD("account", PL_CLASS_ACCOUNT, 32, 0)};
static const pl_field account_fields[] = {FIELD("on", PL_CLASS_BOOL, 1, 0)};

static const pl_field triple_keys[] = {
    FIELD("a", PL_CLASS_UINT, 2, 0),
    FIELD("b", PL_CLASS_INT, 3, 2),
    FIELD("c", PL_CLASS_INT, 1, 5),
};
static const pl_field triple_fields[] = {
    FIELD("x", PL_CLASS_BYTES32, 32, 0),
    FIELD("y", PL_CLASS_BYTES32, 32, 32),
};

const pl_table model_schemas[MODEL_TABLES] = {
    {.name = NAME("one"), .field_count = COUNT(one_fields), .row_size = 5, .fields = one_fields},
    {.name = NAME("small"),
     .key_count = COUNT(small_keys),
     .field_count = COUNT(small_fields),
     .index_count = COUNT(small_indexes),
     .key_size = 1,
     .row_size = 4,
     .keys = small_keys,
     .fields = small_fields,
     .indexes = small_indexes},
    {.name = NAME("pair"),
     .key_count = COUNT(pair_keys),
     .field_count = COUNT(pair_fields),
     .index_count = COUNT(pair_indexes),
     .key_size = 3,
     .row_size = 65,
     .keys = pair_keys,
     .fields = pair_fields,
     .indexes = pair_indexes},
    {.name = NAME("account"),
     .key_count = COUNT(account_keys),
     .field_count = COUNT(account_fields),
     .key_size = 32,
     .row_size = 1,
     .keys = account_keys,
     .fields = account_fields},
    {.name = NAME("triple"),
     .key_count = COUNT(triple_keys),
     .field_count = COUNT(triple_fields),
     .key_size = 6,
     .row_size = 64,
     .keys = triple_keys,
     .fields = triple_fields},
};

/* Returns the number of the row with this key, or the row count. */
static uint32_t find(const model_table *in, uint32_t table, const uint8_t *key)
{
    uint32_t i = 0;
    while (i < in->count && memcmp(in->rows[i].key, key, model_schemas[table].key_size) != 0) {
        i++;
    }
    return i;
}

const uint8_t *model_get(const model *state, uint32_t table, const uint8_t *key)
{
    const model_table *in = &state->tables[table];
    const uint32_t i = find(in, table, key);
    return i == in->count ? NULL : in->rows[i].row;
}

void model_put(model *state, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    model_table *in = &state->tables[table];
    const uint32_t i = find(in, table, key);
    if (i == in->count) {
        memset(&in->rows[i], 0, sizeof in->rows[i]);
        memcpy(in->rows[i].key, key, model_schemas[table].key_size);
        in->count++;
    }
    memcpy(in->rows[i].row, row, model_schemas[table].row_size);
}

bool model_del(model *state, uint32_t table, const uint8_t *key)
{
    model_table *in = &state->tables[table];
    const uint32_t i = find(in, table, key);
    if (i == in->count) {
        return false;
    }
    in->rows[i] = in->rows[--in->count];
    return true;
}

uint64_t model_row_count(const model *state)
{
    uint64_t count = 0;
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        count += state->tables[table].count;
    }
    return count;
}

/* ---- orders: compared field by field, ints by value -------------------------------------------
 */

uint32_t model_full_size(uint32_t table, uint32_t order)
{
    const pl_table *schema = &model_schemas[table];
    return order == 0 ? schema->key_size : schema->indexes[order - 1].key_size;
}

void model_full_key(uint8_t *full_key, uint32_t table, uint32_t order, const model_row *row)
{
    const pl_table *schema = &model_schemas[table];
    const uint32_t parts = order == 0 ? 0 : schema->indexes[order - 1].field_count;
    for (uint32_t i = 0; i < parts; i++) {
        const pl_field *field = &schema->fields[schema->indexes[order - 1].fields[i]];
        memcpy(full_key, row->row + field->offset, field->type.size);
        full_key += field->type.size;
    }
    memcpy(full_key, row->key, schema->key_size);
}

static int compare_field(pl_type type, const uint8_t *a, const uint8_t *b)
{
    if (type.class == PL_CLASS_INT) {
        const bool a_negative = a[0] >= 128;
        const bool b_negative = b[0] >= 128;
        if (a_negative != b_negative) {
            return a_negative ? -1 : 1;
        }
    }
    return memcmp(a, b, type.size); /* two's complement: same sign, same order as the bytes */
}

int model_compare(uint32_t table, uint32_t order, const uint8_t *a, const uint8_t *b)
{
    const pl_table *schema = &model_schemas[table];
    const uint32_t parts = order == 0 ? 0 : schema->indexes[order - 1].field_count;
    uint32_t at = 0;
    for (uint32_t i = 0; i < parts + schema->key_count; i++) {
        const pl_field *field = i < parts ? &schema->fields[schema->indexes[order - 1].fields[i]]
                                          : &schema->keys[i - parts];
        const int compared = compare_field(field->type, a + at, b + at);
        if (compared != 0) {
            return compared;
        }
        at += field->type.size;
    }
    return 0;
}

bool model_seek(const model *state, uint32_t table, uint32_t order, pl_seek mode,
                uint32_t prefix_size, uint8_t *full_key)
{
    const uint32_t size = model_full_size(table, order);
    uint8_t best[PL_ORDER_SIZE_MAX];
    bool found = false;
    const bool up = mode == PL_SEEK_GE || mode == PL_SEEK_GT;
    for (uint32_t i = 0; i < state->tables[table].count; i++) {
        uint8_t full[PL_ORDER_SIZE_MAX];
        model_full_key(full, table, order, &state->tables[table].rows[i]);
        const int compared = model_compare(table, order, full, full_key);
        const bool fits = memcmp(full, full_key, prefix_size) == 0 &&
                          (up ? compared > 0 || (compared == 0 && mode == PL_SEEK_GE)
                              : compared < 0 || (compared == 0 && mode == PL_SEEK_LE));
        if (fits && (!found || (model_compare(table, order, full, best) < 0) == up)) {
            memcpy(best, full, size);
            found = true;
        }
    }
    if (found) {
        memcpy(full_key, best, size);
    }
    return found;
}

/* ---- the tree of spec 04 §3, word for word ------------------------------------------------------
 */

static void tagged(uint8_t hash[32], const char *tag, const uint8_t *data, size_t size)
{
    uint8_t bytes[64 + 256];
    pl_sha256_of(bytes, (const uint8_t *)tag, strlen(tag));
    memcpy(bytes + 32, bytes, 32);
    memcpy(bytes + 64, data, size);
    pl_sha256_of(hash, bytes, 64 + size);
}

void model_path(uint8_t path[32], uint32_t table, const uint8_t *key)
{
    uint8_t bytes[6 + MODEL_KEY_MAX];
    pl_store_u32(bytes, table / 2);
    pl_store_u16(bytes + 4, (uint16_t)(table % 2 + 3));
    memcpy(bytes + 6, key, model_schemas[table].key_size);
    tagged(path, "plimsoll/key", bytes, 6u + model_schemas[table].key_size);
}

typedef struct model_leaf {
    uint8_t path[32];
    uint8_t hash[32];
} model_leaf;

static void tree_of(uint8_t hash[32], model_leaf *leaves, size_t count, unsigned depth)
{
    if (count <= 1) {
        memset(hash, 0, 32);
        if (count == 1) {
            memcpy(hash, leaves[0].hash, 32);
        }
        return;
    }
    size_t zeros = 0;
    for (size_t i = 0; i < count; i++) {
        if ((leaves[i].path[depth / 8] >> (7 - depth % 8) & 1) == 0) {
            const model_leaf swap = leaves[i];
            leaves[i] = leaves[zeros];
            leaves[zeros++] = swap;
        }
    }
    uint8_t pair[64];
    tree_of(pair, leaves, zeros, depth + 1);
    tree_of(pair + 32, leaves + zeros, count - zeros, depth + 1);
    tagged(hash, "plimsoll/node", pair, 64);
}

void model_root(const model *state, uint8_t root[32])
{
    static model_leaf leaves[MODEL_TABLES * MODEL_ROWS_MAX];
    size_t count = 0;
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        for (uint32_t i = 0; i < state->tables[table].count; i++) {
            uint8_t pair[64];
            model_path(pair, table, state->tables[table].rows[i].key);
            tagged(pair + 32, "plimsoll/row", state->tables[table].rows[i].row,
                   model_schemas[table].row_size);
            memcpy(leaves[count].path, pair, 32);
            tagged(leaves[count].hash, "plimsoll/leaf", pair, 64);
            count++;
        }
    }
    uint8_t bytes[32 + 12];
    tree_of(bytes, leaves, count, 0);
    pl_store_u64(bytes + 32, count);
    pl_store_u32(bytes + 40, PL_SEMANTICS_ID);
    tagged(root, "plimsoll/root", bytes, sizeof bytes);
}
