/* Arena, strings, diagnostics. */
#include "tools/plc/core.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/plc/ast.h"

/* ---- arena: a chain of blocks, freed together ---- */

typedef struct block {
    struct block *next;
    size_t used, size;
} block;

struct plc_arena {
    block *first;
    size_t taken, limit;
};

enum { BLOCK_SIZE = 1 << 16, ALIGNMENT = 16 };

static void *arena_take(plc_arena *arena, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b = arena->first;
    if (b == NULL || b->size - b->used < size) {
        const size_t head = (sizeof(block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        if (room > arena->limit - arena->taken) {
            return NULL;
        }
        b = malloc(head + room);
        if (b == NULL) {
            return NULL;
        }
        arena->taken += room;
        *b = (block){arena->first, head, head + room};
        arena->first = b;
    }
    void *r = (char *)b + b->used;
    b->used += size;
    memset(r, 0, size);
    return r;
}

static void arena_free(plc_arena *arena)
{
    while (arena != NULL && arena->first != NULL) {
        block *b = arena->first;
        arena->first = b->next;
        free(b);
    }
    free(arena);
}

void *plc_take(plc *p, size_t size)
{
    void *r = arena_take(p->arena, size == 0 ? 1 : size);
    if (r == NULL) {
        longjmp(p->bail, 1);
    }
    return r;
}

/* Capacity is the next power of two from 4: grow exactly when count reaches one. */
void *plc_grow(plc *p, void *old, uint32_t count, size_t item_size)
{
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0)) {
        return old;
    }
    const size_t room = count < 4 ? 4 : (size_t)count * 2;
    void *r = plc_take(p, room * item_size);
    if (count != 0) {
        memcpy(r, old, count * item_size);
    }
    return r;
}

/* ---- strings ---- */

static plc_str __attribute__((format(printf, 2, 0)))
print_v(plc *p, const char *format, va_list args)
{
    if (format == NULL) { /* never: the compiler's sanitizer build wants to see it */
        return (plc_str){"", 0};
    }
    va_list again;
    va_copy(again, args);
    char probe[1];
    const int need = vsnprintf(probe, sizeof probe, format, again);
    va_end(again);
    const size_t size = need < 0 ? 0 : (size_t)need;
    char *text = plc_take(p, size + 1);
    (void)vsnprintf(text, size + 1, format, args);
    return (plc_str){text, (uint32_t)size};
}

plc_str plc_print(plc *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const plc_str r = print_v(p, format, args);
    va_end(args);
    return r;
}

bool plc_same(plc_str a, plc_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.text, b.text, a.size) == 0);
}

bool plc_is(plc_str a, const char *text)
{
    /* The first character tells most words apart, and parsing asks often. */
    return a.size > 0 && a.text[0] == text[0] &&
           plc_same(a, (plc_str){text, (uint32_t)strlen(text)});
}

bool plc_starts(plc_str a, const char *prefix)
{
    const size_t size = strlen(prefix);
    return a.size >= size && memcmp(a.text, prefix, size) == 0;
}

/* ---- diagnostics ---- */

void plc_verror(plc *p, plc_loc loc, const char *help, const char *format, va_list args)
{
    if (p->mute > 0) {
        return;
    }
    const plc_str message = print_v(p, format, args);
    for (uint32_t i = 0; i < p->note_count; i++) {
        const plc_note *n = &p->notes[i];
        if (n->loc.file == loc.file && n->loc.offset == loc.offset &&
            strcmp(n->message, message.text) == 0) {
            return; /* a module used twice is checked twice */
        }
    }
    const char *kept = help == NULL ? "" : plc_print(p, "%s", help).text;
    p->notes[p->note_count++] = (plc_note){loc, message.text, kept};
    if (p->note_count == PLC_ERRORS_MAX) {
        longjmp(p->bail, 2);
    }
}

