/* Loading a world. pl_world_load at the end is the table of contents; each part of the bytes has
 * one function that takes it, in the order of spec 06 §1. */
#include "vm/chain/world.h"

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/chain/world_feeds.h"
#include "vm/chain/world_rows.h"
#include "vm/state/system.h"

static const uint8_t magic[4] = {'P', 'L', 'W', 'D'};
#define FORMAT_MAX             2u
#define CONTRACT_NAME_SIZE_MAX 31u /* "@name" is a symbol of 32 bytes */

/* The fewest bytes an entry can have: a higher count than fits is refused before memory is taken.
 */
#define CONTRACT_SIZE_MIN (2u + 32u + 4u)
#define OLD_FEED_SIZE_MIN (2u + 1u + 1u + 8u + 8u + 32u + 32u + 1u + 1u + 2u)
#define FEED_SIZE_MIN     (2u + 1u + 1u + 8u + 8u + 32u + 32u + 3u + 2u + 8u + 20u + 2u + 2u)
#define LABEL_SIZE_MIN    (2u + 1u + 32u)

typedef struct loading {
    pl_world *world;
    pl_world_error *where;
    const pl_memory *memory;
    pl_reader reader;
    uint16_t format;  /* of the world's bytes: 1 or 2 */
    pl_sha256 id;     /* spec 06 §1: over all bytes but the containers and their sizes */
    size_t id_offset; /* bytes before it are in the id, or left out of it              */
} loading;

static void at(loading *load, const char *part, uint32_t index)
{
    load->where->part = part;
    load->where->index = index;
    load->where->offset = load->reader.offset;
}

/* Adds the bytes up to the reader's place to the world id. */
static void hash_until_here(loading *load)
{
    pl_sha256_add(&load->id, load->world->bytes + load->id_offset,
                  load->reader.offset - load->id_offset);
    load->id_offset = load->reader.offset;
}

/* ---- memory ---- */

/* At least one byte, so that NULL always means failure and every block is given back alike. */
static size_t block_size(size_t count, size_t size)
{
    return count == 0 ? 1 : count * size;
}

static void *take(const pl_memory *memory, size_t count, size_t size)
{
    void *block = memory->take(memory->context, block_size(count, size));
    if (block != NULL) {
        memset(block, 0, block_size(count, size));
    }
    return block;
}

static void give(const pl_memory *memory, void *block, size_t count, size_t size)
{
    if (block != NULL) {
        memory->give(memory->context, block, block_size(count, size));
    }
}

void pl_world_free(pl_world *world, const pl_memory *memory)
{
    for (uint32_t i = 0; i < world->code_count; i++) {
        pl_code_free(&world->codes[i], memory);
    }
    for (uint32_t i = 0; i < world->feed_count && world->feeds != NULL; i++) {
        pl_world_feed_free(&world->feeds[i], memory);
    }
    const size_t contracts = world->contract_count;
    const size_t feeds = world->feed_count;
    give(memory, world->contract_names, contracts, sizeof *world->contract_names);
    give(memory, world->codes, contracts, sizeof *world->codes);
    give(memory, world->contracts, contracts, sizeof *world->contracts);
    give(memory, world->table_bases, contracts + 2, sizeof *world->table_bases);
    give(memory, world->tables, world->table_count, sizeof *world->tables);
    give(memory, world->feeds, feeds, sizeof *world->feeds);
    give(memory, world->feed_names, feeds, sizeof *world->feed_names);
    give(memory, world->feed_notes, feeds, sizeof *world->feed_notes);
    give(memory, world->labels, world->label_count, sizeof *world->labels);
    give(memory, world->hooks, world->hook_count, sizeof *world->hooks);
    give(memory, world->invariants, world->invariant_count, sizeof *world->invariants);
    *world = (pl_world){0};
}

/* ---- small parts ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* spec 02 §3: parts of letters, digits and `_`, joined by single dots; no part starts with a digit.
 */
static bool is_name(const char *text, unsigned size)
{
    bool at_start = true;
    for (unsigned i = 0; i < size; i++) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (at_start ? !is_letter(text[i]) : !is_letter(text[i]) && !is_digit && text[i] != '.') {
            return false;
        }
        at_start = text[i] == '.';
    }
    return !at_start;
}

