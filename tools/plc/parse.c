/* Tokens to tree: the parser's tools and the items of a file. spec 07 §2
 *
 * After an error the parser panics: it stays silent, leaves every rule, and goes on at the next
 * statement or item. */
#include "tools/plc/ast.h"

/* ---- tools ---- */

plc_tok plc_peek(const plc_parser *q)
{
    return (plc_tok)q->tokens[q->at].kind;
}

plc_str plc_token_text(const plc_parser *q, uint32_t at)
{
    return (plc_str){q->p->files[q->file].text + q->tokens[at].offset, q->tokens[at].size};
}

bool plc_peek_word(const plc_parser *q, const char *word)
{
    return plc_peek(q) == TOK_NAME && plc_is(plc_token_text(q, q->at), word);
}

plc_loc plc_here(const plc_parser *q)
{
    return (plc_loc){q->file, q->tokens[q->at].offset};
}

void plc_parse_error(plc_parser *q, const char *help, const char *format, ...)
{
    if (q->panic) {
        return;
    }
    va_list args;
    va_start(args, format);
    plc_verror(q->p, plc_here(q), help, format, args);
    va_end(args);
    q->panic = true;
    q->panic_at = q->at;
}

bool plc_accept(plc_parser *q, plc_tok kind)
{
    if (q->panic || plc_peek(q) != kind) {
        return false;
    }
    q->at++;
    return true;
}

bool plc_accept_word(plc_parser *q, const char *word)
{
    if (q->panic || !plc_peek_word(q, word)) {
        return false;
    }
    q->at++;
    return true;
}

static const char *found(plc_parser *q)
{
    if (plc_peek(q) == TOK_END) {
        return "the end of the file";
    }
    const plc_str s = plc_token_text(q, q->at);
    return plc_print(q->p, "`%.*s`", s.size > 40 ? 40 : (int)s.size, s.text).text;
}

bool plc_expect(plc_parser *q, plc_tok kind, const char *what)
{
    if (plc_accept(q, kind)) {
        return true;
    }
    plc_parse_error(q, NULL, "expected %s, found %s", what, found(q));
    return false;
}

bool plc_expect_word(plc_parser *q, const char *word)
{
    if (plc_accept_word(q, word)) {
        return true;
    }
    plc_parse_error(q, NULL, "expected `%s`, found %s", word, found(q));
    return false;
}

plc_str plc_expect_name(plc_parser *q, const char *what, plc_loc *loc)
{
    if (loc != NULL) {
        *loc = plc_here(q);
    }
    if (!q->panic && plc_peek(q) == TOK_NAME) {
        if (q->tokens[q->at].keyword) {
            plc_parse_error(q, "choose another name", "%s is a reserved word, expected %s",
                            found(q), what);
            return PLC_STR("");
        }
        return plc_token_text(q, q->at++);
    }
    plc_parse_error(q, NULL, "expected %s, found %s", what, found(q));
    return PLC_STR("");
}

plc_str plc_dotted_name(plc_parser *q, const char *what, plc_loc *loc)
{
    plc_str name = plc_expect_name(q, what, loc);
    while (!q->panic && plc_peek(q) == TOK_DOT && q->tokens[q->at + 1].kind == TOK_NAME) {
        q->at++;
        const plc_str part = plc_expect_name(q, "a name", NULL);
        name = plc_print(q->p, "%.*s.%.*s", PLC_FMT(name), PLC_FMT(part));
        if (name.size > 500) {
            plc_parse_error(q, NULL, "the name is too long");
        }
    }
    return name;
}

bool plc_enter(plc_parser *q)
{
    if (q->depth >= PLC_NESTING_MAX) {
        plc_parse_error(q, "name a part with `let`, or move it to a function",
                        "nested more than %u deep", PLC_NESTING_MAX);
        return false;
    }
    q->depth++;
    return true;
}

void plc_leave(plc_parser *q)
{
    q->depth--;
}

void plc_names_add(plc *p, plc_names *names, plc_str name, plc_loc loc)
{
    uint32_t count = names->count;
    *PLC_PUSH(p, names->at, count) = name;
    *PLC_PUSH(p, names->loc, names->count) = loc;
}

void plc_exprs_add(plc *p, plc_exprs *list, plc_expr *e)
{
    *PLC_PUSH(p, list->at, list->count) = e;
}

/* ---- types ---- */

