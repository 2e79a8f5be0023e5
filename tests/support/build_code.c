#include "tests/support/build_code.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/machine/ops.h"
#include "vm/num/num.h"

typedef struct blob {
    uint8_t *bytes;
    size_t size, capacity;
    unsigned count; /* elements, for the sections that start with a count */
} blob;

struct build {
    blob name, constants, enums, tables, errors, events, imports, functions, symbols, all;
    unsigned function_sizes[1024]; /* instructions, for build_symbols_simple */
};

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)fprintf(stderr, "build_code: ");
    (void)vfprintf(stderr, format, list);
    (void)fprintf(stderr, "\n");
    va_end(list);
    abort();
}

static void add(blob *to, const void *bytes, size_t size)
{
    if (to->size + size > to->capacity) {
        to->capacity = 2 * to->capacity + size + 64;
        to->bytes = realloc(to->bytes, to->capacity);
        if (to->bytes == NULL) {
            fail("no memory");
        }
    }
    if (size != 0) {
        memcpy(to->bytes + to->size, bytes, size);
    }
    to->size += size;
}

static void add_number(blob *to, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
    add(to, bytes, size);
}

static void add_text(blob *to, const char *text, size_t size)
{
    add_number(to, size, 1);
    add(to, text, size);
}

/* ---- a cursor over the text of a declaration ---------------------------------------------------
 */

static void skip(const char **at)
{
    while (**at == ' ' || **at == '\n') {
        (*at)++;
    }
}

/* Takes the longest run without the stops; returns its size. */
static size_t word(const char **at, const char **start, const char *stops)
{
    skip(at);
    *start = *at;
    *at += strcspn(*at, stops);
    size_t size = (size_t)(*at - *start);
    while (size != 0 && (*start)[size - 1] == ' ') {
        size--;
    }
    return size;
}

static int accept(const char **at, char c)
{
    skip(at);
    if (**at != c) {
        return 0;
    }
    (*at)++;
    return 1;
}

static pl_type parse_type(const char *text, size_t size)
{
    static const struct {
        const char *name;
        uint8_t class, size;
    } fixed[] = {{"bool", PL_CLASS_BOOL, 1},
                 {"account", PL_CLASS_ACCOUNT, 32},
                 {"symbol", PL_CLASS_SYMBOL, 32},
                 {"bytes32", PL_CLASS_BYTES32, 32}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strlen(fixed[i].name) == size && memcmp(fixed[i].name, text, size) == 0) {
            return (pl_type){fixed[i].class, fixed[i].size, 0, 0};
        }
    }
    if (size > 4 && memcmp(text, "enum", 4) == 0) {
        return (pl_type){PL_CLASS_ENUM, 1, 0, (uint8_t)atoi(text + 4)};
    }
    const int bits = atoi(text + 1);
    if ((text[0] == 'u' || text[0] == 'i') && bits % 8 == 0) {
        return (pl_type){text[0] == 'u' ? PL_CLASS_UINT : PL_CLASS_INT, (uint8_t)(bits / 8), 0, 0};
    }
    fail("no type: %s", text);
}

static void add_value(blob *to, pl_type type, const char *text, size_t size)
{
    pl_u256 value;
    uint8_t bytes[32];
    if (pl_i256_parse_dec(&value, NULL, text, size) != PL_OK) {
        fail("no number: %s", text);
    }
    if (pl_i256_store_be(bytes, 32, &value) != PL_OK) {
        fail("does not fit: %s", text);
    }
    add(to, bytes + 32 - type.size, type.size);
}

static pl_type add_field(blob *to, const char **at)
{
    const char *start;
    const size_t name_size = word(at, &start, ":");
    add_text(to, start, name_size);
    add_number(to, 0, 1); /* no unit */
    if (!accept(at, ':')) {
        fail("a field is name:type, not %s", start);
    }
    const size_t type_size = word(at, &start, ",;=[");
    const pl_type type = parse_type(start, type_size);
    add(to, (uint8_t[4]){type.class, type.size, type.scale, type.extra}, 4);
    return type;
}

/* Default and range of a table's field. */
static void add_extras(blob *to, pl_type type, const char **at)
{
    blob values = {0};
    const char *start;
    unsigned flags = 0;
    if (accept(at, '=')) {
        flags |= 1;
        const size_t size = word(at, &start, ",[;");
        add_value(&values, type, start, size);
    }
    if (accept(at, '[')) {
        flags |= 2;
        const size_t low = word(at, &start, ",");
        add_value(&values, type, start, low);
        (void)accept(at, ',');
        const size_t high = word(at, &start, "]");
        add_value(&values, type, start, high);
        (void)accept(at, ']');
    }
    add_number(to, flags, 1);
    add(to, values.bytes, values.size);
    free(values.bytes);
}

