/* Expressions. spec 07 §2 */
#include "tools/plc/ast.h"

static plc_expr *new_expr(plc_parser *q, plc_expr_kind kind, plc_loc loc)
{
    plc_expr *e = PLC_NEW(q->p, plc_expr);
    e->kind = kind;
    e->loc = loc;
    return e;
}

/* After an error the tree still needs a leaf. */
static plc_expr *broken(plc_parser *q)
{
    plc_expr *e = new_expr(q, EX_BOOL, plc_here(q));
    return e;
}

static plc_exprs expr_list(plc_parser *q, plc_tok close, const char *close_text)
{
    plc_exprs list = {0};
    const bool no_struct = q->no_struct;
    q->no_struct = false;
    if (!q->panic && plc_peek(q) != close) {
        do {
            plc_exprs_add(q->p, &list, plc_parse_expr(q));
        } while (plc_accept(q, TOK_COMMA));
    }
    q->no_struct = no_struct;
    plc_expect(q, close, close_text);
    return list;
}

/* A name that takes type arguments. `price < x` stays a comparison: the list must close and be
 * followed by `(` or `.`. */
static bool generic_word(plc_str s)
{
    static const char *const words[] = {"to",      "price", "iprice", "amount",
                                        "iamount", "fixed", "ifixed", "contract"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (plc_is(s, words[i])) {
            return true;
        }
    }
    return plc_starts(s, "to_") || plc_starts(s, "ratio_") || plc_starts(s, "value_") ||
           plc_starts(s, "units_");
}

static bool at_generic(const plc_parser *q)
{
    if (plc_peek(q) != TOK_LT || !generic_word(plc_token_text(q, q->at - 1))) {
        return false;
    }
    uint32_t open = 0;
    for (uint32_t i = q->at; i < q->at + 40; i++) {
        switch (q->tokens[i].kind) {
        case TOK_LT:
            open++;
            break;
        case TOK_GT:
        case TOK_SHR:
            open -= q->tokens[i].kind == TOK_GT || open == 1 ? 1 : 2;
            if (open == 0) {
                return q->tokens[i + 1].kind == TOK_LPAREN || q->tokens[i + 1].kind == TOK_DOT;
            }
            break;
        case TOK_NAME:
        case TOK_NUMBER:
        case TOK_COMMA:
        case TOK_DOT:
            break;
        default:
            return false;
        }
    }
    return false;
}

/* name { field: value, .. } */
static plc_expr *struct_literal(plc_parser *q, plc_expr *name)
{
    plc_expr *e = new_expr(q, EX_STRUCT, name->loc);
    const bool no_struct = q->no_struct;
    q->no_struct = false;
    e->a = name;
    q->tokens[q->at].use = USE_LITERAL;
    q->at++;
    while (!q->panic && plc_peek(q) != TOK_RBRACE) {
        plc_loc loc;
        const plc_str field = plc_expect_name(q, "a field", &loc);
        plc_expect(q, TOK_COLON, "`:` and a value");
        plc_names_add(q->p, &e->names, field, loc);
        plc_exprs_add(q->p, &e->list, plc_parse_expr(q));
        if (!plc_accept(q, TOK_COMMA)) {
            break;
        }
    }
    q->tokens[q->at].use = USE_LITERAL;
    plc_expect(q, TOK_RBRACE, "`,` or `}`");
    q->no_struct = no_struct;
    return e;
}

static plc_expr *array_literal(plc_parser *q)
{
    plc_expr *e = new_expr(q, EX_ARRAY, plc_here(q));
    const bool no_struct = q->no_struct;
    q->no_struct = false;
    q->at++;
    plc_expr *first = plc_parse_expr(q);
    if (plc_accept(q, TOK_SEMI)) {
        e->kind = EX_REPEAT;
        e->a = first;
        e->b = plc_parse_expr(q);
    } else {
        plc_exprs_add(q->p, &e->list, first);
        while (plc_accept(q, TOK_COMMA) && plc_peek(q) != TOK_RBRACKET) {
            plc_exprs_add(q->p, &e->list, plc_parse_expr(q));
        }
    }
    plc_expect(q, TOK_RBRACKET, "`,` or `]`");
    q->no_struct = no_struct;
    return e;
}