static pl_status take_name(pl_reader *reader, pl_name *name, unsigned size_max)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_u8(reader, &name->size));
    PL_TRY(pl_reader_bytes(reader, &bytes, name->size));
    name->text = (const char *)bytes;
    return name->size <= size_max && is_name(name->text, name->size) ? PL_OK : PL_REJECT_NAME;
}

/* The new name at names[count] is none of those before it. */
static pl_status check_new(const pl_name *names, uint32_t count)
{
    const pl_name *last = &names[count];
    for (uint32_t i = 0; i < count; i++) {
        if (names[i].size == last->size && memcmp(names[i].text, last->text, last->size) == 0) {
            return PL_REJECT_DUPLICATE;
        }
    }
    return PL_OK;
}

static pl_status take_text(pl_reader *reader, pl_text *text)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_u16(reader, &text->size));
    PL_TRY(pl_reader_bytes(reader, &bytes, text->size));
    for (unsigned i = 0; i < text->size; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7e) {
            return PL_REJECT_NAME;
        }
    }
    text->text = (const char *)bytes;
    return PL_OK;
}

/* A count is believed only as far as the bytes left could hold its entries. */
static pl_status check_count(const pl_reader *reader, uint32_t count, uint32_t count_max,
                             uint32_t entry_size_min)
{
    if (count > count_max) {
        return PL_REJECT_LIMIT;
    }
    return count <= pl_reader_left(reader) / entry_size_min ? PL_OK : PL_REJECT_TRUNCATED;
}