/* count u8, then the fields. */
static void add_fields(blob *to, const char *text, int with_extras)
{
    const size_t place = to->size;
    add_number(to, 0, 1);
    for (skip(&text); *text != '\0'; (void)accept(&text, ',')) {
        const pl_type type = add_field(to, &text);
        if (with_extras) {
            add_extras(to, type, &text);
        }
        to->bytes[place]++;
    }
}

/* ---- the sections ------------------------------------------------------------------------ */

build *build_start(const char *name)
{
    build *b = calloc(1, sizeof *b);
    if (b == NULL) {
        fail("no memory");
    }
    add_text(&b->name, name, strlen(name));
    return b;
}

void build_free(build *b)
{
    blob *all[] = {&b->name,   &b->constants, &b->enums,     &b->tables,  &b->errors,
                   &b->events, &b->imports,   &b->functions, &b->symbols, &b->all};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]->bytes);
    }
    free(b);
}

uint16_t build_constant(build *b, const char *number)
{
    pl_u256 value;
    uint8_t bytes[32];
    const size_t size = strlen(number);
    const pl_status status = strncmp(number, "0x", 2) == 0
                                 ? pl_u256_parse_hex(&value, NULL, number, size)
                                 : pl_u256_parse_dec(&value, NULL, number, size);
    if (status != PL_OK) {
        fail("no number: %s", number);
    }
    if (pl_u256_store_be(bytes, 32, &value) != PL_OK) {
        fail("does not fit: %s", number);
    }
    add(&b->constants, bytes, 32);
    return (uint16_t)b->constants.count++;
}

uint16_t build_enum(build *b, const char *name, const char *variants)
{
    blob *to = &b->enums;
    const char *start;
    add_text(to, name, strlen(name));
    const size_t place = to->size;
    add_number(to, 0, 1);
    for (skip(&variants); *variants != '\0'; (void)accept(&variants, ',')) {
        const size_t size = word(&variants, &start, ",");
        add_text(to, start, size);
        to->bytes[place]++;
    }
    return (uint16_t)to->count++;
}

uint16_t build_table(build *b, const char *name, unsigned flags, const char *keys,
                     const char *fields, const char *indexes)
{
    blob *to = &b->tables;
    const char *start;
    add_text(to, name, strlen(name));
    add_number(to, flags, 1);
    add_fields(to, keys, 0);
    add_fields(to, fields, 1);
    const size_t index_place = to->size;
    add_number(to, 0, 1);
    for (skip(&indexes); *indexes != '\0'; (void)accept(&indexes, ';')) {
        const size_t size = word(&indexes, &start, ":");
        add_text(to, start, size);
        (void)accept(&indexes, ':');
        const size_t place = to->size;
        add_number(to, 0, 1);
        do {
            (void)word(&indexes, &start, ",;");
            add_number(to, (uint64_t)atoi(start), 1);
            to->bytes[place]++;
        } while (accept(&indexes, ','));
        to->bytes[index_place]++;
    }
    return (uint16_t)to->count++;
}

uint16_t build_error(build *b, const char *name, const char *fields)
{
    add_text(&b->errors, name, strlen(name));
    add_fields(&b->errors, fields, 0);
    return (uint16_t)b->errors.count++;
}

uint16_t build_event(build *b, const char *name, const char *fields)
{
    add_text(&b->events, name, strlen(name));
    add_fields(&b->events, fields, 0);
    return (uint16_t)b->events.count++;
}

uint16_t build_import(build *b, const char *name, unsigned effect, const char *parameters,
                      const char *results)
{
    add_text(&b->imports, name, strlen(name));
    add_number(&b->imports, effect, 1);
    add_fields(&b->imports, parameters, 0);
    add_fields(&b->imports, results, 0);
    return (uint16_t)b->imports.count++;
}

static uint64_t number_operand(const char **at, const char *line)
{
    char *end;
    skip(at);
    const unsigned long long value = strtoull(*at, &end, 0);
    if (end == *at) {
        fail("an operand is missing: %s", line);
    }
    *at = end;
    return value;
}

