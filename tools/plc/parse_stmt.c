/* Statements. spec 07 §2 */
#include "tools/plc/ast.h"

static plc_stmt *new_stmt(plc_parser *q, plc_stmt_kind kind)
{
    plc_stmt *s = PLC_NEW(q->p, plc_stmt);
    s->kind = kind;
    s->loc = plc_here(q);
    return s;
}

static void name_or_tuple(plc_parser *q, plc_stmt *s)
{
    plc_loc loc;
    s->is_tuple = plc_accept(q, TOK_LPAREN);
    do {
        const plc_str name = plc_expect_name(q, "a name", &loc);
        plc_names_add(q->p, &s->names, name, loc);
    } while (s->is_tuple && plc_accept(q, TOK_COMMA));
    if (s->is_tuple) {
        plc_expect(q, TOK_RPAREN, "`,` or `)`");
    }
}

static plc_exprs arguments(plc_parser *q)
{
    plc_exprs list = {0};
    q->tokens[q->at].use = USE_TIGHT;
    plc_expect(q, TOK_LPAREN, "`(`");
    if (!q->panic && plc_peek(q) != TOK_RPAREN) {
        do {
            plc_exprs_add(q->p, &list, plc_parse_expr(q));
        } while (plc_accept(q, TOK_COMMA));
    }
    plc_expect(q, TOK_RPAREN, "`,` or `)`");
    return list;
}

static plc_stmt *let(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_LET);
    s->is_var = plc_peek_word(q, "var");
    q->at++;
    name_or_tuple(q, s);
    if (!s->is_tuple && plc_accept(q, TOK_COLON)) {
        s->type = plc_parse_type(q);
    }
    if (!(s->is_var && s->type != NULL && plc_peek(q) == TOK_SEMI)) {
        plc_expect(q, TOK_SET, "`=` and a value");
        s->value = plc_parse_expr(q);
    }
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *if_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_IF);
    q->at++;
    plc_expect(q, TOK_LPAREN, "`(`");
    s->value = plc_parse_expr(q);
    plc_expect(q, TOK_RPAREN, "`)`");
    s->body = plc_parse_body(q, &s->end);
    if (plc_accept_word(q, "else")) {
        if (plc_peek_word(q, "if")) {
            if (plc_enter(q)) {
                plc_stmt *other = if_stmt(q);
                plc_leave(q);
                *PLC_PUSH(q->p, s->other.at, s->other.count) = other;
            }
        } else {
            plc_loc end;
            s->other = plc_parse_body(q, &end);
        }
    }
    return s;
}

/* expr or ( expr, expr ) */
static plc_exprs tuple(plc_parser *q)
{
    plc_exprs list = {0};
    if (plc_peek(q) == TOK_LPAREN) {
        const uint32_t back = q->at;
        q->at++;
        const bool no_struct = q->no_struct;
        q->no_struct = false;
        do {
            plc_exprs_add(q->p, &list, plc_parse_expr(q));
        } while (plc_accept(q, TOK_COMMA));
        q->no_struct = no_struct;
        plc_expect(q, TOK_RPAREN, "`,` or `)`");
        if (list.count > 1 || q->panic) {
            return list;
        }
        q->at = back; /* a bracketed expression: it may go on after the bracket */
        list = (plc_exprs){0};
    }
    plc_exprs_add(q->p, &list, plc_parse_expr(q));
    return list;
}

static void scan_rest(plc_parser *q, plc_stmt *s)
{
    s->kind = ST_SCAN;
    if (plc_accept_word(q, "by")) {
        s->callee = plc_expect_name(q, "the name of an index", &s->callee_loc);
        if (plc_accept_word(q, "at")) {
            s->list = tuple(q);
        }
    }
    if (plc_accept_word(q, "from")) {
        s->from = tuple(q);
    }
    s->descending = plc_accept_word(q, "descending");
}

static plc_stmt *for_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_RANGE);
    q->at++;
    const uint32_t second = q->at + (plc_peek(q) == TOK_LPAREN ? 2 : 0);
    if (second != q->at && q->tokens[second - 1].kind == TOK_NAME &&
        (q->tokens[second].kind == TOK_SET || q->tokens[second - 1].keyword)) {
        plc_parse_error(q, "write for i in 0..n { }", "there is no three-part `for`");
    }
    name_or_tuple(q, s);
    plc_expect_word(q, "in");
    q->no_struct = true;
    s->value = plc_parse_expr(q);
    if (plc_accept(q, TOK_RANGE)) {
        s->limit = plc_parse_expr(q);
    } else {
        scan_rest(q, s);
    }
    q->no_struct = false;
    s->body = plc_parse_body(q, &s->end);
    return s;
}

