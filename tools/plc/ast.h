/* The tree a source parses to, and the tokens it is made of. Nodes live in the arena and are never
 * shared between two instances of a module, so that later passes may leave notes in them. */
#ifndef PLC_AST_H
#define PLC_AST_H

#include "tools/plc/core.h"

typedef enum plc_tok {
    TOK_END,
    TOK_NAME,
    TOK_NUMBER,
    TOK_SYMBOL,
    TOK_TEXT,
#define PUNCT(name, text) TOK_##name,
#include "tools/plc/punct.def"
#undef PUNCT
    TOK_COUNT
} plc_tok;

/* How the parser used a token; the formatter spaces by it. */
enum { USE_PLAIN = 0, USE_UNARY = 1, USE_GENERIC = 2, USE_TIGHT = 3, USE_LITERAL = 4 };

typedef struct plc_token {
    uint8_t kind;
    uint8_t use;
    bool keyword;    /* a reserved word */
    uint32_t offset; /* bytes in the source */
    uint32_t size;
    uint32_t line;
} plc_token;

typedef struct plc_type_expr plc_type_expr;
typedef struct plc_expr plc_expr;
typedef struct plc_stmt plc_stmt;

typedef struct plc_exprs {
    plc_expr **at;
    uint32_t count;
} plc_exprs;

typedef struct plc_names {
    plc_str *at;
    plc_loc *loc;
    uint32_t count;
} plc_names;

struct plc_type_expr {
    plc_loc loc;
    plc_str name; /* dotted; empty: the argument is a number */
    plc_str number;
    plc_type_expr **args;
    uint32_t arg_count;
    plc_exprs dims; /* T[a][b]: a first */
};

typedef enum plc_expr_kind {
    EX_NUMBER, /* text */
    EX_SYMBOL, /* text without quotes */
    EX_BOOL,   /* op: 0 or 1 */
    EX_NAME,   /* text, maybe targs */
    EX_ENV,    /* text: caller self self_number now height oracle */
    EX_MEMBER, /* a . text, maybe targs */
    EX_INDEX,  /* a [ list ] */
    EX_CALL,   /* a ( list ) */
    EX_UNARY,  /* op a */
    EX_BINARY, /* a op b */
    EX_COND,   /* a ? b : c */
    EX_CAST,   /* a as type */
    EX_STRUCT, /* a (a name) { names : list } */
    EX_ARRAY,  /* [ list ] */
    EX_REPEAT, /* [ a ; b ] */
    EX_LOAD    /* load a */
} plc_expr_kind;

struct plc_expr {
    plc_expr_kind kind;
    uint8_t op; /* plc_tok of the operator */
    plc_loc loc;
    plc_str text;
    plc_expr *a, *b, *c;
    plc_exprs list;
    plc_names names;
    plc_type_expr *type;
    plc_type_expr **targs;
    uint32_t targ_count;
    const struct plc_type *noted; /* a conditional's type, once known */
    bool no_constant;             /* was asked for a constant before, and is none */
};

typedef enum plc_stmt_kind {
    ST_LET,    /* is_var, names, type, value */
    ST_ASSIGN, /* op, targets, value */
    ST_IF,     /* value, body, other */
    ST_RANGE,  /* for names[0] in value .. limit body */
    ST_SCAN,   /* for names in scan body */
    ST_WHILE,  /* value, limit, body */
    ST_BREAK,
    ST_CONTINUE,
    ST_RETURN,  /* list */
    ST_REQUIRE, /* value, callee, list */
    ST_REVERT,  /* callee, list */
    ST_EMIT,    /* callee, list */
    ST_DELETE,  /* value */
    ST_STORE,   /* targets[0], value */
    ST_UNREACHABLE,
    ST_TRY,   /* value, names, body, other, catch_name */
    ST_BLOCK, /* body */
    ST_EXPR   /* value */
} plc_stmt_kind;

typedef struct plc_stmts {
    plc_stmt **at;
    uint32_t count;
} plc_stmts;

struct plc_stmt {
    plc_stmt_kind kind;
    uint8_t op;
    bool is_var;
    bool is_tuple; /* let (a, b) and (a, b) = */
    bool descending;
    bool has_catch_name;
    plc_loc loc;
    plc_loc end; /* of its block */
    plc_names names;
    plc_type_expr *type;
    plc_expr *value, *limit;
    plc_exprs list; /* arguments; scan: values after `at` */
    plc_exprs from; /* scan: values after `from`; assignment: targets */
    plc_str callee; /* error, event; scan: index */
    plc_loc callee_loc;
    plc_stmts body, other;
    plc_str catch_name;
    plc_loc catch_loc;
};