static plc_type_expr *type_arg(plc_parser *q)
{
    if (plc_peek(q) == TOK_NUMBER && !q->panic) {
        plc_type_expr *t = PLC_NEW(q->p, plc_type_expr);
        t->loc = plc_here(q);
        t->number = plc_token_text(q, q->at++);
        return t;
    }
    return plc_parse_type(q);
}

/* `>>` closes two lists: split it. */
static void close_args(plc_parser *q)
{
    if (plc_peek(q) == TOK_SHR) {
        plc_token *t = &q->tokens[q->at];
        t->kind = TOK_GT;
        t->size--;
        t->offset++;
        t->use = USE_GENERIC;
        return;
    }
    q->tokens[q->at].use = USE_GENERIC;
    plc_expect(q, TOK_GT, "`>`");
}

plc_type_expr **plc_parse_type_args(plc_parser *q, uint32_t *count)
{
    plc_type_expr **args = NULL;
    q->tokens[q->at].use = USE_GENERIC;
    if (!plc_expect(q, TOK_LT, "`<`") || !plc_enter(q)) {
        return NULL;
    }
    do {
        plc_type_expr *arg = type_arg(q);
        *PLC_PUSH(q->p, args, *count) = arg;
    } while (plc_accept(q, TOK_COMMA));
    close_args(q);
    plc_leave(q);
    return args;
}