static plc_stmt *while_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_WHILE);
    q->at++;
    plc_expect(q, TOK_LPAREN, "`(`");
    s->value = plc_parse_expr(q);
    plc_expect(q, TOK_RPAREN, "`)`");
    if (!q->panic && !plc_peek_word(q, "max")) {
        plc_parse_error(q, "write while (..) max 256 { }", "`while` needs a bound");
    }
    plc_expect_word(q, "max");
    q->no_struct = true;
    s->limit = plc_parse_expr(q);
    q->no_struct = false;
    s->body = plc_parse_body(q, &s->end);
    return s;
}

static plc_stmt *return_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_RETURN);
    q->at++;
    if (plc_peek(q) != TOK_SEMI) {
        s->list = tuple(q);
    }
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *raise_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, plc_peek_word(q, "require") ? ST_REQUIRE : ST_REVERT);
    q->at++;
    bool named = s->kind == ST_REVERT && plc_peek(q) != TOK_SEMI;
    if (s->kind == ST_REQUIRE) {
        q->tokens[q->at].use = USE_TIGHT;
        plc_expect(q, TOK_LPAREN, "`(`");
        s->value = plc_parse_expr(q);
        named = plc_accept(q, TOK_COMMA);
    }
    if (named) {
        if (plc_peek(q) == TOK_TEXT) {
            plc_parse_error(q, "declare `error Name();` and write Name() here",
                            "an error is a name, not a text");
        }
        s->callee = plc_dotted_name(q, "the name of an error", &s->callee_loc);
        s->list = arguments(q);
    }
    if (s->kind == ST_REQUIRE) {
        plc_expect(q, TOK_RPAREN, "`)`");
    }
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *emit_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_EMIT);
    q->at++;
    s->callee = plc_dotted_name(q, "the name of an event", &s->callee_loc);
    s->list = arguments(q);
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *try_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_TRY);
    q->at++;
    q->no_struct = true;
    s->value = plc_parse_expr(q);
    q->no_struct = false;
    if (plc_accept(q, TOK_ARROW)) {
        name_or_tuple(q, s);
    }
    s->body = plc_parse_body(q, &s->end);
    plc_expect_word(q, "catch");
    if (plc_accept(q, TOK_LPAREN)) {
        s->has_catch_name = true;
        s->catch_name = plc_expect_name(q, "a name", &s->catch_loc);
        plc_expect(q, TOK_RPAREN, "`)`");
    }
    plc_loc end;
    s->other = plc_parse_body(q, &end);
    return s;
}

static bool is_assignment(plc_tok kind)
{
    switch ((int)kind) {
    case TOK_SET:
    case TOK_ADD_SET:
    case TOK_SUB_SET:
    case TOK_MUL_SET:
    case TOK_DIV_SET:
    case TOK_MOD_SET:
    case TOK_AND_SET:
    case TOK_OR_SET:
    case TOK_XOR_SET:
    case TOK_SHL_SET:
    case TOK_SHR_SET:
        return true;
    default:
        return false;
    }
}

/* `(a, b) = f(x);`: a tuple of places, told from a bracketed expression by its comma. */
static bool at_tuple_places(const plc_parser *q)
{
    if (plc_peek(q) != TOK_LPAREN) {
        return false;
    }
    uint32_t open = 0;
    for (uint32_t i = q->at; q->tokens[i].kind != TOK_END; i++) {
        const uint8_t kind = q->tokens[i].kind;
        open += kind == TOK_LPAREN || kind == TOK_LBRACKET;
        open -= kind == TOK_RPAREN || kind == TOK_RBRACKET;
        if (open == 0) {
            return q->tokens[i + 1].kind == TOK_SET;
        }
        if (kind == TOK_SEMI || kind == TOK_LBRACE) {
            return false;
        }
    }
    return false;
}

