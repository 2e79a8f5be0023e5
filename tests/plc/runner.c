/* The tests of the language: runner DIR, from the project root; runner --only DIR leaves out what
 * does not stand in DIR.
 *
 *   DIR/good/NAME.plim  compiles, loads, formats to the same code; its `// call` lines are run in
 * order DIR/bad/NAME.plim   does not compile; the first message holds the text of its `// expect:`
 * line contracts/          every contract compiles, loads and formats to the same code
 *   spec/07-language.md every block marked `plim` does too
 *
 *   // with other.plim                     the contract gets number 2; its calls read `other.f(..)`
 *   // price FEED PRICE DECIMALS           a price row
 *   // call f(1, 'alice', -3) -> 7, -1     results in order, raw digits; no results: -> ok
 *   // call f(1) -> TRAP OVERFLOW          or -> REVERT NotEnough, or -> REVERT NotEnough 7, 8
 *   // events Seen 1, 2; other.Moved 3     all events of the call above; nothing: there are none */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/plc/plc.h"
#include "vm/base/bytes.h"
#include "vm/machine/exec.h"
#include "vm/num/num.h"
#include "vm/state/store.h"
#include "vm/state/system.h"

enum { CONTRACTS = 2, PATH_SIZE = 512, FILES_MAX = 512, EVENTS_SIZE = 16384 };

typedef struct source {
    const char *path; /* served from memory instead of the disk when it has text */
    const char *text;
    char *kept[256];
    uint32_t kept_count;
} source;

typedef struct world {
    plc_result compiled[CONTRACTS];
    source sources[CONTRACTS];
    pl_code code[CONTRACTS];
    pl_contract contracts[CONTRACTS];
    pl_linkage linkage;
    pl_store *store;
    pl_machine *machine;
    pl_memory memory;
    uint32_t count;
    char events[EVENTS_SIZE]; /* of the last call, as text */
} world;

static int passed, failed;

static void report(bool ok, const char *path, const char *what, const char *detail)
{
    passed += ok;
    failed += !ok;
    if (!ok) {
        (void)printf("FAILED %s: %s: %s\n", path, what, detail);
    }
}

/* ---- files ---- */

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *block, size_t size)
{
    (void)context;
    (void)size;
    free(block);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = malloc(PLC_SOURCE_SIZE_MAX + 2);
    *size = text == NULL ? 0 : fread(text, 1, PLC_SOURCE_SIZE_MAX + 1, file);
    (void)fclose(file);
    if (text != NULL) {
        text[*size] = 0;
    }
    return text;
}

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    source *s = context;
    if (s->text != NULL && strcmp(path, s->path) == 0) {
        *text = s->text;
        *size = strlen(s->text);
        return true;
    }
    char *kept = s->kept_count < 256 ? read_file(path, size) : NULL;
    if (kept == NULL) {
        return false;
    }
    s->kept[s->kept_count++] = kept;
    *text = kept;
    return true;
}

static void free_source(source *s)
{
    for (uint32_t i = 0; i < s->kept_count; i++) {
        free(s->kept[i]);
    }
    s->kept_count = 0;
}

static void compile(plc_result *result, source *s)
{
    const plc_options options = {.library = "contracts"};
    plc_compile(result, load, s, s->path, &options);
}

static const char *first_message(const plc_result *result)
{
    static char text[2048];
    text[0] = 0;
    if (result->diagnostic_count > 0) {
        (void)plc_diagnostic_text(&result->diagnostics[0], text, sizeof text);
    }
    return text;
}

/* ---- worlds ---- */