static pl_status take_head(loading *load)
{
    pl_world *world = load->world;
    pl_reader *reader = &load->reader;
    const uint8_t *start;
    uint16_t semantics;
    at(load, "header", UINT32_MAX);
    PL_TRY(pl_reader_bytes(reader, &start, sizeof magic));
    if (memcmp(start, magic, sizeof magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_reader_u16(reader, &load->format));
    PL_TRY(pl_reader_u16(reader, &semantics));
    if (load->format == 0 || load->format > FORMAT_MAX || semantics != PL_SEMANTICS_ID) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(take_name(reader, &world->name, PL_NAME_SIZE_MAX));
    PL_TRY(pl_reader_u8(reader, &world->tx_auth));
    if (world->tx_auth > PL_TX_AUTH_SECP256K1) {
        return PL_REJECT_TYPE;
    }
    PL_TRY(pl_reader_u64(reader, &world->seed));
    PL_TRY(pl_reader_u64(reader, &world->time_s));
    PL_TRY(pl_reader_u64(reader, &world->tx_gas_max));
    PL_TRY(pl_reader_u64(reader, &world->hook_gas));
    return world->tx_gas_max <= PL_GAS_MAX && world->hook_gas <= PL_GAS_MAX ? PL_OK
                                                                            : PL_REJECT_LIMIT;
}

/* ---- contracts ---- */

/* The symbol "@name". */
static void contract_account(pl_u256 *account, pl_name name)
{
    uint8_t symbol[32] = {'@'};
    memcpy(symbol + 1, name.text, name.size);
    pl_u256_load_be(account, symbol, sizeof symbol);
}

static pl_status take_contract(loading *load, uint32_t index)
{
    pl_world *world = load->world;
    pl_reader *reader = &load->reader;
    const uint8_t *hash, *container;
    uint32_t container_size;
    PL_TRY(take_name(reader, &world->contract_names[index], CONTRACT_NAME_SIZE_MAX));
    PL_TRY(check_new(world->contract_names, index));
    PL_TRY(pl_reader_bytes(reader, &hash, PL_HASH_SIZE));
    hash_until_here(load);
    PL_TRY(pl_reader_u32(reader, &container_size));
    at(load, "contract", index + 1);
    PL_TRY(pl_reader_bytes(reader, &container, container_size));
    load->id_offset = reader->offset; /* the code hash stands for the container */
    pl_code *code = &world->codes[index];
    PL_TRY(pl_code_load(code, &load->where->code, load->memory, container, container_size));
    world->code_count++;
    if (memcmp(code->hash, hash, PL_HASH_SIZE) != 0) {
        return PL_REJECT_HASH;
    }
    pl_contract *contract = &world->contracts[index];
    *contract = (pl_contract){.code = code, .number = index + 1};
    contract_account(&contract->account, world->contract_names[index]);
    return PL_OK;
}

static pl_status take_contracts(loading *load)
{
    pl_world *world = load->world;
    uint16_t count;
    at(load, "contract", UINT32_MAX);
    PL_TRY(pl_reader_u16(&load->reader, &count));
    PL_TRY(check_count(&load->reader, count, PL_CONTRACTS_MAX, CONTRACT_SIZE_MIN));
    world->contract_count = count;
    world->contract_names = take(load->memory, count, sizeof *world->contract_names);
    world->codes = take(load->memory, count, sizeof *world->codes);
    world->contracts = take(load->memory, count, sizeof *world->contracts);
    if (world->contract_names == NULL || world->codes == NULL || world->contracts == NULL) {
        return PL_FAULT_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        at(load, "contract", i + 1);
        PL_TRY(take_contract(load, i));
    }
    return PL_OK;
}

/* ---- feeds and labels ---- */

static pl_status take_feed(loading *load, uint32_t index)
{
    pl_world *world = load->world;
    PL_TRY(take_name(&load->reader, &world->feed_names[index], PL_NAME_SIZE_MAX));
    PL_TRY(check_new(world->feed_names, index));
    PL_TRY(pl_world_feed_take(&world->feeds[index], load->memory, &load->reader, load->format));
    PL_TRY(pl_world_fallback_check(world->feeds, index));
    return take_text(&load->reader, &world->feed_notes[index]);
}

/* One encoding per world: format 2 only where format 1 has no words for some feed. */
static pl_status check_format(loading *load)
{
    const pl_world *world = load->world;
    bool is_plain = true;
    for (uint32_t i = 0; i < world->feed_count; i++) {
        is_plain = is_plain && pl_world_feed_is_plain(&world->feeds[i]);
    }
    at(load, "feed", UINT32_MAX);
    return load->format == 1 || !is_plain ? PL_OK : PL_REJECT_NON_CANONICAL;
}

static pl_status take_feeds(loading *load)
{
    pl_world *world = load->world;
    uint16_t count;
    at(load, "feed", UINT32_MAX);
    PL_TRY(pl_reader_u16(&load->reader, &count));
    PL_TRY(check_count(&load->reader, count, PL_FEEDS_MAX,
                       load->format == 1 ? OLD_FEED_SIZE_MIN : FEED_SIZE_MIN));
    world->feed_count = count;
    world->feeds = take(load->memory, count, sizeof *world->feeds);
    world->feed_names = take(load->memory, count, sizeof *world->feed_names);
    world->feed_notes = take(load->memory, count, sizeof *world->feed_notes);
    if (world->feeds == NULL || world->feed_names == NULL || world->feed_notes == NULL) {
        return PL_FAULT_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        at(load, "feed", i);
        PL_TRY(take_feed(load, i));
    }
    return check_format(load);
}

static pl_status take_labels(loading *load)
{
    pl_world *world = load->world;
    uint32_t count;
    at(load, "label", UINT32_MAX);
    PL_TRY(pl_reader_u32(&load->reader, &count));
    PL_TRY(check_count(&load->reader, count, PL_LABELS_MAX, LABEL_SIZE_MIN));
    world->label_count = count;
    world->labels = take(load->memory, count, sizeof *world->labels);
    if (world->labels == NULL) {
        return PL_FAULT_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        pl_label *label = &world->labels[i];
        at(load, "label", i);
        PL_TRY(take_text(&load->reader, &label->text));
        PL_TRY(pl_reader_u8(&load->reader, &label->kind));
        PL_TRY(pl_reader_bytes(&load->reader, &label->value, 32));
        if (label->kind > PL_LABEL_NOTE) {
            return PL_REJECT_TYPE;
        }
    }
    return PL_OK;
}

/* ---- what follows from the contracts ---- */

/* Numbers all tables densely: those of contract 0 first, then contract by contract. */
static pl_status number_tables(loading *load)
{
    pl_world *world = load->world;
    const uint32_t contracts = world->contract_count;
    world->table_bases = take(load->memory, (size_t)contracts + 2, sizeof *world->table_bases);
    if (world->table_bases == NULL) {
        return PL_FAULT_MEMORY;
    }
    uint32_t count = PL_SYSTEM_TABLE_COUNT; /* contract 0 begins at 0 */
    for (uint32_t i = 0; i < contracts; i++) {
        world->table_bases[i + 1] = count;
        world->contracts[i].table_base = count;
        count += world->codes[i].table_count;
    }
    world->table_bases[contracts + 1] =
        count; /* each contract's tables end where the next ones begin */
    world->table_count = count;
    world->tables = take(load->memory, count, sizeof *world->tables);
    if (world->tables == NULL) {
        return PL_FAULT_MEMORY;
    }
    for (uint32_t t = 0; t < PL_SYSTEM_TABLE_COUNT; t++) {
        world->tables[t] = &pl_system_tables[t];
    }
    for (uint32_t i = 0; i < contracts; i++) {
        for (uint32_t t = 0; t < world->codes[i].table_count; t++) {
            world->tables[world->table_bases[i + 1] + t] = &world->codes[i].tables[t];
        }
    }
    return PL_OK;
}

/* Lists the functions with this flag; with duties NULL it only counts. */
static uint32_t list_duties(pl_duty *duties, const pl_world *world, uint16_t flag)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->contract_count; i++) {
        for (uint16_t f = 0; f < world->codes[i].function_count; f++) {
            if ((world->codes[i].functions[f].flags & flag) == 0) {
                continue;
            }
            if (duties != NULL) {
                duties[count] = (pl_duty){i + 1, f};
            }
            count++;
        }
    }
    return count;
}

