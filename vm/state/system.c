#include "vm/state/system.h"

/* spec 04 §6, row by row. */

#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define FIELD(text, type_class, type_size, at)                                                     \
    {                                                                                              \
        .name = NAME(text), .type = {.class = (type_class), .size = (type_size)}, .offset = (at)   \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const pl_field chain_fields[] = {
    FIELD("world", PL_CLASS_BYTES32, 32, PL_CHAIN_WORLD),
    FIELD("height", PL_CLASS_UINT, 8, PL_CHAIN_HEIGHT),
    FIELD("time", PL_CLASS_UINT, 8, PL_CHAIN_TIME),
    FIELD("parent", PL_CLASS_BYTES32, 32, PL_CHAIN_PARENT),
};

static const pl_field prices_keys[] = {FIELD("feed", PL_CLASS_UINT, 4, 0)};

/* One price: the whole row of prices and current, the beginning of accepted and next. */
#define PRICE_FIELDS                                                                               \
    FIELD("price", PL_CLASS_INT, 32, PL_PRICES_PRICE),                                             \
        FIELD("decimals", PL_CLASS_UINT, 1, PL_PRICES_DECIMALS),                                   \
        FIELD("time", PL_CLASS_UINT, 8, PL_PRICES_TIME),                                           \
        FIELD("round", PL_CLASS_UINT, 8, PL_PRICES_ROUND),                                         \
        FIELD("height", PL_CLASS_UINT, 8, PL_PRICES_HEIGHT)
static const pl_field prices_fields[] = {PRICE_FIELDS};
static const pl_field accepted_fields[] = {PRICE_FIELDS,
                                           FIELD("set", PL_CLASS_UINT, 2, PL_ACCEPTED_SET)};
static const pl_field next_fields[] = {PRICE_FIELDS, FIELD("hop", PL_CLASS_UINT, 8, PL_NEXT_HOP)};

static const pl_field observed_keys[] = {FIELD("feed", PL_CLASS_UINT, 4, 0),
                                         FIELD("time", PL_CLASS_UINT, 8, PL_OBSERVED_TIME)};
static const pl_field observed_fields[] = {
    FIELD("price", PL_CLASS_INT, 32, PL_OBSERVED_PRICE),
    FIELD("total", PL_CLASS_INT, 32, PL_OBSERVED_TOTAL),
};

static const pl_field nonces_keys[] = {FIELD("account", PL_CLASS_ACCOUNT, 32, 0)};
static const pl_field nonces_fields[] = {FIELD("nonce", PL_CLASS_UINT, 8, PL_NONCES_NONCE)};

static const pl_field contracts_keys[] = {FIELD("number", PL_CLASS_UINT, 4, 0)};
static const pl_field contracts_fields[] = {
    FIELD("name", PL_CLASS_SYMBOL, 32, PL_CONTRACTS_NAME),
    FIELD("code", PL_CLASS_BYTES32, 32, PL_CONTRACTS_CODE),
};

const pl_table pl_system_tables[PL_SYSTEM_TABLE_COUNT] = {
    [PL_SYSTEM_CHAIN] = {.name = NAME("chain"),
                         .field_count = COUNT(chain_fields),
                         .row_size = PL_CHAIN_ROW_SIZE,
                         .fields = chain_fields},
    [PL_SYSTEM_PRICES] = {.name = NAME("prices"),
                          .key_count = COUNT(prices_keys),
                          .field_count = COUNT(prices_fields),
                          .key_size = PL_PRICES_KEY_SIZE,
                          .row_size = PL_PRICES_ROW_SIZE,
                          .keys = prices_keys,
                          .fields = prices_fields},
    [PL_SYSTEM_NONCES] = {.name = NAME("nonces"),
                          .key_count = COUNT(nonces_keys),
                          .field_count = COUNT(nonces_fields),
                          .key_size = PL_NONCES_KEY_SIZE,
                          .row_size = PL_NONCES_ROW_SIZE,
                          .keys = nonces_keys,
                          .fields = nonces_fields},
    [PL_SYSTEM_CONTRACTS] = {.name = NAME("contracts"),
                             .key_count = COUNT(contracts_keys),
                             .field_count = COUNT(contracts_fields),
                             .key_size = PL_CONTRACTS_KEY_SIZE,
                             .row_size = PL_CONTRACTS_ROW_SIZE,
                             .keys = contracts_keys,
                             .fields = contracts_fields},
    [PL_SYSTEM_ACCEPTED] = {.name = NAME("accepted"),
                            .key_count = COUNT(prices_keys),
                            .field_count = COUNT(accepted_fields),
                            .key_size = PL_PRICES_KEY_SIZE,
                            .row_size = PL_ACCEPTED_ROW_SIZE,
                            .keys = prices_keys,
                            .fields = accepted_fields},
    [PL_SYSTEM_NEXT] = {.name = NAME("next"),
                        .key_count = COUNT(prices_keys),
                        .field_count = COUNT(next_fields),
                        .key_size = PL_PRICES_KEY_SIZE,
                        .row_size = PL_NEXT_ROW_SIZE,
                        .keys = prices_keys,
                        .fields = next_fields},
    [PL_SYSTEM_CURRENT] = {.name = NAME("current"),
                           .key_count = COUNT(prices_keys),
                           .field_count = COUNT(prices_fields),
                           .key_size = PL_PRICES_KEY_SIZE,
                           .row_size = PL_PRICES_ROW_SIZE,
                           .keys = prices_keys,
                           .fields = prices_fields},
    [PL_SYSTEM_OBSERVED] = {.name = NAME("observed"),
                            .key_count = COUNT(observed_keys),
                            .field_count = COUNT(observed_fields),
                            .key_size = PL_OBSERVED_KEY_SIZE,
                            .row_size = PL_OBSERVED_ROW_SIZE,
                            .keys = observed_keys,
                            .fields = observed_fields},
};
