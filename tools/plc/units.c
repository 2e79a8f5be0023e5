/* Files, modules and instances; finding a name. spec 07 §8 */
#include "tools/plc/program.h"

static plc_str directory(plc_str path)
{
    uint32_t size = path.size;
    while (size > 0 && path.text[size - 1] != '/') {
        size--;
    }
    return (plc_str){path.text, size};
}

/* Joins and takes `.` and `..` out; empty when it would leave the start. */
static plc_str join(plc *p, plc_str base, plc_str path)
{
    const plc_str both =
        plc_print(p, "%.*s%s%.*s", PLC_FMT(base),
                  base.size > 0 && base.text[base.size - 1] != '/' ? "/" : "", PLC_FMT(path));
    char *out = plc_take(p, both.size + 1);
    uint32_t n = 0;
    uint32_t at = 0;
    uint32_t depth = 0;
    if (both.size > 0 && both.text[0] == '/') {
        out[n++] = '/';
        at = 1;
    }
    const uint32_t root = n;
    while (at < both.size) {
        uint32_t end = at;
        while (end < both.size && both.text[end] != '/') {
            end++;
        }
        const plc_str part = {both.text + at, end - at};
        at = end + 1;
        if (part.size == 0 || plc_is(part, ".")) {
            continue;
        }
        if (plc_is(part, "..") && depth > 0) {
            depth--;
            while (n > root && out[n - 1] != '/') {
                n--;
            }
            n -= n > root;
            continue;
        }
        if (n > root) {
            out[n++] = '/';
        }
        memcpy(out + n, part.text, part.size);
        n += part.size;
        depth += !plc_is(part, "..");
    }
    return (plc_str){out, n};
}

static bool load_file(plc *p, plc_str path, uint32_t *file)
{
    const char *text = NULL;
    size_t size = 0;
    const plc_str zero_ended = plc_print(p, "%.*s", PLC_FMT(path));
    if (!p->loader(p->loader_context, zero_ended.text, &text, &size) || text == NULL) {
        return false;
    }
    *file = plc_add_file(p, path, text, size);
    plc_lex(p, *file);
    return size <= PLC_SOURCE_SIZE_MAX;
}

static plc_str relative_to(plc_str path, plc_str base)
{
    if (base.size > 0 && path.size > base.size && memcmp(path.text, base.text, base.size) == 0) {
        uint32_t skip = base.size;
        skip += path.text[skip] == '/';
        return (plc_str){path.text + skip, path.size - skip};
    }
    return path;
}

/* What the symbol section shows: never where a checkout lies on somebody's disk. */
static void set_shown(plc *p, uint32_t file)
{
    plc_str shown = relative_to(p->files[file].path, p->library);
    shown = relative_to(shown, directory(p->files[0].path));
    if (shown.size > 63) {
        shown = (plc_str){shown.text + shown.size - 63, 63};
    }
    p->files[file].shown = shown;
}

static bool owns_state(const plc_unit *unit)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        const plc_item *item = &unit->items[i];
        if (item->kind == IT_TABLE || item->kind == IT_LIST || item->kind == IT_HOOK ||
            (item->kind == IT_INSTANCE && ((plc_unit *)item->decl)->prefix.size > 0)) {
            return true;
        }
    }
    return false;
}

typedef struct chain {
    const struct chain *up;
    plc_str path;
    plc_unit *unit;
} chain;

static plc_unit *load_unit(plc *p, plc_str path, plc_loc from, plc_str prefix, const chain *up);

/* The unit at path that every plain import shares; an import with a name shares it too when it has
 * no state. */
static plc_unit *shared_unit(plc *p, plc_str path, bool is_named)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->unit_count; i++) {
        plc_unit *u = g->units[i];
        if (plc_same(p->files[u->file].path, path) && u->prefix.size == 0 && !u->is_contract &&
            !(is_named && owns_state(u))) {
            return u;
        }
    }
    return NULL;
}

static plc_unit *import_at(plc *p, plc_str path, plc_item *item, plc_str prefix, const chain *up,
                           bool *exists)
{
    for (const chain *c = up; c != NULL; c = c->up) {
        if (plc_same(c->path, path)) {
            plc_error(p, item->loc, NULL, "the imports go round in a circle");
            *exists = true;
            return NULL;
        }
    }
    plc_unit *unit = shared_unit(p, path, item->name.size > 0);
    if (unit == NULL) {
        const uint32_t before = p->program->unit_count;
        const uint32_t files = p->file_count;
        unit = load_unit(p, path, item->loc, prefix, up);
        *exists = unit != NULL || p->file_count != files || before == PLC_UNITS_MAX;
        return unit;
    }
    *exists = true;
    return unit;
}

static bool good_path(plc_str path)
{
    if (path.size < 6 || path.size > 200 || path.text[0] == '/' ||
        memcmp(path.text + path.size - 5, ".plim", 5) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < path.size; i++) {
        if (path.text[i] == '\\' || path.text[i] <= 0x20) {
            return false;
        }
    }
    return true;
}