static pl_status list_hooks_and_invariants(loading *load)
{
    pl_world *world = load->world;
    world->hook_count = list_duties(NULL, world, PL_FUNCTION_ON_BLOCK);
    world->invariant_count = list_duties(NULL, world, PL_FUNCTION_INVARIANT);
    world->hooks = take(load->memory, world->hook_count, sizeof *world->hooks);
    world->invariants = take(load->memory, world->invariant_count, sizeof *world->invariants);
    if (world->hooks == NULL || world->invariants == NULL) {
        return PL_FAULT_MEMORY;
    }
    list_duties(world->hooks, world, PL_FUNCTION_ON_BLOCK);
    list_duties(world->invariants, world, PL_FUNCTION_INVARIANT);
    return PL_OK;
}

uint32_t pl_world_table(const pl_world *world, uint32_t contract, uint32_t table)
{
    if (contract > world->contract_count) {
        return UINT32_MAX;
    }
    const uint32_t first = world->table_bases[contract];
    return table < world->table_bases[contract + 1] - first ? first + table : UINT32_MAX;
}

/* ---- the whole ---- */

static pl_status load_parts(loading *load)
{
    PL_TRY(take_head(load));
    PL_TRY(take_contracts(load));
    PL_TRY(take_feeds(load));
    PL_TRY(take_labels(load));
    PL_TRY(number_tables(load));
    PL_TRY(pl_world_rows_take(load->world, load->where, &load->reader));
    at(load, "end", UINT32_MAX);
    PL_TRY(pl_reader_end(&load->reader));
    return list_hooks_and_invariants(load);
}

pl_status pl_world_load(pl_world *world, pl_world_error *where, const pl_memory *memory,
                        const uint8_t *bytes, size_t size)
{
    const pl_code_error nowhere = {SIZE_MAX, UINT32_MAX, UINT32_MAX};
    *world = (pl_world){.bytes = bytes, .size = size};
    *where = (pl_world_error){"header", UINT32_MAX, 0, nowhere};
    if (size > PL_WORLD_SIZE_MAX) {
        return PL_REJECT_LIMIT;
    }
    loading load = {
        .world = world, .where = where, .memory = memory, .reader = pl_reader_of(bytes, size)};
    pl_sha256_begin_tagged(&load.id, &pl_tag_world);
    const pl_status status = load_parts(&load);
    if (status != PL_OK) {
        pl_world_free(world, memory);
        return status;
    }
    hash_until_here(&load);
    pl_sha256_end(&load.id, world->id);
    return PL_OK;
}