static bool start(world *w, const char *path)
{
    uint32_t table;
    pl_code_error where;
    w->memory = (pl_memory){NULL, take, give, 0};
    for (uint32_t i = 0; i < w->count; i++) {
        compile(&w->compiled[i], &w->sources[i]);
        report(w->compiled[i].ok, path, "compiles", first_message(&w->compiled[i]));
        if (!w->compiled[i].ok) {
            return false;
        }
        const pl_status status = pl_code_load(&w->code[i], &where, &w->memory, w->compiled[i].bytes,
                                              w->compiled[i].size);
        char text[128];
        (void)snprintf(text, sizeof text, "%s in function %u, instruction %u",
                       pl_status_name(status), where.function, where.instruction);
        report(status == PL_OK, path, "loads", text);
        if (status != PL_OK) {
            return false;
        }
    }
    if (pl_store_create(&w->store, &w->memory) != PL_OK ||
        pl_machine_create(&w->machine, &w->memory) != PL_OK) {
        return false;
    }
    for (uint16_t t = 0; t < PL_SYSTEM_TABLE_COUNT; t++) {
        if (pl_store_add_table(w->store, &table, 0, t, &pl_system_tables[t]) != PL_OK) {
            return false;
        }
    }
    for (uint32_t i = 0; i < w->count; i++) {
        w->contracts[i] = (pl_contract){&w->code[i], i + 1, pl_store_table_count(w->store),
                                        pl_u256_from_u64(0x1001 + i)};
        for (uint16_t t = 0; t < w->code[i].table_count; t++) {
            if (pl_store_add_table(w->store, &table, i + 1, t, &w->code[i].tables[t]) != PL_OK) {
                return false;
            }
        }
    }
    w->linkage = (pl_linkage){w->contracts, w->count, PL_SYSTEM_PRICES};
    pl_door *door = pl_store_door(w->store);
    return door->ops->begin(door) == PL_OK;
}

static void end(world *w)
{
    if (w->machine != NULL) {
        pl_machine_free(w->machine);
    }
    if (w->store != NULL) {
        pl_store_free(w->store);
    }
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->code[i].functions != NULL) {
            pl_code_free(&w->code[i], &w->memory);
        }
        plc_result_free(&w->compiled[i]);
        free_source(&w->sources[i]);
    }
}

/* ---- values as text ---- */

static const char *skip(const char *text)
{
    return text + strspn(text, " ,");
}

static const char *parse_value(const char *text, pl_u256 *value)
{
    const size_t size = strcspn(text, " ,)\r\n");
    uint8_t bytes[32] = {0};
    pl_status status = PL_OK;
    *value = pl_u256_zero();
    if (text[0] == '\'') {
        const size_t length = strcspn(text + 1, "'");
        memcpy(bytes, text + 1, length > 32 ? 32 : length);
        pl_u256_load_be(value, bytes, 32);
        return text + length + 2;
    }
    if (size == 4 && memcmp(text, "true", 4) == 0) {
        *value = pl_u256_one();
    } else if (size == 3 && memcmp(text, "max", 3) == 0) {
        *value = pl_u256_max_value();
    } else if (size == 5 && memcmp(text, "false", 5) == 0) {
        *value = pl_u256_zero();
    } else if (text[0] == '-') {
        status = pl_i256_parse_dec(value, NULL, text, size);
    } else if (size > 2 && text[1] == 'x') {
        status = pl_u256_parse_hex(value, NULL, text, size);
    } else {
        status = pl_u256_parse_dec(value, NULL, text, size);
    }
    if (status != PL_OK) {
        (void)printf("not a value: %.20s\n", text);
    }
    return text + size;
}

static size_t encode(uint8_t *out, const pl_field *fields, uint32_t count, const char *text)
{
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t word[32];
        pl_u256 value;
        text = parse_value(skip(text), &value);
        (void)!pl_u256_store_be(word, 32, &value);
        memcpy(out + used, word + 32 - fields[i].type.size, fields[i].type.size);
        used += fields[i].type.size;
    }
    return used;
}