static plc_expr *name_expr(plc_parser *q)
{
    static const char *const env[] = {"caller", "self", "self_number", "now", "height", "oracle"};
    const plc_loc loc = plc_here(q);
    if (plc_peek_word(q, "true") || plc_peek_word(q, "false")) {
        plc_expr *e = new_expr(q, EX_BOOL, loc);
        e->op = plc_peek_word(q, "true");
        q->at++;
        return e;
    }
    if (plc_accept_word(q, "load")) {
        plc_expr *e = new_expr(q, EX_LOAD, loc);
        e->a = plc_parse_postfix(q);
        return e;
    }
    for (size_t i = 0; i < sizeof env / sizeof env[0]; i++) {
        if (plc_peek_word(q, env[i])) {
            plc_expr *e = new_expr(q, EX_ENV, loc);
            e->text = plc_token_text(q, q->at++);
            return e;
        }
    }
    plc_expr *e = new_expr(q, EX_NAME, loc);
    e->text = plc_expect_name(q, "an expression", NULL);
    return e;
}

static plc_expr *primary(plc_parser *q)
{
    const plc_loc loc = plc_here(q);
    if (q->panic) {
        return broken(q);
    }
    switch ((int)plc_peek(q)) {
    case TOK_NUMBER:
    case TOK_SYMBOL: {
        plc_expr *e = new_expr(q, plc_peek(q) == TOK_NUMBER ? EX_NUMBER : EX_SYMBOL, loc);
        e->text = plc_token_text(q, q->at++);
        if (e->kind == EX_SYMBOL) {
            e->text = (plc_str){e->text.text + 1, e->text.size - 2};
        }
        return e;
    }
    case TOK_LPAREN: {
        const bool no_struct = q->no_struct;
        q->no_struct = false;
        q->at++;
        plc_expr *e = plc_parse_expr(q);
        q->no_struct = no_struct;
        plc_expect(q, TOK_RPAREN, "`)`");
        return e;
    }
    case TOK_LBRACKET:
        return array_literal(q);
    case TOK_NAME:
        return name_expr(q);
    case TOK_TEXT:
        plc_parse_error(q, "symbols stand in single quotes: 'USDC'", "text is only for paths");
        return broken(q);
    default:
        plc_expect(q, TOK_NAME, "an expression");
        return broken(q);
    }
}

static bool is_name_path(const plc_expr *e)
{
    while (e->kind == EX_MEMBER && e->targ_count == 0) {
        e = e->a;
    }
    return e->kind == EX_NAME && e->targ_count == 0;
}

/* One step after a primary; NULL when there is none. */
static plc_expr *postfix_step(plc_parser *q, plc_expr *a)
{
    const plc_loc loc = plc_here(q);
    plc_expr *e;
    switch ((int)plc_peek(q)) {
    case TOK_DOT:
        q->at++;
        e = new_expr(q, EX_MEMBER, plc_here(q));
        e->a = a;
        if (plc_peek_word(q, "now") || plc_peek_word(q, "height")) {
            e->text = plc_token_text(q, q->at++);
        } else {
            e->text = plc_expect_name(q, "a field", NULL);
        }
        break;
    case TOK_LBRACKET:
        e = new_expr(q, EX_INDEX, loc);
        e->a = a;
        q->tokens[q->at].use = USE_TIGHT;
        q->at++;
        e->list = expr_list(q, TOK_RBRACKET, "`,` or `]`");
        break;
    case TOK_LPAREN:
        e = new_expr(q, EX_CALL, a->loc);
        e->a = a;
        q->tokens[q->at].use = USE_TIGHT;
        q->at++;
        e->list = expr_list(q, TOK_RPAREN, "`,` or `)`");
        break;
    case TOK_LT:
        if (!at_generic(q) || a->targ_count != 0) {
            return NULL;
        }
        e = a;
        e->targs = plc_parse_type_args(q, &e->targ_count);
        break;
    case TOK_LBRACE:
        if (q->no_struct || !is_name_path(a)) {
            return NULL;
        }
        e = struct_literal(q, a);
        break;
    case TOK_INC:
    case TOK_DEC:
        plc_parse_error(q, "write `+= 1` or `-= 1`", "there is no `%.*s`",
                        PLC_FMT(plc_token_text(q, q->at)));
        return NULL;
    default:
        return NULL;
    }
    return e;
}