static void add_instruction(blob *to, const char **at)
{
    const char *start, *line = *at;
    const size_t size = word(at, &start, " ;\n");
    uint64_t all[6] = {0}; /* number, e, a, b, c, d */
    if (size == 3 && memcmp(start, "raw", 3) == 0) {
        for (int i = 0; i < 6; i++) {
            all[i] = number_operand(at, line);
        }
    } else {
        unsigned number = 0;
        while (number < 256 &&
               (pl_ops[number].name == NULL || strlen(pl_ops[number].name) != size ||
                memcmp(pl_ops[number].name, start, size) != 0)) {
            number++;
        }
        if (number == 256) {
            fail("no instruction: %s", line);
        }
        all[0] = number;
        for (unsigned i = 0; i < PL_OPERANDS; i++) {
            if (pl_ops[number].kinds[i] != PL_KIND__) {
                all[i == 4 ? 1 : i + 2] = number_operand(at, line);
            }
        }
    }
    add_number(to, all[0], 1);
    add_number(to, all[1], 1);
    for (int i = 2; i < 6; i++) {
        add_number(to, all[i], 2);
    }
}

uint16_t build_function(build *b, const char *name, unsigned flags, const char *parameters,
                        const char *results, const char *registers, const char *code)
{
    blob *to = &b->functions;
    const size_t count = strlen(registers);
    unsigned instructions = 0;
    add_text(to, name, strlen(name));
    add_number(to, flags, 2);
    add_fields(to, parameters, 0);
    add_fields(to, results, 0);
    add_number(to, count, 2);
    const size_t bits = to->size;
    for (size_t i = 0; i < count; i += 8) {
        add_number(to, 0, 1);
    }
    for (size_t i = 0; i < count; i++) {
        to->bytes[bits + i / 8] |= (uint8_t)((registers[i] == 'w') << i % 8);
    }
    const size_t place = to->size;
    add_number(to, 0, 2);
    for (skip(&code); *code != '\0'; skip(&code)) {
        add_instruction(to, &code);
        (void)accept(&code, ';');
        instructions++;
    }
    to->bytes[place] = (uint8_t)(instructions >> 8);
    to->bytes[place + 1] = (uint8_t)instructions;
    b->function_sizes[to->count % 1024] = instructions;
    return (uint16_t)to->count++;
}

void build_symbols(build *b, const uint8_t *bytes, size_t size)
{
    add(&b->symbols, bytes, size);
}

void build_symbols_simple(build *b, const char *file)
{
    add_number(&b->symbols, 1, 2);
    add_text(&b->symbols, file, strlen(file));
    for (unsigned f = 0; f < b->functions.count; f++) {
        add_number(&b->symbols, 0, 2);
        for (unsigned i = 0; i < b->function_sizes[f]; i++) {
            add_number(&b->symbols, 0, 2);
            add_number(&b->symbols, i + 1, 4);
        }
    }
}

static void add_section(blob *to, const blob *section, unsigned count_size)
{
    add_number(to, section->count, count_size);
    add(to, section->bytes, section->size);
}

uint8_t *build_finish(build *b, size_t *size)
{
    blob *to = &b->all;
    to->size = 0;
    add(to, "PLIM\0\1\0\1\0\0\0\0", 12);
    add(to, b->name.bytes, b->name.size);
    add_section(to, &b->constants, 2);
    add_section(to, &b->enums, 1);
    add_section(to, &b->tables, 1);
    add_section(to, &b->errors, 2);
    add_section(to, &b->events, 2);
    add_section(to, &b->imports, 2);
    add_section(to, &b->functions, 2);
    const size_t body = to->size - 12;
    for (unsigned i = 0; i < 4; i++) {
        to->bytes[8 + i] = (uint8_t)(body >> (24 - 8 * i));
    }
    add_number(to, b->symbols.size, 4);
    add(to, b->symbols.bytes, b->symbols.size);
    *size = to->size;
    return to->bytes;
}

void build_load(build *b, pl_code *code, const pl_memory *memory)
{
    size_t size;
    pl_code_error where;
    const uint8_t *bytes = build_finish(b, &size);
    const pl_status status = pl_code_load(code, &where, memory, bytes, size);
    if (status != PL_OK) {
        fail("%s at byte %zu, function %u, instruction %u", pl_status_name(status), where.offset,
             (unsigned)where.function, (unsigned)where.instruction);
    }
}

static void *take(void *context, size_t size)
{
    build_memory *memory = context;
    if (memory->limit != 0 && memory->taken + size > memory->limit) {
        return NULL;
    }
    memory->taken += size;
    memory->most = memory->taken > memory->most ? memory->taken : memory->most;
    return malloc(size);
}

static void give(void *context, void *block, size_t size)
{
    build_memory *memory = context;
    memory->taken -= size;
    free(block);
}

void build_memory_init(build_memory *memory)
{
    *memory = (build_memory){.memory = {memory, take, give, 0}};
}