static void show(char *out, size_t room, const pl_field *fields, uint32_t count,
                 const uint8_t *bytes, size_t size)
{
    size_t used = 0;
    size_t at = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < count && at + fields[i].type.size <= size; i++) {
        uint8_t word[32];
        pl_u256 value;
        char text[PL_NUM_TEXT_MAX];
        const size_t n = fields[i].type.size;
        const bool negative = fields[i].type.class == PL_CLASS_INT && (bytes[at] & 0x80) != 0;
        memset(word, negative ? 0xff : 0, sizeof word);
        memcpy(word + 32 - n, bytes + at, n);
        at += n;
        used += (size_t)snprintf(out + used, room - used, "%s", i == 0 ? "" : ", ");
        if (fields[i].type.class == PL_CLASS_SYMBOL || fields[i].type.class == PL_CLASS_ACCOUNT) {
            char name[33] = {0};
            memcpy(name, word, 32);
            if (name[0] > 0x20 && name[0] < 0x7f) {
                used += (size_t)snprintf(out + used, room - used, "'%s'", name);
                continue;
            }
        }
        pl_u256_load_be(&value, word, 32);
        const size_t length =
            negative ? pl_i256_print_dec(text, &value) : pl_u256_print_dec(text, &value);
        const pl_u256 most = pl_u256_max_value();
        const bool is_max = !negative && pl_u256_eq(&value, &most);
        used += (size_t)snprintf(out + used, room - used, "%.*s", is_max ? 3 : (int)length,
                                 is_max ? "max" : text);
    }
}

/* ---- one call ---- */

static void outcome_text(const world *w, const pl_outcome *o, const pl_function *function,
                         char *out, size_t room)
{
    if (o->status == PL_TRAP_REVERT) {
        const pl_signature *e = &w->code[o->revert_contract - 1].errors[o->revert_error];
        const int n = snprintf(out, room, "REVERT %.*s%s", e->name.size, e->name.text,
                               e->count > 0 ? " " : "");
        show(out + n, room - (size_t)n, e->fields, e->count, o->revert_arguments,
             o->revert_arguments_size);
    } else if (o->status != PL_OK) {
        (void)snprintf(out, room, "TRAP %s", pl_status_name(o->status));
    } else if (function->result_count == 0) {
        (void)snprintf(out, room, "ok");
    } else {
        show(out, room, function->results, function->result_count, o->result, o->result_size);
    }
}

/* Every event of the call as `Name 1, 2`, with `other.` in front of those of the second contract.
 */
static void events_text(world *w, const pl_outcome *o)
{
    size_t used = 0;
    size_t at = 0;
    w->events[0] = 0;
    while (o->status == PL_OK && at + 10 <= o->events_size) {
        const uint32_t contract = pl_load_u32(o->events + at);
        const uint32_t number = pl_load_u16(o->events + at + 4);
        const size_t size = pl_load_u32(o->events + at + 6);
        const pl_signature *e = &w->code[contract - 1].events[number];
        used += (size_t)snprintf(w->events + used, EVENTS_SIZE - used, "%s%s%.*s%s",
                                 at == 0 ? "" : "; ", contract == 1 ? "" : "other.", e->name.size,
                                 e->name.text, e->count > 0 ? " " : "");
        if (used + 80u * e->count + 80 > EVENTS_SIZE) {
            return;
        }
        show(w->events + used, EVENTS_SIZE - used, e->fields, e->count, o->events + at + 10, size);
        used += strlen(w->events + used);
        at += 10 + size;
    }
}

static void events_line(world *w, const char *path, uint32_t number, const char *line)
{
    char what[32];
    const size_t size = strcspn(line, "\r\n");
    (void)snprintf(what, sizeof what, "line %u: events", number);
    report(strlen(w->events) == size && memcmp(w->events, line, size) == 0, path, what, w->events);
}