/* Only these types take arguments: `x as u64 < y` compares. */
static bool takes_args(plc_str name)
{
    static const char *const names[] = {"amount", "iamount", "price",   "iprice",
                                        "fixed",  "ifixed",  "contract"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (plc_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

plc_type_expr *plc_parse_type(plc_parser *q)
{
    plc_type_expr *t = PLC_NEW(q->p, plc_type_expr);
    t->name = plc_dotted_name(q, "a type", &t->loc);
    if (!q->panic && plc_peek(q) == TOK_LT && takes_args(t->name)) {
        t->args = plc_parse_type_args(q, &t->arg_count);
    }
    while (!q->panic && plc_peek(q) == TOK_LBRACKET) {
        q->tokens[q->at].use = USE_TIGHT;
        q->at++;
        plc_exprs_add(q->p, &t->dims, plc_parse_expr(q));
        plc_expect(q, TOK_RBRACKET, "`]`");
    }
    return t;
}

/* ---- parts of items ---- */

/* Is the token an integer type? After `in` that tells a stored width from a range. */
static bool at_integer_type(const plc_parser *q)
{
    const plc_str s = plc_token_text(q, q->at);
    if (plc_peek(q) != TOK_NAME || s.size < 2 || (s.text[0] != 'u' && s.text[0] != 'i')) {
        return false;
    }
    for (uint32_t i = 1; i < s.size; i++) {
        if (s.text[i] < '0' || s.text[i] > '9') {
            return false;
        }
    }
    return true;
}

static void stored_type(plc_parser *q, plc_type_expr **type, plc_type_expr **stored)
{
    *type = plc_parse_type(q);
    if (plc_peek_word(q, "in") && !q->panic) {
        q->at++;
        if (at_integer_type(q)) {
            *stored = plc_parse_type(q);
        } else {
            q->at--;
        }
    }
}

static plc_field_expr named_type(plc_parser *q, const char *what)
{
    plc_field_expr f = {0};
    f.name = plc_expect_name(q, what, &f.loc);
    plc_expect(q, TOK_COLON, "`:` and a type");
    f.type = plc_parse_type(q);
    return f;
}

/* name: type, name: type ... up to the closing token. */
static plc_fields name_list(plc_parser *q, plc_tok close, const char *close_text)
{
    plc_fields list = {0};
    if (!q->panic && plc_peek(q) != close) {
        do {
            const plc_field_expr f = named_type(q, "a name");
            *PLC_PUSH(q->p, list.at, list.count) = f;
        } while (plc_accept(q, TOK_COMMA));
    }
    plc_expect(q, close, close_text);
    return list;
}

static plc_fields parameters(plc_parser *q)
{
    plc_expect(q, TOK_LPAREN, "`(`");
    return name_list(q, TOK_RPAREN, "`,` or `)`");
}

static plc_fields results(plc_parser *q)
{
    plc_fields list = {0};
    if (!plc_accept(q, TOK_ARROW)) {
        return list;
    }
    const bool many = plc_accept(q, TOK_LPAREN);
    do {
        plc_field_expr f = {.loc = plc_here(q)};
        if (many && plc_peek(q) == TOK_NAME && q->tokens[q->at + 1].kind == TOK_COLON) {
            f = named_type(q, "a name");
        } else {
            f.type = plc_parse_type(q);
        }
        *PLC_PUSH(q->p, list.at, list.count) = f;
    } while (many && plc_accept(q, TOK_COMMA));
    if (many) {
        plc_expect(q, TOK_RPAREN, "`,` or `)`");
    }
    return list;
}

static void keys(plc_parser *q, plc_item *item)
{
    q->tokens[q->at].use = USE_TIGHT;
    plc_expect(q, TOK_LBRACKET, "`[` and the key");
    item->keys = name_list(q, TOK_RBRACKET, "`,` or `]`");
}

static void index_line(plc_parser *q, plc_item *item)
{
    plc_index_expr ix = {0};
    q->at++;
    ix.name = plc_expect_name(q, "the name of the index", &ix.loc);
    plc_expect(q, TOK_LPAREN, "`(`");
    do {
        plc_loc loc;
        const plc_str name = plc_expect_name(q, "a field", &loc);
        plc_names_add(q->p, &ix.fields, name, loc);
    } while (plc_accept(q, TOK_COMMA));
    plc_expect(q, TOK_RPAREN, "`,` or `)`");
    plc_expect(q, TOK_SEMI, "`;`");
    *PLC_PUSH(q->p, item->indexes, item->index_count) = ix;
}

static void rows(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_LBRACE, "`{`");
    while (!q->panic && plc_peek(q) != TOK_RBRACE) {
        if (plc_peek_word(q, "index") && q->tokens[q->at + 1].kind == TOK_NAME) {
            index_line(q, item);
            continue;
        }
        plc_field_expr f = {0};
        f.name = plc_expect_name(q, "a field", &f.loc);
        plc_expect(q, TOK_COLON, "`:` and a type");
        stored_type(q, &f.type, &f.stored);
        if (plc_accept(q, TOK_SET)) {
            f.value = plc_parse_expr(q);
        }
        plc_expect(q, TOK_SEMI, "`;`");
        *PLC_PUSH(q->p, item->fields.at, item->fields.count) = f;
    }
    plc_expect(q, TOK_RBRACE, "`}`");
}

static plc_expr *bit_number(plc_parser *q)
{
    if (plc_peek(q) != TOK_NUMBER) {
        plc_expect(q, TOK_NUMBER, "a bit number");
        return NULL;
    }
    plc_expr *e = PLC_NEW(q->p, plc_expr);
    *e = (plc_expr){.kind = EX_NUMBER, .loc = plc_here(q), .text = plc_token_text(q, q->at)};
    q->at++;
    return e;
}

/* ---- items ---- */

static void item_struct(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_LBRACE, "`{`");
    while (!q->panic && plc_peek(q) != TOK_RBRACE) {
        const plc_field_expr f = named_type(q, "a field");
        plc_expect(q, TOK_SEMI, "`;`");
        *PLC_PUSH(q->p, item->fields.at, item->fields.count) = f;
    }
    plc_expect(q, TOK_RBRACE, "`}`");
}

static void item_bitfield(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_LBRACE, "`{`");
    while (!q->panic && plc_peek(q) != TOK_RBRACE) {
        plc_field_expr f = {0};
        f.name = plc_expect_name(q, "a part", &f.loc);
        plc_expect(q, TOK_COLON, "`:` and its bits");
        f.low = bit_number(q);
        if (plc_accept(q, TOK_RANGE)) {
            f.high = bit_number(q);
        }
        if (plc_accept_word(q, "as")) {
            f.type = plc_parse_type(q);
        }
        plc_expect(q, TOK_SEMI, "`;`");
        *PLC_PUSH(q->p, item->fields.at, item->fields.count) = f;
    }
    plc_expect(q, TOK_RBRACE, "`}`");
}

static void item_enum(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_LBRACE, "`{`");
    do {
        if (plc_peek(q) == TOK_RBRACE) {
            break;
        }
        plc_loc loc;
        const plc_str name = plc_expect_name(q, "a variant", &loc);
        plc_names_add(q->p, &item->names, name, loc);
    } while (plc_accept(q, TOK_COMMA));
    plc_expect(q, TOK_RBRACE, "`,` or `}`");
}