static plc_stmt *plain_stmt(plc_parser *q)
{
    plc_stmt *s = new_stmt(q, ST_EXPR);
    if (at_tuple_places(q)) {
        s->kind = ST_ASSIGN;
        s->is_tuple = true;
        s->op = TOK_SET;
        q->at++;
        do {
            plc_exprs_add(q->p, &s->from, plc_parse_postfix(q));
        } while (plc_accept(q, TOK_COMMA));
        plc_expect(q, TOK_RPAREN, "`,` or `)`");
        plc_expect(q, TOK_SET, "`=`");
        s->value = plc_parse_expr(q);
        plc_expect(q, TOK_SEMI, "`;`");
        return s;
    }
    s->value = plc_parse_expr(q);
    if (!q->panic && is_assignment(plc_peek(q))) {
        s->kind = ST_ASSIGN;
        s->op = (uint8_t)plc_peek(q);
        if (s->op == TOK_DIV_SET) {
            plc_parse_error(q, "write x = div_down(x, n), or another rounding",
                            "`/=` does not say how to round");
        }
        q->at++;
        plc_exprs_add(q->p, &s->from, s->value);
        s->value = plc_parse_expr(q);
    }
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *word_stmt(plc_parser *q)
{
    static const struct {
        const char *word;
        plc_stmt *(*parse)(plc_parser *q);
    } words[] = {{"let", let},
                 {"var", let},
                 {"if", if_stmt},
                 {"for", for_stmt},
                 {"while", while_stmt},
                 {"return", return_stmt},
                 {"require", raise_stmt},
                 {"revert", raise_stmt},
                 {"emit", emit_stmt},
                 {"try", try_stmt}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (plc_peek_word(q, words[i].word)) {
            return words[i].parse(q);
        }
    }
    plc_stmt *s = new_stmt(q, ST_BLOCK);
    if (plc_peek_word(q, "break") || plc_peek_word(q, "continue")) {
        s->kind = plc_peek_word(q, "break") ? ST_BREAK : ST_CONTINUE;
        q->at++;
    } else if (plc_accept_word(q, "unreachable")) {
        s->kind = ST_UNREACHABLE;
    } else if (plc_accept_word(q, "delete")) {
        s->kind = ST_DELETE;
        s->value = plc_parse_postfix(q);
    } else if (plc_accept_word(q, "store")) {
        s->kind = ST_STORE;
        plc_exprs_add(q->p, &s->from, plc_parse_postfix(q));
        plc_expect(q, TOK_SET, "`=` and a row");
        s->value = plc_parse_expr(q);
    } else {
        return plain_stmt(q);
    }
    plc_expect(q, TOK_SEMI, "`;`");
    return s;
}

static plc_stmt *statement(plc_parser *q)
{
    if (plc_peek(q) == TOK_LBRACE) {
        plc_stmt *s = new_stmt(q, ST_BLOCK);
        s->body = plc_parse_body(q, &s->end);
        return s;
    }
    return word_stmt(q);
}

/* Goes on after the broken statement's `;`, or before the `}` of its block. */
static void recover(plc_parser *q, uint32_t depth)
{
    uint32_t open = 0;
    q->panic = false;
    q->depth = depth;
    q->no_struct = false;
    while (plc_peek(q) != TOK_END) {
        const plc_tok kind = plc_peek(q);
        if (kind == TOK_RBRACE && open == 0) {
            return;
        }
        q->at++;
        open += kind == TOK_LBRACE;
        open -= kind == TOK_RBRACE;
        if ((kind == TOK_SEMI || kind == TOK_RBRACE) && open == 0) {
            return;
        }
    }
}

plc_stmts plc_parse_body(plc_parser *q, plc_loc *end)
{
    plc_stmts body = {0};
    const bool no_struct = q->no_struct;
    *end = plc_here(q);
    if (q->panic || !plc_expect(q, TOK_LBRACE, "`{`") || !plc_enter(q)) {
        return body;
    }
    q->no_struct = false;
    while (!q->panic && plc_peek(q) != TOK_RBRACE && plc_peek(q) != TOK_END) {
        const uint32_t depth = q->depth;
        plc_stmt *s = statement(q);
        if (q->panic) {
            recover(q, depth);
        } else {
            *PLC_PUSH(q->p, body.at, body.count) = s;
        }
    }
    *end = plc_here(q);
    plc_expect(q, TOK_RBRACE, "`}`");
    plc_leave(q);
    q->no_struct = no_struct;
    return body;
}
