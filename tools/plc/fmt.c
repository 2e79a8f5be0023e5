/* The formatter: the same tokens and comments, spaced and indented in one way.
 *
 * Line breaks stay where the author put them, at most one blank line in a row. What is inside a
 * bracket is indented by four spaces when the bracket is a brace or ends its line, and else aligned
 * behind it. */
#include "tools/plc/ast.h"

enum { OPEN_MAX = 256, STEP = 4 };

typedef struct printer {
    plc *p;
    const plc_file *file;
    const plc_token *tokens; /* as lexed: `>>` whole */
    const plc_token *used;   /* as parsed: how each was used */
    char *text;
    size_t count, room;
    uint32_t column; /* of the line being written */
    uint32_t indent[OPEN_MAX];
    uint8_t kinds[OPEN_MAX]; /* of the brackets that are open */
    uint32_t open;
} printer;

static void put(printer *w, const char *text, size_t size)
{
    if (w->count + size + 1 > w->room) {
        size_t room = w->room == 0 ? 4096 : w->room * 2;
        while (w->count + size + 1 > room) {
            room *= 2;
        }
        char *grown = plc_take(w->p, room);
        if (w->count > 0) {
            memcpy(grown, w->text, w->count);
        }
        w->text = grown;
        w->room = room;
    }
    memcpy(w->text + w->count, text, size);
    w->count += size;
    w->column += (uint32_t)size;
}

static void newline(printer *w)
{
    while (w->count > 0 && w->text[w->count - 1] == ' ') {
        w->count--;
    }
    put(w, "\n", 1);
    w->column = 0;
}

static void spaces(printer *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put(w, " ", 1);
    }
}

static bool is_open(uint8_t kind)
{
    return kind == TOK_LBRACE || kind == TOK_LPAREN || kind == TOK_LBRACKET;
}

static bool is_close(uint8_t kind)
{
    return kind == TOK_RBRACE || kind == TOK_RPAREN || kind == TOK_RBRACKET;
}

/* Does a line start here? Then a statement or item that goes on is indented a step further. */
static bool begins_statement(uint8_t before)
{
    return before == TOK_SEMI || before == TOK_LBRACE || before == TOK_RBRACE || before == TOK_END;
}

static bool tight_before(const plc_token *t)
{
    switch ((int)t->kind) {
    case TOK_SEMI:
    case TOK_COMMA:
    case TOK_COLON:
    case TOK_DOT:
    case TOK_RPAREN:
    case TOK_RBRACKET:
    case TOK_RANGE:
    case TOK_UPTO:
        return true;
    default:
        return t->use == USE_GENERIC || t->use == USE_TIGHT;
    }
}

static bool tight_after(const plc_token *t)
{
    switch ((int)t->kind) {
    case TOK_DOT:
    case TOK_LPAREN:
    case TOK_LBRACKET:
    case TOK_RANGE:
    case TOK_UPTO:
    case TOK_TILDE:
    case TOK_NOT:
        return true;
    default:
        return t->use == USE_UNARY || (t->use == USE_GENERIC && t->kind == TOK_LT);
    }
}

/* Is token i the first of a conditional's `:`? Those have a space before; types' do not. */
static bool spaced_colon(const printer *w, uint32_t i)
{
    uint32_t depth = 0;
    if (w->tokens[i].kind != TOK_COLON) {
        return false;
    }
    while (i > 0) {
        const uint8_t kind = w->tokens[--i].kind;
        depth += is_close(kind);
        if (is_open(kind)) {
            if (depth == 0) {
                return false;
            }
            depth--;
        } else if (depth == 0 && (kind == TOK_SEMI || kind == TOK_COMMA)) {
            return false;
        } else if (depth == 0 && kind == TOK_QUESTION) {
            return true;
        }
    }
    return false;
}

static bool space_between(const printer *w, uint32_t i)
{
    const plc_token *a = &w->used[i - 1];
    const plc_token *b = &w->used[i];
    if (w->tokens[i].kind == TOK_COLON) {
        return spaced_colon(w, i);
    }
    if (a->kind == TOK_LBRACE && b->kind == TOK_RBRACE) {
        return false;
    }
    if (b->kind == TOK_LPAREN) {
        /* declarations and calls are tight; `if (`, `return (`, `let (`, `-> (`, `= (` are not */
        static const char *const apart[] = {"if",   "for", "while", "return", "in",   "at",
                                            "from", "let", "var",   "as",     "catch"};
        const plc_str word = {w->file->text + w->tokens[i - 1].offset, w->tokens[i - 1].size};
        if (a->kind == TOK_NAME) {
            for (size_t k = 0; k < sizeof apart / sizeof apart[0]; k++) {
                if (plc_is(word, apart[k])) {
                    return b->use != USE_TIGHT;
                }
            }
            return false;
        }
        if (a->kind == TOK_RPAREN || a->kind == TOK_RBRACKET || b->use == USE_TIGHT) {
            return false;
        }
    }
    if (!tight_before(b) && !tight_after(a)) {
        return true;
    }
    /* `- -x` must not become `--x`: signs that would grow into another keep their space */
    const plc_str sign = {w->file->text + w->tokens[i - 1].offset, w->tokens[i - 1].size};
    return a->kind > TOK_TEXT && b->kind > TOK_TEXT && a->use != USE_GENERIC &&
           b->use != USE_GENERIC && plc_sign_grows(sign, w->file->text[w->tokens[i].offset]);
}