plc_expr *plc_parse_postfix(plc_parser *q)
{
    plc_expr *e = primary(q);
    uint32_t steps = 0;
    while (!q->panic) {
        plc_expr *next = postfix_step(q, e);
        if (next == NULL) {
            break;
        }
        e = next;
        if (++steps > PLC_NESTING_MAX) {
            plc_parse_error(q, NULL, "nested more than %u deep", PLC_NESTING_MAX);
        }
    }
    return e;
}

static plc_expr *unary(plc_parser *q)
{
    const plc_tok op = plc_peek(q);
    if (q->panic || (op != TOK_SUB && op != TOK_NOT && op != TOK_TILDE)) {
        return plc_parse_postfix(q);
    }
    plc_expr *e = new_expr(q, EX_UNARY, plc_here(q));
    e->op = (uint8_t)op;
    q->tokens[q->at].use = USE_UNARY;
    q->at++;
    if (plc_enter(q)) {
        e->a = unary(q);
        plc_leave(q);
    } else {
        e->a = broken(q);
    }
    return e;
}

static plc_expr *cast(plc_parser *q)
{
    plc_expr *a = unary(q);
    uint32_t steps = 0;
    while (!q->panic && plc_peek_word(q, "as")) {
        plc_expr *e = new_expr(q, EX_CAST, plc_here(q));
        q->at++;
        e->a = a;
        e->type = plc_parse_type(q);
        a = e;
        if (++steps > PLC_NESTING_MAX) {
            plc_parse_error(q, NULL, "nested more than %u deep", PLC_NESTING_MAX);
        }
    }
    return a;
}

static const plc_tok levels[][5] = {
    {TOK_OR_OR, TOK_END},        {TOK_AND_AND, TOK_END},
    {TOK_EQ, TOK_NE, TOK_END},   {TOK_LT, TOK_LE, TOK_GT, TOK_GE, TOK_END},
    {TOK_OR, TOK_END},           {TOK_XOR, TOK_END},
    {TOK_AND, TOK_END},          {TOK_SHL, TOK_SHR, TOK_END},
    {TOK_ADD, TOK_SUB, TOK_END}, {TOK_MUL, TOK_DIV, TOK_MOD, TOK_END},
};

enum { LEVELS = sizeof levels / sizeof levels[0], CHAIN_MAX = 256 };

static bool level_has(uint32_t level, plc_tok op)
{
    for (uint32_t i = 0; levels[level][i] != TOK_END; i++) {
        if (levels[level][i] == op) {
            return true;
        }
    }
    return false;
}

static plc_expr *binary(plc_parser *q, uint32_t level)
{
    if (level == LEVELS) {
        return cast(q);
    }
    plc_expr *a = binary(q, level + 1);
    uint32_t steps = 0;
    while (!q->panic && level_has(level, plc_peek(q))) {
        plc_expr *e = new_expr(q, EX_BINARY, plc_here(q));
        e->op = (uint8_t)plc_peek(q);
        q->at++;
        e->a = a;
        e->b = binary(q, level + 1);
        a = e;
        if (++steps > CHAIN_MAX) {
            plc_parse_error(q, "name a part with `let`", "more than %d operators in a row",
                            CHAIN_MAX);
        }
    }
    if (!q->panic && plc_peek(q) == TOK_POWER) {
        plc_parse_error(q, "write pow(base, exponent)", "there is no `**`");
    }
    return a;
}

plc_expr *plc_parse_expr(plc_parser *q)
{
    if (q->panic || !plc_enter(q)) {
        return broken(q);
    }
    plc_expr *a = binary(q, 0);
    if (!q->panic && plc_peek(q) == TOK_QUESTION) {
        plc_expr *e = new_expr(q, EX_COND, plc_here(q));
        q->at++;
        e->a = a;
        e->b = plc_parse_expr(q);
        plc_expect(q, TOK_COLON, "`:`");
        e->c = plc_parse_expr(q);
        a = e;
    }
    plc_leave(q);
    return a;
}