static void load_import(plc *p, plc_item *item, const chain *here)
{
    plc_unit *unit = here->unit;
    if (!good_path(item->path)) {
        plc_error(p, item->loc, "write a relative path that ends in .plim",
                  "this is not the path of a module");
        return;
    }
    const plc_str prefix = item->name.size == 0 ? PLC_STR("")
                                                : plc_print(p, "%.*s%.*s.", PLC_FMT(unit->prefix),
                                                            PLC_FMT(item->name));
    bool exists = false;
    const plc_str near_path = join(p, directory(p->files[unit->file].path), item->path);
    plc_unit *m = import_at(p, near_path, item, prefix, here, &exists);
    if (!exists && p->library.size > 0 && !plc_starts(item->path, "../")) {
        m = import_at(p, join(p, p->library, item->path), item, prefix, here, &exists);
    }
    if (!exists) {
        plc_error(p, item->loc, NULL, "there is no module at `%.*s`", PLC_FMT(item->path));
        return;
    }
    if (m == NULL) {
        return;
    }
    if (m->is_contract) {
        plc_error(p, item->loc, "only modules can be imported", "`%.*s` is a contract",
                  PLC_FMT(m->name));
        return;
    }
    item->decl = m;
    if (item->name.size == 0) {
        *PLC_PUSH(p, unit->opens, unit->open_count) = m;
    } else {
        item->kind = IT_INSTANCE;
    }
}

static plc_unit *load_unit(plc *p, plc_str path, plc_loc from, plc_str prefix, const chain *up)
{
    plc_program *g = p->program;
    uint32_t file = 0;
    if (p->file_count == PLC_UNITS_MAX || g->unit_count == PLC_UNITS_MAX) {
        plc_error(p, from, NULL, "more than %u files and instances", PLC_UNITS_MAX);
        return NULL;
    }
    if (!load_file(p, path, &file)) {
        return NULL;
    }
    set_shown(p, file);
    plc_unit *unit = plc_parse(p, file);
    unit->prefix = prefix;
    const chain here = {up, path, unit};
    for (uint32_t i = 0; i < unit->item_count; i++) {
        if (unit->items[i].kind == IT_IMPORT) {
            load_import(p, &unit->items[i], &here);
        }
    }
    if (g->unit_count == PLC_UNITS_MAX) {
        return NULL;
    }
    if (!unit->is_contract && !owns_state(unit)) {
        unit->prefix = PLC_STR(""); /* one instance for all imports */
    }
    g->units[g->unit_count++] = unit;
    return unit;
}

plc_unit *plc_load_units(plc *p, plc_str path)
{
    const plc_loc none = {0, 0};
    plc_unit *unit = load_unit(p, join(p, PLC_STR(""), path), none, PLC_STR(""), NULL);
    if (unit != NULL && !unit->is_contract && !plc_failed(p)) {
        plc_error(p, none, "compile the contract that imports it", "this is a module");
    }
    return unit;
}

/* ---- names ---- */

plc_space plc_space_of(plc_item_kind kind)
{
    switch (kind) {
    case IT_TYPE:
    case IT_ENUM:
    case IT_STRUCT:
    case IT_BITFIELD:
    case IT_INTERFACE:
        return SPACE_TYPE;
    case IT_FUNCTION:
        return SPACE_FUNCTION;
    case IT_EVENT:
        return SPACE_EVENT;
    case IT_ERROR:
        return SPACE_ERROR;
    case IT_IMPORT:
    case IT_HOOK:
    case IT_INVARIANT:
        return SPACE_RULE;
    case IT_CONST:
    case IT_PARAM:
    case IT_TABLE:
    case IT_LIST:
    case IT_INSTANCE:
        break;
    }
    return SPACE_VALUE;
}

static plc_item *find_own(const plc_unit *unit, plc_space space, plc_str name)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        plc_item *item = &unit->items[i];
        if (item->name.size == name.size && plc_same(item->name, name) &&
            plc_space_of(item->kind) == space && item->kind != IT_IMPORT) {
            return item;
        }
    }
    return NULL;
}

plc_item *plc_find(plc *p, const plc_unit *unit, plc_space space, plc_str name)
{
    uint32_t dot = 0;
    while (dot < name.size && name.text[dot] != '.') {
        dot++;
    }
    if (dot < name.size) {
        plc_item *instance = plc_find(p, unit, SPACE_VALUE, (plc_str){name.text, dot});
        if (instance == NULL || instance->kind != IT_INSTANCE) {
            return NULL;
        }
        return plc_find(p, instance->decl, space,
                        (plc_str){name.text + dot + 1, name.size - dot - 1});
    }
    plc_item *item = find_own(unit, space, name);
    for (uint32_t i = 0; item == NULL && i < unit->open_count; i++) {
        item = find_own(unit->opens[i], space, name);
        if (item != NULL && item->kind == IT_INSTANCE) {
            item = NULL;
        }
    }
    return item;
}

void plc_near_items(plc_near *near, const plc_unit *unit, plc_space space)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        if (plc_space_of(unit->items[i].kind) == space) {
            plc_near_add(near, unit->items[i].name);
        }
    }
    for (uint32_t k = 0; k < unit->open_count; k++) {
        for (uint32_t i = 0; i < unit->opens[k]->item_count; i++) {
            if (plc_space_of(unit->opens[k]->items[i].kind) == space) {
                plc_near_add(near, unit->opens[k]->items[i].name);
            }
        }
    }
}

plc_item *plc_find_or_say(plc *p, const plc_unit *unit, plc_space space, plc_str name, plc_loc loc,
                          const char *what)
{
    plc_item *item = plc_find(p, unit, space, name);
    if (item == NULL) {
        plc_near near = plc_near_begin(name);
        plc_near_items(&near, unit, space);
        plc_error(p, loc, plc_near_help(p, &near), "there is no %s `%.*s`", what, PLC_FMT(name));
    }
    return item;
}