void plc_error(plc *p, plc_loc loc, const char *help, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    plc_verror(p, loc, help, format, args);
    va_end(args);
}

bool plc_failed(const plc *p)
{
    return p->note_count > 0;
}

bool plc_down(plc *p, plc_loc loc)
{
    if (p->chain == PLC_NESTING_MAX) {
        plc_error(p, loc, NULL, "declarations need each other more than %u deep", PLC_NESTING_MAX);
        return false;
    }
    p->chain++;
    return true;
}

void plc_up(plc *p)
{
    p->chain--;
}

uint32_t plc_line(const plc *p, plc_loc loc)
{
    const plc_file *f = &p->files[loc.file];
    uint32_t low = 0;
    uint32_t high = f->line_count; /* line low starts at or before the offset, line high after it */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (f->lines[middle] <= loc.offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + 1;
}

/* ---- "did you mean" ---- */

enum { NEAR_SIZE_MAX = 63 };

/* Edits (insert, delete, change) between a and b, both at most 63 long. */
static uint32_t distance(plc_str a, plc_str b)
{
    uint32_t row[NEAR_SIZE_MAX + 1];
    for (uint32_t j = 0; j <= b.size; j++) {
        row[j] = j;
    }
    for (uint32_t i = 1; i <= a.size; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= b.size; j++) {
            const uint32_t change = diagonal + (a.text[i - 1] != b.text[j - 1]);
            const uint32_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[b.size];
}

plc_near plc_near_begin(plc_str name)
{
    return (plc_near){name, {NULL, 0}, name.size / 3 + 1};
}

void plc_near_add(plc_near *near, plc_str candidate)
{
    if (near->name.size > NEAR_SIZE_MAX || candidate.size > NEAR_SIZE_MAX || candidate.size == 0) {
        return;
    }
    const uint32_t d = distance(near->name, candidate);
    if (d <= near->distance && (near->best.text == NULL || d < near->distance)) {
        near->best = candidate;
        near->distance = d;
    }
}

void plc_near_add_word(plc_near *near, const char *candidate)
{
    plc_near_add(near, (plc_str){candidate, (uint32_t)strlen(candidate)});
}

const char *plc_near_help(plc *p, const plc_near *near)
{
    if (near->best.text == NULL) {
        return NULL;
    }
    return plc_print(p, "did you mean `%.*s`?", PLC_FMT(near->best)).text;
}

/* ---- files and results ---- */

static plc_str copy(plc *p, const char *text, size_t size)
{
    char *r = plc_take(p, size + 1);
    if (size != 0) {
        memcpy(r, text, size);
    }
    return (plc_str){r, (uint32_t)size};
}

uint32_t plc_add_file(plc *p, plc_str path, const char *text, size_t size)
{
    plc_file *f = &p->files[p->file_count];
    f->path = copy(p, path.text, path.size);
    f->shown = f->path;
    if (size > PLC_SOURCE_SIZE_MAX) {
        f->text = "";
        f->lines = plc_take(p, sizeof *f->lines);
        f->line_count = 1;
        plc_error(p, (plc_loc){p->file_count, 0}, "split it into modules",
                  "the file has more than %u bytes", PLC_SOURCE_SIZE_MAX);
        return p->file_count++;
    }
    f->text = copy(p, text, size).text;
    f->size = (uint32_t)size;
    *PLC_PUSH(p, f->lines, f->line_count) = 0;
    for (uint32_t i = 0; i < f->size; i++) {
        if (f->text[i] == '\n') {
            *PLC_PUSH(p, f->lines, f->line_count) = i + 1;
        }
    }
    return p->file_count++;
}

plc *plc_begin(size_t memory_max)
{
    plc *p = calloc(1, sizeof *p);
    plc_arena *arena = calloc(1, sizeof *arena);
    if (p == NULL || arena == NULL) {
        free(p);
        free(arena);
        return NULL;
    }
    arena->limit = memory_max == 0 ? (size_t)256 << 20 : memory_max;
    p->arena = arena;
    return p;
}

static int compare_notes(const void *a, const void *b)
{
    const plc_note *x = a;
    const plc_note *y = b;
    if (x->loc.file != y->loc.file) {
        return x->loc.file < y->loc.file ? -1 : 1;
    }
    if (x->loc.offset != y->loc.offset) {
        return x->loc.offset < y->loc.offset ? -1 : 1;
    }
    return strcmp(x->message, y->message);
}

/* A source line; control bytes of a hostile source do not reach a terminal. */
static plc_str line_text(plc *p, const plc_file *f, uint32_t line)
{
    const uint32_t from = f->lines[line - 1];
    uint32_t to = from;
    while (to < f->size && f->text[to] != '\n' && f->text[to] != '\r' && to - from < 400) {
        to++;
    }
    char *text = plc_take(p, to - from + 1);
    for (uint32_t i = 0; i < to - from; i++) {
        const unsigned char byte = (unsigned char)f->text[from + i];
        text[i] = (byte < 0x20 && byte != '\t') || byte == 0x7f ? ' ' : (char)byte;
    }
    return (plc_str){text, to - from};
}

static const plc_diagnostic memory_diagnostic = {
    "", 0, 0, "the compiler's memory limit is used up", "make the contract smaller", ""};

/* Turns notes into what the caller sees; false when even that runs out of memory. */
static bool list_notes(plc *p, plc_result *result)
{
    if (setjmp(p->bail) != 0) {
        return false;
    }
    qsort(p->notes, p->note_count, sizeof p->notes[0], compare_notes);
    plc_diagnostic *list = plc_take(p, (p->note_count + 1) * sizeof *list);
    for (uint32_t i = 0; i < p->note_count; i++) {
        const plc_note *n = &p->notes[i];
        const plc_file *f = &p->files[n->loc.file];
        const uint32_t line = plc_line(p, n->loc);
        list[i] = (plc_diagnostic){f->path.text, line,    n->loc.offset - f->lines[line - 1] + 1,
                                   n->message,   n->help, line_text(p, f, line).text};
    }
    result->diagnostics = list;
    result->diagnostic_count = p->note_count;
    return true;
}

void plc_finish(plc *p, plc_result *result, const uint8_t *bytes, size_t size)
{
    *result = (plc_result){.memory = p};
    const bool listed = p != NULL && list_notes(p, result);
    result->ok = listed && p->note_count == 0 && bytes != NULL;
    if (result->ok) {
        result->bytes = bytes;
        result->size = size;
    } else if (result->diagnostic_count == 0) {
        result->diagnostics = &memory_diagnostic;
        result->diagnostic_count = 1;
    }
}

void plc_result_free(plc_result *result)
{
    plc *p = result->memory;
    if (p != NULL) {
        arena_free(p->arena);
        free(p);
    }
    *result = (plc_result){0};
}

size_t plc_diagnostic_text(const plc_diagnostic *d, char *text, size_t size)
{
    char caret[512];
    size_t n = 0;
    const uint32_t column = d->column == 0 ? 1 : d->column;
    const size_t length = strlen(d->source_line);
    while (n + 2 < sizeof caret && n + 1 < column && n < length) {
        caret[n] = d->source_line[n] == '\t' ? '\t' : ' ';
        n++;
    }
    caret[n++] = '^';
    caret[n] = 0;
    int need;
    if (d->line == 0) {
        need = snprintf(text, size, "%s%serror: %s\n", d->path, *d->path ? ": " : "", d->message);
    } else {
        need = snprintf(text, size, "%s:%u:%u: error: %s\n%5u | %s\n      | %s\n%s%s%s", d->path,
                        d->line, d->column, d->message, d->line, d->source_line, caret,
                        *d->help ? "      = " : "", d->help, *d->help ? "\n" : "");
    }
    return need < 0 ? 0 : (size_t)need;
}