static void comment(printer *w, uint32_t from, uint32_t to)
{
    while (to > from && (w->file->text[to - 1] == ' ' || w->file->text[to - 1] == '\t' ||
                         w->file->text[to - 1] == '\r')) {
        to--;
    }
    for (uint32_t at = from; at < to; at++) {
        put(w, w->file->text + at, 1);
        w->column = w->file->text[at] == '\n' ? 0 : w->column;
    }
}

static uint32_t line_indent(const printer *w, const plc_token *next, bool fresh)
{
    const uint32_t inner = w->open == 0 ? 0 : w->indent[w->open - 1];
    const uint32_t outer = w->open < 2 ? 0 : w->indent[w->open - 2];
    if (next != NULL && next->kind == TOK_RBRACE) {
        return outer;
    }
    if (next != NULL && is_close(next->kind)) {
        return inner == outer + STEP ? outer : inner;
    }
    return fresh ? inner : inner + STEP;
}

/* Where the comment at `at` ends. */
static uint32_t comment_end(const printer *w, uint32_t at, uint32_t end)
{
    const char *t = w->file->text;
    uint32_t stop = at + 2;
    if (t[at + 1] == '/') {
        while (stop < end && t[stop] != '\n') {
            stop++;
        }
        return stop;
    }
    while (stop + 1 < end && !(t[stop] == '*' && t[stop + 1] == '/')) {
        stop++;
    }
    return stop + 2 < end ? stop + 2 : end;
}

/* Begins the line of a comment, or keeps its distance from the code before it. */
static void before_comment(printer *w, uint32_t breaks, uint32_t distance, bool fresh)
{
    if (w->count > 0 && breaks > 0) {
        newline(w);
        if (breaks > 1 && w->count > 1 && w->text[w->count - 2] != '\n') {
            newline(w);
        }
    } else if (w->column > 0) {
        spaces(w, distance == 0 ? 1 : distance > 60 ? 60 : distance);
    }
    if (w->column == 0) {
        spaces(w, line_indent(w, NULL, fresh));
    }
}

/* What stands between token i - 1 and token i: comments and line breaks, else a space or nothing.
 */
static void gap(printer *w, uint32_t i)
{
    const char *t = w->file->text;
    uint32_t at = i == 0 ? 0 : w->tokens[i - 1].offset + w->tokens[i - 1].size;
    const uint32_t end = w->tokens[i].offset;
    const plc_token *next = w->tokens[i].kind == TOK_END ? NULL : &w->tokens[i];
    const uint8_t before = i == 0 ? TOK_END : w->tokens[i - 1].kind;
    const bool in_brackets = w->open > 0 && w->kinds[w->open - 1] != TOK_LBRACE;
    const bool fresh =
        in_brackets || begins_statement(before) || (before == TOK_COMMA && w->open > 0);
    uint32_t breaks = 0;
    uint32_t from = at;
    bool wrote = false;
    while (at < end) {
        if (t[at] == '/') {
            const uint32_t stop = comment_end(w, at, end);
            before_comment(w, breaks, at - from, fresh);
            comment(w, at, stop);
            at = stop;
            from = stop;
            breaks = 0;
            wrote = true;
        } else {
            breaks += t[at] == '\n';
            at++;
        }
    }
    if (next == NULL && w->count > 0) {
        newline(w);
    } else if (next != NULL && breaks > 0 && w->count > 0) {
        newline(w);
        if (breaks > 1 && before != TOK_LBRACE && next->kind != TOK_RBRACE) {
            newline(w);
        }
        spaces(w, line_indent(w, next, fresh));
    } else if (next != NULL && i > 0 && (wrote || space_between(w, i))) {
        spaces(w, 1);
    }
}

static void track(printer *w, uint32_t i)
{
    const uint8_t kind = w->tokens[i].kind;
    if (is_close(kind) && w->open > 0) {
        w->open--;
    }
    if (is_open(kind) && w->open < OPEN_MAX) {
        const bool at_end = w->tokens[i + 1].line > w->tokens[i].line;
        const uint32_t outer = w->open == 0 ? 0 : w->indent[w->open - 1];
        w->kinds[w->open] = kind;
        w->indent[w->open++] = kind == TOK_LBRACE || at_end ? outer + STEP : w->column;
    }
}

static void print_tokens(printer *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        gap(w, i);
        put(w, w->file->text + w->tokens[i].offset, w->tokens[i].size);
        track(w, i);
    }
}

typedef struct formatted {
    char *text;
    size_t size;
} formatted;

static void guarded(plc *p, plc_str name, const char *text, size_t size, formatted *out)
{
    if (setjmp(p->bail) != 0) {
        out->text = NULL;
        return;
    }
    const uint32_t parsed = plc_add_file(p, name, text, size);
    plc_lex(p, parsed);
    if (plc_failed(p)) {
        return;
    }
    (void)plc_parse(p, parsed);
    if (plc_failed(p)) {
        return;
    }
    const uint32_t plain = plc_add_file(p, name, text, size);
    plc_lex(p, plain);
    printer w = {.p = p,
                 .file = &p->files[plain],
                 .tokens = p->files[plain].tokens,
                 .used = p->files[parsed].tokens};
    print_tokens(&w, p->files[plain].token_count);
    put(&w, "", 1);
    out->text = w.text;
    out->size = w.count - 1;
}

void plc_format(plc_result *result, const char *path, const char *text, size_t size)
{
    plc *p = plc_begin(0);
    formatted out = {NULL, 0};
    if (p != NULL) {
        guarded(p, (plc_str){path, (uint32_t)strlen(path)}, text, size, &out);
    }
    plc_finish(p, result, (const uint8_t *)out.text, out.size);
}