static void item_param(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_COLON, "`:` and a type");
    stored_type(q, &item->type, &item->stored);
    if (plc_accept(q, TOK_SET)) {
        item->value = plc_parse_expr(q);
    }
    if (plc_accept_word(q, "in")) {
        item->low = plc_parse_expr(q);
        if (plc_peek(q) == TOK_RANGE) {
            plc_parse_error(q, "write low..=high", "the range of a param includes both ends");
        }
        plc_expect(q, TOK_UPTO, "`..=`");
        item->high = plc_parse_expr(q);
    }
    plc_expect(q, TOK_SEMI, "`;`");
}

static bool effect_word(plc_parser *q, uint8_t *effect)
{
    static const char *const words[] = {"pure", "view", "tx"};
    for (uint8_t i = 0; i < 3; i++) {
        if (plc_accept_word(q, words[i])) {
            *effect = i;
            return true;
        }
    }
    return false;
}

static void item_interface(plc_parser *q, plc_item *item)
{
    plc_expect(q, TOK_LBRACE, "`{`");
    while (!q->panic && plc_peek(q) != TOK_RBRACE) {
        plc_method_expr m = {0};
        if (!effect_word(q, &m.effect)) {
            plc_parse_error(q, NULL, "expected `pure`, `view` or `tx`, found %s", found(q));
        }
        m.name = plc_expect_name(q, "a function", &m.loc);
        m.parameters = parameters(q);
        m.results = results(q);
        plc_expect(q, TOK_SEMI, "`;`");
        *PLC_PUSH(q->p, item->methods, item->method_count) = m;
    }
    plc_expect(q, TOK_RBRACE, "`}`");
}

static void item_import(plc_parser *q, plc_item *item)
{
    item->loc = plc_here(q);
    if (plc_expect(q, TOK_TEXT, "a path in \"\"")) {
        item->path = plc_token_text(q, q->at - 1);
        item->path = (plc_str){item->path.text + 1, item->path.size - 2};
    }
    if (plc_accept_word(q, "as")) {
        item->name = plc_expect_name(q, "a name", NULL);
    }
    plc_expect(q, TOK_SEMI, "`;`");
}

static void item_function(plc_parser *q, plc_item *item)
{
    item->kind = IT_FUNCTION;
    item->is_public = plc_accept_word(q, "public");
    item->is_reentrant = plc_accept_word(q, "reentrant");
    if (!effect_word(q, &item->effect)) {
        plc_near near = plc_near_begin(plc_token_text(q, q->at));
        static const char *const words[] = {"import",   "type",  "const",     "enum",   "struct",
                                            "bitfield", "param", "table",     "state",  "list",
                                            "event",    "error", "interface", "public", "pure",
                                            "view",     "tx",    "invariant", "on"};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            plc_near_add_word(&near, words[i]);
        }
        if (plc_is(near.name, "function") || plc_is(near.name, "fn")) {
            plc_parse_error(q, "write `pure`, `view` or `tx`, the effect, instead",
                            "functions are declared by their effect");
        }
        plc_parse_error(q, plc_near_help(q->p, &near), "expected %s, found %s",
                        item->is_public ? "`pure`, `view` or `tx`" : "a declaration", found(q));
    }
    item->name = plc_expect_name(q, "the function's name", &item->loc);
    item->fields = parameters(q);
    item->results = results(q);
    item->body = plc_parse_body(q, &item->end);
}

static void item_list(plc_parser *q, plc_item *item)
{
    if (plc_peek(q) == TOK_LBRACKET) {
        keys(q, item);
    }
    plc_expect(q, TOK_COLON, "`:` and a type");
    stored_type(q, &item->type, &item->stored);
    plc_expect(q, TOK_SEMI, "`;`");
}

static void item_after_name(plc_parser *q, plc_item *item)
{
    switch (item->kind) {
    case IT_TYPE:
        plc_expect(q, TOK_SET, "`=` and a type");
        item->type = plc_parse_type(q);
        plc_expect(q, TOK_SEMI, "`;`");
        return;
    case IT_CONST:
        plc_expect(q, TOK_COLON, "`:` and a type");
        item->type = plc_parse_type(q);
        plc_expect(q, TOK_SET, "`=` and a value");
        item->value = plc_parse_expr(q);
        plc_expect(q, TOK_SEMI, "`;`");
        return;
    case IT_ENUM:
        item_enum(q, item);
        return;
    case IT_STRUCT:
        item_struct(q, item);
        return;
    case IT_BITFIELD:
        item_bitfield(q, item);
        return;
    case IT_PARAM:
        item_param(q, item);
        return;
    case IT_TABLE:
        if (!item->is_state) {
            keys(q, item);
        }
        rows(q, item);
        return;
    case IT_LIST:
        item_list(q, item);
        return;
    case IT_EVENT:
    case IT_ERROR:
        item->fields = parameters(q);
        plc_expect(q, TOK_SEMI, "`;`");
        return;
    case IT_INTERFACE:
        item_interface(q, item);
        return;
    case IT_INVARIANT:
        item->effect = 1;
        item->body = plc_parse_body(q, &item->end);
        return;
    case IT_IMPORT:
    case IT_FUNCTION:
    case IT_HOOK:
    case IT_INSTANCE:
        return;
    }
}