typedef enum plc_item_kind {
    IT_IMPORT,
    IT_TYPE,
    IT_CONST,
    IT_ENUM,
    IT_STRUCT,
    IT_BITFIELD,
    IT_PARAM,
    IT_TABLE, /* also state */
    IT_LIST,
    IT_EVENT,
    IT_ERROR,
    IT_INTERFACE,
    IT_FUNCTION,
    IT_HOOK,
    IT_INVARIANT,
    IT_INSTANCE /* the prefix of an import: made by the loader, not the parser */
} plc_item_kind;

/* A name with a type: struct field, key, value, parameter, bit part. */
typedef struct plc_field_expr {
    plc_str name;
    plc_loc loc;
    plc_type_expr *type;
    plc_type_expr *stored; /* the type after `in`, or NULL */
    plc_expr *value;       /* default, or NULL */
    plc_expr *low, *high;  /* range of a param; first and end bit of a bit part */
} plc_field_expr;

typedef struct plc_index_expr {
    plc_str name;
    plc_loc loc;
    plc_names fields;
} plc_index_expr;

typedef struct plc_fields {
    plc_field_expr *at;
    uint32_t count;
} plc_fields;

typedef struct plc_method_expr {
    plc_str name;
    plc_loc loc;
    uint8_t effect;
    plc_fields parameters, results;
} plc_method_expr;

typedef struct plc_item {
    plc_item_kind kind;
    plc_str name;
    plc_loc loc;
    plc_loc end;
    plc_type_expr *type, *stored;
    plc_expr *value, *low, *high;
    plc_str path; /* import */
    plc_fields keys, fields, results;
    plc_names names; /* variants */
    plc_index_expr *indexes;
    uint32_t index_count;
    plc_method_expr *methods;
    uint32_t method_count;
    bool is_state, is_public, is_reentrant;
    uint8_t effect;
    plc_stmts body;
    struct plc_unit *unit;
    void *decl;    /* what the declaring pass made of it */
    uint8_t state; /* 0 new, 1 being resolved, 2 done */
} plc_item;

/* One file as one instance. */
typedef struct plc_unit {
    uint32_t file;
    plc_str name;
    plc_str prefix; /* "" or "troves." */
    bool is_contract;
    plc_item *items;
    uint32_t item_count;
    struct plc_unit **opens; /* imported without `as` */
    uint32_t open_count;
} plc_unit;

/* Parses file number `file` (already lexed). On errors the unit may be partial; they are recorded.
 */
plc_unit *plc_parse(plc *p, uint32_t file);

/* Used between the parser's files. */
typedef struct plc_parser {
    plc *p;
    uint32_t file;
    plc_token *tokens;
    uint32_t at;
    uint32_t depth;
    bool no_struct; /* in a loop head a `{` begins the body */
    bool panic;     /* an error was reported and not yet recovered from */
    uint32_t panic_at;
} plc_parser;

plc_tok plc_peek(const plc_parser *q);
bool plc_peek_word(const plc_parser *q, const char *word);
bool plc_accept(plc_parser *q, plc_tok kind);
bool plc_accept_word(plc_parser *q, const char *word);
bool plc_expect(plc_parser *q, plc_tok kind, const char *what);
bool plc_expect_word(plc_parser *q, const char *word);
plc_loc plc_here(const plc_parser *q);
plc_str plc_token_text(const plc_parser *q, uint32_t at);
plc_str plc_expect_name(plc_parser *q, const char *what, plc_loc *loc);
plc_str plc_dotted_name(plc_parser *q, const char *what, plc_loc *loc);
void plc_parse_error(plc_parser *q, const char *help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool plc_enter(plc_parser *q);
void plc_leave(plc_parser *q);
void plc_names_add(plc *p, plc_names *names, plc_str name, plc_loc loc);
void plc_exprs_add(plc *p, plc_exprs *list, plc_expr *e);

plc_type_expr *plc_parse_type(plc_parser *q);
plc_expr *plc_parse_expr(plc_parser *q);
plc_expr *plc_parse_postfix(plc_parser *q);
plc_type_expr **plc_parse_type_args(plc_parser *q, uint32_t *count);
plc_stmts plc_parse_body(plc_parser *q, plc_loc *end);

#endif