static void call_line(world *w, const char *path, uint32_t number, const char *line)
{
    char name[64], text[2048], what[96];
    uint8_t arguments[32 * PL_PARAMETERS_MAX];
    uint32_t contract = 1;
    pl_outcome o;
    (void)snprintf(what, sizeof what, "line %u", number);
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(line, "("), line);
    char *dot = strchr(name, '.');
    if (dot != NULL && w->count > 1 && strncmp(name, "other.", 6) == 0) {
        contract = 2;
        memmove(name, dot + 1, strlen(dot));
    }
    const pl_code *code = &w->code[contract - 1];
    uint32_t f = 0;
    while (f < code->function_count &&
           (code->functions[f].name.size != strlen(name) ||
            memcmp(code->functions[f].name.text, name, strlen(name)) != 0)) {
        f++;
    }
    const char *arrow = strstr(line, "-> ");
    if (f == code->function_count || arrow == NULL) {
        report(false, path, what, "no such function, or no `-> `");
        return;
    }
    const pl_function *function = &code->functions[f];
    pl_call call = {.contract = contract,
                    .function = f,
                    .gas_limit = 10000000,
                    .height = 7,
                    .time_s = 1000,
                    .arguments = arguments};
    (void)parse_value("'caller'", &call.caller);
    call.arguments_size = encode(arguments, function->parameters, function->parameter_count,
                                 line + strcspn(line, "(") + 1);
    pl_door *door = pl_store_door(w->store);
    bool ok = door->ops->begin(door) == PL_OK &&
              pl_machine_run(w->machine, &o, door, &w->linkage, &call) == PL_OK;
    ok = ok && (o.status == PL_OK ? door->ops->commit(door) : door->ops->rollback(door)) == PL_OK;
    if (!ok) {
        report(false, path, what, "the machine faulted");
        return;
    }
    outcome_text(w, &o, function, text, sizeof text);
    events_text(w, &o);
    char expected[2048];
    (void)snprintf(expected, sizeof expected, "%.*s", (int)strcspn(arrow + 3, "\r\n"), arrow + 3);
    char detail[4400];
    (void)snprintf(detail, sizeof detail, "%s gives %s, expected %s", name, text, expected);
    /* an error's arguments may be left out */
    const size_t length = strlen(expected);
    const bool prefix =
        o.status == PL_TRAP_REVERT && strncmp(text, expected, length) == 0 && text[length] == ' ';
    report(strcmp(text, expected) == 0 || prefix, path, what, detail);
}

static void price_line(world *w, const char *line)
{
    uint8_t key[PL_PRICES_KEY_SIZE], row[PL_PRICES_ROW_SIZE] = {0};
    pl_u256 feed, price, decimals;
    line = parse_value(skip(line), &feed);
    line = parse_value(skip(line), &price);
    (void)parse_value(skip(line), &decimals);
    pl_store_u32(key, (uint32_t)pl_u256_low64(&feed));
    (void)!pl_u256_store_be(row + PL_PRICES_PRICE, 32, &price);
    row[PL_PRICES_DECIMALS] = (uint8_t)pl_u256_low64(&decimals);
    pl_store_u64(row + PL_PRICES_TIME, 990);
    pl_store_u64(row + PL_PRICES_ROUND, 5);
    pl_door *door = pl_store_door(w->store);
    (void)!door->ops->put(door, PL_SYSTEM_PRICES, key, row);
}

/* ---- the formatter ---- */

/* The formatted text compiles to the same code, and formats to itself. */
static void check_format(const char *path, const char *text, const world *w)
{
    plc_result once, twice;
    plc_format(&once, path, text, strlen(text));
    report(once.ok, path, "formats", first_message(&once));
    if (once.ok) {
        const char *formatted = (const char *)once.bytes;
        plc_format(&twice, path, formatted, once.size);
        const bool same =
            twice.ok && twice.size == once.size && memcmp(twice.bytes, once.bytes, once.size) == 0;
        report(same, path, "formats to itself", "the second time differs");
        plc_result_free(&twice);
        if (w != NULL) {
            source s = {.path = w->sources[0].path, .text = formatted};
            plc_result again;
            pl_code code;
            pl_code_error where;
            compile(&again, &s);
            const bool loads = again.ok && pl_code_load(&code, &where, &w->memory, again.bytes,
                                                        again.size) == PL_OK;
            report(loads && memcmp(code.hash, w->code[0].hash, 32) == 0, path,
                   "formatting keeps the code", first_message(&again));
            if (loads) {
                pl_code_free(&code, &w->memory);
            }
            plc_result_free(&again);
            free_source(&s);
        }
    }
    plc_result_free(&once);
}

