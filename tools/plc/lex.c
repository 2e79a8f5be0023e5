/* Source bytes to tokens. spec 07 §1 */
#include "tools/plc/ast.h"

static const char *const keywords[] = {
    "let",         "var",     "if",     "else",   "for",    "while",       "return", "break",
    "continue",    "require", "revert", "emit",   "delete", "unreachable", "load",   "store",
    "try",         "catch",   "true",   "false",  "as",     "import",      "caller", "self",
    "self_number", "now",     "height", "oracle", "in"};

static const char *const puncts[] = {
#define PUNCT(name, text) text,
#include "tools/plc/punct.def"
#undef PUNCT
};

enum { TOKENS_MAX = 400000 };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

/* Returns the offset behind spaces and comments. */
static uint32_t skip_gap(plc *p, uint32_t file, uint32_t at)
{
    const plc_file *f = &p->files[file];
    const char *t = f->text;
    while (at < f->size) {
        if (t[at] == ' ' || t[at] == '\t' || t[at] == '\n' ||
            (t[at] == '\r' && at + 1 < f->size && t[at + 1] == '\n')) {
            at++;
        } else if (t[at] == '/' && at + 1 < f->size && t[at + 1] == '/') {
            while (at < f->size && t[at] != '\n') {
                at++;
            }
        } else if (t[at] == '/' && at + 1 < f->size && t[at + 1] == '*') {
            const uint32_t from = at;
            at += 2;
            while (at + 1 < f->size && !(t[at] == '*' && t[at + 1] == '/')) {
                at++;
            }
            if (at + 1 >= f->size) {
                plc_error(p, (plc_loc){file, from}, "end it with */", "the comment has no end");
                return f->size;
            }
            at += 2;
        } else {
            break;
        }
    }
    return at;
}

/* Digits, point, exponent and suffix of one number; `1..2` is a number, then a range. */
static uint32_t number_end(const plc_file *f, uint32_t at)
{
    const char *t = f->text;
    if (t[at] == '0' && at + 1 < f->size && (t[at + 1] == 'x' || t[at + 1] == 'X')) {
        at += 2;
        while (at < f->size && is_word(t[at])) {
            at++;
        }
        return at;
    }
    while (at < f->size && (is_digit(t[at]) || t[at] == '_')) {
        at++;
    }
    if (at + 1 < f->size && t[at] == '.' && is_digit(t[at + 1])) {
        at++;
        while (at < f->size && (is_digit(t[at]) || t[at] == '_')) {
            at++;
        }
    }
    if (at < f->size && t[at] == '%' && !(at + 1 < f->size && t[at + 1] == '=')) {
        return at + 1;
    }
    while (at < f->size && is_word(t[at])) {
        at++;
    }
    return at;
}

static uint32_t quoted_end(plc *p, uint32_t file, uint32_t at, char quote)
{
    const plc_file *f = &p->files[file];
    const uint32_t from = at;
    at++;
    while (at < f->size && f->text[at] != quote && f->text[at] > 0x1f && f->text[at] < 0x7f) {
        at++;
    }
    if (at >= f->size || f->text[at] != quote) {
        plc_error(p, (plc_loc){file, from}, "close it on the same line, printable ASCII only",
                  "the %s has no end", quote == '\'' ? "symbol" : "text");
        return at;
    }
    return at + 1;
}

bool plc_sign_grows(plc_str sign, char next)
{
    for (uint32_t i = 0; i < sizeof puncts / sizeof puncts[0]; i++) {
        const plc_str longer = {puncts[i], (uint32_t)strlen(puncts[i])};
        if (longer.size > sign.size && longer.text[sign.size] == next &&
            memcmp(longer.text, sign.text, sign.size) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t punct_end(const plc_file *f, uint32_t at, uint8_t *kind)
{
    for (uint32_t i = 0; i < sizeof puncts / sizeof puncts[0]; i++) {
        if (puncts[i][0] != f->text[at]) {
            continue;
        }
        const uint32_t size = (uint32_t)strlen(puncts[i]);
        if (f->size - at >= size && memcmp(f->text + at, puncts[i], size) == 0) {
            *kind = (uint8_t)(TOK_TEXT + 1 + i);
            return at + size;
        }
    }
    return at;
}

static uint32_t lex_one(plc *p, uint32_t file, uint32_t at, plc_token *token)
{
    const plc_file *f = &p->files[file];
    const char c = f->text[at];
    if (is_letter(c)) {
        uint32_t end = at;
        while (end < f->size && is_word(f->text[end])) {
            end++;
        }
        token->kind = TOK_NAME;
        for (uint32_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
            token->keyword |= plc_is((plc_str){f->text + at, end - at}, keywords[i]);
        }
        if (end - at > 63) {
            plc_error(p, (plc_loc){file, at}, NULL, "the name has more than 63 characters");
        }
        return end;
    }
    if (is_digit(c)) {
        token->kind = TOK_NUMBER;
        return number_end(f, at);
    }
    if (c == '\'' || c == '"') {
        token->kind = c == '"' ? TOK_TEXT : TOK_SYMBOL;
        return quoted_end(p, file, at, c);
    }
    const uint32_t end = punct_end(f, at, &token->kind);
    if (end == at) {
        if (c > 0x20 && c < 0x7f) {
            plc_error(p, (plc_loc){file, at}, NULL, "`%c` has no meaning here", c);
        } else {
            plc_error(p, (plc_loc){file, at}, "sources are printable ASCII outside comments",
                      "the byte 0x%02x is not allowed", (unsigned)(unsigned char)c);
        }
        token->kind = TOK_COUNT;
        return at + 1;
    }
    return end;
}

void plc_lex(plc *p, uint32_t file)
{
    plc_file *f = &p->files[file];
    uint32_t at = skip_gap(p, file, 0);
    uint32_t line = 1;
    while (at < f->size) {
        plc_token token = {.offset = at};
        const uint32_t end = lex_one(p, file, at, &token);
        token.size = end - at;
        while (line < f->line_count && f->lines[line] <= at) {
            line++;
        }
        token.line = line;
        if (token.kind != TOK_COUNT) {
            if (f->token_count == TOKENS_MAX) {
                plc_error(p, (plc_loc){file, at}, "split it into modules",
                          "the file has more than %d words", TOKENS_MAX);
                break;
            }
            *PLC_PUSH(p, f->tokens, f->token_count) = token;
        }
        at = skip_gap(p, file, end);
    }
    const plc_token last = {.kind = TOK_END, .offset = f->size, .line = f->line_count};
    *PLC_PUSH(p, f->tokens, f->token_count) = last;
}