static const struct {
    const char *word;
    plc_item_kind kind;
} item_words[] = {{"type", IT_TYPE},          {"const", IT_CONST}, {"enum", IT_ENUM},
                  {"struct", IT_STRUCT},      {"param", IT_PARAM}, {"bitfield", IT_BITFIELD},
                  {"table", IT_TABLE},        {"state", IT_TABLE}, {"list", IT_LIST},
                  {"event", IT_EVENT},        {"error", IT_ERROR}, {"interface", IT_INTERFACE},
                  {"invariant", IT_INVARIANT}};

static void parse_item(plc_parser *q, plc_item *item)
{
    item->loc = plc_here(q);
    if (plc_accept_word(q, "import")) {
        item->kind = IT_IMPORT;
        item_import(q, item);
        return;
    }
    if (plc_accept_word(q, "on")) {
        item->kind = IT_HOOK;
        item->name = PLC_STR("on_block");
        item->effect = 2;
        plc_expect_word(q, "block");
        item->body = plc_parse_body(q, &item->end);
        return;
    }
    for (size_t i = 0; i < sizeof item_words / sizeof item_words[0]; i++) {
        if (plc_peek_word(q, item_words[i].word)) {
            item->is_state = plc_peek_word(q, "state");
            q->at++;
            item->kind = item_words[i].kind;
            item->name = plc_expect_name(q, "a name", &item->loc);
            if (!q->panic) {
                item_after_name(q, item);
            }
            return;
        }
    }
    item_function(q, item);
}

/* Skips to the end of the broken item: a `;` outside braces, or the `}` that closes them. */
static void recover_item(plc_parser *q, uint32_t start)
{
    uint32_t open = 0;
    for (uint32_t i = start; i < q->panic_at; i++) {
        open += q->tokens[i].kind == TOK_LBRACE;
        open -= q->tokens[i].kind == TOK_RBRACE && open > 0;
    }
    q->at = q->panic_at;
    q->panic = false;
    q->depth = 0;
    q->no_struct = false;
    while (plc_peek(q) != TOK_END) {
        const plc_tok kind = plc_peek(q);
        q->at++;
        open += kind == TOK_LBRACE;
        if (kind == TOK_RBRACE && (open == 0 || --open == 0)) {
            return;
        }
        if (kind == TOK_SEMI && open == 0) {
            return;
        }
    }
}

plc_unit *plc_parse(plc *p, uint32_t file)
{
    plc_parser q = {.p = p, .file = file, .tokens = p->files[file].tokens};
    plc_unit *unit = PLC_NEW(p, plc_unit);
    unit->file = file;
    unit->prefix = PLC_STR("");
    unit->is_contract = plc_peek_word(&q, "contract");
    if (!plc_accept_word(&q, "contract") && !plc_accept_word(&q, "module")) {
        plc_parse_error(&q, "begin with `contract name;` or `module name;`",
                        "the file does not say what it is");
        return unit;
    }
    unit->name = plc_expect_name(&q, "a name", NULL);
    if (!plc_expect(&q, TOK_SEMI, "`;`")) {
        return unit;
    }
    while (plc_peek(&q) != TOK_END) {
        plc_item item = {.unit = unit};
        const uint32_t start = q.at;
        parse_item(&q, &item);
        if (q.panic) {
            recover_item(&q, start);
        } else {
            *PLC_PUSH(p, unit->items, unit->item_count) = item;
        }
        if (unit->item_count > PLC_ITEMS_MAX) {
            plc_parse_error(&q, "split it into modules", "more than %u declarations",
                            PLC_ITEMS_MAX);
            break;
        }
    }
    return unit;
}