/* ---- files of tests ---- */

static void run_lines(world *w, const char *path, const char *text)
{
    uint32_t number = 1;
    for (const char *line = text; *line != 0; number++) {
        if (strncmp(line, "// call ", 8) == 0) {
            call_line(w, path, number, line + 8);
        } else if (strncmp(line, "// events ", 10) == 0) {
            events_line(w, path, number, line + 10);
        } else if (strncmp(line, "// price ", 9) == 0) {
            price_line(w, line + 9);
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
}

static void good(const char *path, const char *text)
{
    world w = {.count = 1};
    char other[PATH_SIZE];
    const char *with = strstr(text, "\n// with ");
    w.sources[0] = (source){.path = path, .text = text};
    if (with != NULL) {
        (void)snprintf(other, sizeof other, "%.*s/%.*s", (int)(strrchr(path, '/') - path), path,
                       (int)strcspn(with + 9, " \r\n"), with + 9);
        w.sources[1] = (source){.path = other};
        w.count = 2;
    }
    if (start(&w, path)) {
        run_lines(&w, path, text);
        check_format(path, text, &w);
    }
    end(&w);
}

static void bad(const char *path, const char *text)
{
    source s = {.path = path, .text = text};
    plc_result result;
    const char *expect = strstr(text, "// expect: ");
    char wanted[512] = "";
    char got[2048];
    compile(&result, &s);
    (void)snprintf(got, sizeof got, "%s", first_message(&result));
    if (expect != NULL) {
        (void)snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(expect + 11, "\r\n"),
                       expect + 11);
    }
    report(!result.ok && expect != NULL && strstr(got, wanted) != NULL, path, wanted, got);
    plc_result_free(&result);
    free_source(&s);
}

static void contract(const char *path, const char *text)
{
    if (strstr(text, "\ncontract ") != NULL || strncmp(text, "contract ", 9) == 0) {
        good(path, text);
    } else {
        check_format(path, text, NULL);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every .plim file of a folder and those below it, in the order of their names. */
static void each(const char *folder, void (*test)(const char *path, const char *text))
{
    char *names[FILES_MAX];
    uint32_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.' && count < FILES_MAX) {
            names[count++] = strdup(e->d_name);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    qsort(names, count, sizeof names[0], by_name);
    for (uint32_t i = 0; i < count; i++) {
        char path[PATH_SIZE];
        const size_t length = strlen(names[i]);
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (length > 5 && strcmp(names[i] + length - 5, ".plim") == 0) {
            size_t size = 0;
            char *text = read_file(path, &size);
            if (text != NULL) {
                test(path, text);
            }
            free(text);
        } else if (strchr(names[i], '.') == NULL) {
            each(path, test);
        }
        free(names[i]);
    }
}

/* The blocks marked `plim` of a chapter. */
static void chapter(const char *path)
{
    size_t size = 0;
    char *text = read_file(path, &size);
    uint32_t number = 1;
    for (char *block = text == NULL ? NULL : strstr(text, "```plim\n"); block != NULL; number++) {
        char *body = block + 8;
        char *stop = strstr(body, "```");
        if (stop == NULL) {
            break;
        }
        char name[PATH_SIZE];
        *stop = 0;
        (void)snprintf(name, sizeof name, "%s.%u.plim", path, number);
        good(name, body);
        block = strstr(stop + 1, "```plim\n");
    }
    report(number > 1, path, "has examples", "none found");
    free(text);
}

int main(int argc, char **argv)
{
    char folder[PATH_SIZE];
    const bool only = argc > 2 && strcmp(argv[1], "--only") == 0;
    const char *root = argc > 1 ? argv[argc - 1] : "tests/plc";
    (void)snprintf(folder, sizeof folder, "%s/good", root);
    each(folder, contract);
    (void)snprintf(folder, sizeof folder, "%s/bad", root);
    each(folder, bad);
    if (!only) {
        each("contracts", contract);
        chapter("spec/07-language.md");
    }
    (void)printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
