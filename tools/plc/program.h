/* What a program is once its names are known: types, declarations, values, and the function being
 * emitted. Checking and emitting are one walk: an expression is typed where its code is written. */
#ifndef PLC_PROGRAM_H
#define PLC_PROGRAM_H

#include "tools/plc/ast.h"
#include "vm/machine/code.h"

/* ---- constants: sign and magnitude, the sign never on zero ---- */

typedef struct plc_num {
    bool negative;
    pl_u256 mag;
} plc_num;

plc_num plc_num_u64(uint64_t value);
bool plc_num_same(const plc_num *a, const plc_num *b);
int plc_num_compare(const plc_num *a, const plc_num *b);
/* false: the magnitude leaves 256 bits. */
bool plc_num_add(plc_num *r, const plc_num *a, const plc_num *b);
bool plc_num_mul(plc_num *r, const plc_num *a, const plc_num *b);
plc_num plc_num_negate(plc_num a);
plc_num plc_num_power_of_ten(uint32_t n); /* n <= 77 */
plc_num plc_num_power_of_two(uint32_t n); /* n <= 255 */
/* The 256-bit word of a constant: two's complement when negative. */
pl_u256 plc_num_word(const plc_num *a);
plc_num plc_num_from_word(const pl_u256 *word, bool is_signed);
bool plc_num_small(const plc_num *a, uint64_t *value); /* non-negative and below 2^64 */

/* ---- types ---- */

typedef enum plc_type_kind {
    TY_VOID,
    TY_BOOL,
    TY_INT,
    TY_TIME,
    TY_SCALED,
    TY_ACCOUNT,
    TY_SYMBOL,
    TY_BYTES32,
    TY_ENUM,
    TY_BITS,
    TY_CONTRACT,
    TY_STRUCT,
    TY_ARRAY,
    TY_NARROWED /* base stored in fewer bytes: the type of a field of a row */
} plc_type_kind;

typedef enum plc_measure { MEASURE_FACTOR, MEASURE_PRICE, MEASURE_AMOUNT } plc_measure;

typedef struct plc_type plc_type;

typedef struct plc_member {
    plc_str name;
    plc_loc loc;
    const plc_type *type;
    uint32_t leaf;        /* its first leaf */
    const plc_num *value; /* a default, one number per leaf, or NULL */
    uint32_t low, bits;   /* part of a bit field */
    const plc_num *min, *max;
} plc_member;

typedef struct plc_members {
    plc_member *at;
    uint32_t count;
} plc_members;

typedef struct plc_method {
    plc_str name;
    uint8_t effect;
    plc_members parameters, results;
    plc_loc loc;
} plc_method;

struct plc_type {
    plc_type_kind kind;
    bool is_signed;
    uint8_t size;  /* stored bytes of a scalar */
    uint8_t scale; /* scaled */
    plc_measure measure;
    plc_str unit;         /* amount<UNIT, ..> */
    plc_str name;         /* as a reader writes it */
    const plc_type *base; /* narrowed; element of an array */
    uint32_t count;       /* elements of an array */
    uint32_t leaf_count;
    plc_members members; /* struct fields; bit parts */
    plc_names variants;
    uint32_t enum_id; /* 1 + number in the container, 0: not used yet */
    plc_method *methods;
    uint32_t method_count;
    struct plc_table *table; /* the row's table */
};

/* ---- declarations ---- */

typedef struct plc_order {
    plc_str name;
    uint8_t count;
    uint8_t fields[PL_INDEX_FIELDS_MAX]; /* leaves of the row */
} plc_order;

typedef struct plc_table {
    plc_str name; /* with the instance's prefix */
    uint32_t id;
    bool is_params;
    plc_members keys; /* scalars */
    plc_type *row;
    plc_order *orders;
    uint32_t order_count;
} plc_table;

typedef struct plc_list {
    plc_table *items; /* key.., index -> value */
    plc_table *size;  /* key.. -> count */
    const plc_type *type;
} plc_list;

typedef struct plc_signature {
    plc_str name;
    uint32_t id;
    bool is_own; /* of the contract itself: written even when not used */
    plc_members parameters;
} plc_signature;

typedef struct plc_import {
    plc_method *method;
    plc_str interface;
} plc_import;

typedef struct plc_const {
    const plc_type *type;
    const plc_num *nums;
} plc_const;

typedef struct plc_function {
    plc_str name;
    uint32_t id;
    uint16_t flags;
    uint8_t effect;
    plc_unit *unit;
    plc_item *item;
    plc_members parameters, results;
    uint32_t parameter_leaves, result_leaves;
    uint32_t cost; /* nodes of the body, for expansion; UINT32_MAX: never */
    bool in_use;   /* being expanded: stops recursion */
    /* emitted */
    pl_instruction *code;
    plc_loc *places;
    uint32_t count;
    uint8_t *wide;
    uint32_t register_count;
    struct plc_symbol *symbols;
    uint32_t symbol_count;
    bool reached;
    uint32_t number; /* in the container */
} plc_function;

typedef struct plc_symbol {
    uint16_t reg;
    plc_str name;
    plc_str unit;
} plc_symbol;

typedef enum plc_space {
    SPACE_VALUE,
    SPACE_TYPE,
    SPACE_FUNCTION,
    SPACE_EVENT,
    SPACE_ERROR,
    SPACE_RULE
} plc_space;

typedef struct plc_program {
    plc_unit *units[PLC_UNITS_MAX];
    uint32_t unit_count;
    plc_type **types;
    uint32_t type_count;
    plc_table **tables;
    uint32_t table_count;
    plc_table *params;
    plc_member *param_members;
    plc_signature **errors, **events;
    uint32_t error_count, event_count;
    plc_signature *unlabelled;
    plc_import *imports;
    uint32_t import_count;
    plc_function **functions;
    uint32_t function_count;
    plc_type **enums;
    uint32_t enum_count;
    pl_u256 *pool;
    uint32_t pool_count;
    uint32_t *pool_table; /* hash: 1 + index */
    uint32_t pool_table_size;
    plc_type *oracle_info;
    uint32_t expanded; /* nodes taken in by the functions emitted so far */
} plc_program;

/* Loads the contract and everything it imports. Returns NULL when there is nothing to go on with.
 */
plc_unit *plc_load_units(plc *p, plc_str path);

/* Finds a declaration by its dotted name as seen from a unit, or NULL. */
plc_item *plc_find(plc *p, const plc_unit *unit, plc_space space, plc_str name);
plc_space plc_space_of(plc_item_kind kind);
/* Like plc_find, but reports a missing name, with the nearest known one. */
plc_item *plc_find_or_say(plc *p, const plc_unit *unit, plc_space space, plc_str name, plc_loc loc,
                          const char *what);
void plc_near_items(plc_near *near, const plc_unit *unit, plc_space space);

/* ---- types ---- */

const plc_type *plc_type_int(plc *p, bool is_signed, uint32_t bits);
const plc_type *plc_type_simple(plc *p, plc_type_kind kind);
const plc_type *plc_type_scaled(plc *p, plc_measure measure, bool is_signed, uint32_t scale,
                                plc_str unit, uint32_t size);
const plc_type *plc_type_array(plc *p, const plc_type *element, uint32_t count);
const plc_type *plc_type_narrowed(plc *p, const plc_type *base, uint32_t size);
const plc_type *plc_type_builtin(plc *p, plc_str name);
plc_type *plc_type_new(plc *p, plc_type_kind kind, plc_str name);
const plc_type *plc_type_oracle_info(plc *p);
void plc_type_layout(plc *p, plc_type *type, plc_loc loc); /* leaves of a struct's members */

/* The type an expression names; reports and returns NULL when there is none. */
const plc_type *plc_resolve(plc *p, plc_unit *unit, const plc_type_expr *e);
const plc_type *plc_resolve_item(plc *p, plc_item *item);
const plc_type *plc_leaf(const plc_type *type, uint32_t leaf);
plc_str plc_leaf_name(plc *p, plc_str name, const plc_type *type, uint32_t leaf);
const plc_type *plc_base(const plc_type *type); /* without narrowing */
bool plc_is_scalar(const plc_type *type);
bool plc_is_wide(const plc_type *scalar);
bool plc_is_signed(const plc_type *type);
bool plc_is_unsigned_int(const plc_type *type);
bool plc_is_number(const plc_type *type); /* integer or scaled */
bool plc_is_factor(const plc_type *type);
plc_num plc_type_min(const plc_type *type);
plc_num plc_type_max(const plc_type *type);
bool plc_fits(const plc_num *n, const plc_type *type);
const plc_member *plc_member_of(const plc_members *members, plc_str name);
pl_type plc_stored_form(plc *p, const plc_type *scalar);

/* A number token; *type is NULL when it has no suffix. Reports and returns false when it is none.
 */
bool plc_number(plc *p, plc_unit *unit, plc_str text, plc_loc loc, plc_num *value,
                const plc_type **type);
bool plc_symbol_number(plc *p, plc_str text, plc_loc loc, plc_num *value);

/* ---- declaring ---- */

void plc_declare(plc *p);
plc_const *plc_const_of(plc *p, plc_item *item);

/* ---- emitting ---- */

typedef enum plc_val_kind { VAL_NONE, VAL_REG, VAL_CONST } plc_val_kind;

/* kind NONE with type void: nothing; type NULL: an error was reported, stay silent. */
typedef struct plc_val {
    const plc_type *type;
    plc_val_kind kind;
    bool is_bare;   /* an integer constant without a type */
    bool is_stable; /* its register does not change while the value is in scope */
    uint16_t reg;
    const plc_num *nums;
} plc_val;

typedef struct plc_local {
    plc_str name;
    plc_loc loc;
    plc_val value;
    bool is_var;
} plc_local;

typedef struct plc_range {
    uint16_t base, count;
} plc_range;

typedef struct plc_label {
    uint32_t at; /* UINT32_MAX: not placed */
    bool wanted;
} plc_label;

/* A constant in a register: counted in the first pass, kept in a register in the second. */
typedef struct plc_kept {
    pl_u256 word;
    bool is_wide;
    bool is_loaded;
    uint32_t uses;
    uint16_t reg;
} plc_kept;

typedef struct plc_fn {
    plc *p;
    plc_program *g;
    plc_unit *unit; /* whose names are visible: changes while expanding */
    plc_function *decl;
    pl_instruction *code;
    plc_loc *places;
    uint32_t count;
    uint8_t *wide, *used; /* per register */
    uint32_t register_count;
    plc_range *live;
    uint32_t live_count;
    plc_local *locals;
    uint32_t local_count, floor; /* names below the floor belong to the caller */
    plc_label *labels;
    uint32_t label_count;
    plc_kept *kept;
    uint32_t kept_count;
    uint32_t loop_depth;
    uint32_t break_label, continue_label; /* UINT32_MAX outside loops */
    uint32_t expansion;                   /* depth of expanded calls */
    uint32_t expanded;                    /* nodes taken in so far */
    bool second;
    bool dead; /* control does not come here */
    bool full; /* too long: reported */
    bool constant_only;
    plc_loc loc;
    plc_symbol *symbols;
    uint32_t symbol_count;
} plc_fn;

/* regs.c */
uint16_t plc_reg(plc_fn *f, bool wide);
uint16_t plc_regs(plc_fn *f, const plc_type *type);
uint16_t plc_regs_members(plc_fn *f, const plc_members *m, const plc_type *first);
uint32_t plc_mark(const plc_fn *f);
void plc_release(plc_fn *f, uint32_t mark);
void plc_release_keep(plc_fn *f, uint32_t mark, uint16_t base, uint32_t count);
void plc_op(plc_fn *f, pl_op op, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);
uint32_t plc_label_new(plc_fn *f);
void plc_label_place(plc_fn *f, uint32_t label);
void plc_jump(plc_fn *f, uint32_t label);
void plc_jump_if(plc_fn *f, uint16_t reg, bool when, uint32_t label);
uint16_t plc_pool(plc_fn *f, const pl_u256 *word);
uint16_t plc_constant(plc_fn *f, const plc_num *n, bool wide);
void plc_load_constant(plc_fn *f, uint16_t to, const plc_num *n, bool wide);
bool plc_reg_wide(const plc_fn *f, uint16_t reg);
void plc_move(plc_fn *f, uint16_t to, uint16_t from);

/* values.c */
plc_val plc_val_error(void);
plc_val plc_val_void(plc_fn *f);
plc_val plc_val_reg(const plc_type *type, uint16_t reg);
plc_val plc_val_const(plc_fn *f, const plc_type *type, plc_num n);
plc_val plc_val_bare(plc_fn *f, plc_num n);
plc_val plc_val_bool(plc_fn *f, bool b);
uint16_t plc_in_reg(plc_fn *f, plc_val v);
uint16_t plc_in_wide(plc_fn *f, plc_val v);
void plc_into(plc_fn *f, uint16_t to, plc_val v);
/* The value as type `want`, or an error value after a message. */
plc_val plc_as(plc_fn *f, plc_val v, const plc_type *want, plc_loc loc);
bool plc_can_widen(const plc_type *from, const plc_type *to);
plc_val plc_plain(plc_fn *f, plc_val v); /* bare numbers become u256, narrowed parts their base */
plc_val plc_narrow_to(plc_fn *f, plc_val wide_value, const plc_type *type, uint16_t to);
#define PLC_NOWHERE 0xffffu

/* expr.c: `to` is a register the result may be written to at the very end, or PLC_NOWHERE. */
plc_val plc_expr_value(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to);
plc_val plc_expr_as(plc_fn *f, const plc_expr *e, const plc_type *want, uint16_t to);
void plc_expr_into(plc_fn *f, const plc_expr *e, const plc_type *want, uint16_t to);
void plc_condition(plc_fn *f, const plc_expr *e, bool when, uint32_t label);
const plc_type *plc_type_of(plc_fn *f, plc_expr *e, const plc_type *hint);
/* In an expanded body a constant is an argument: what does not fit traps there as in a call, and is
 * no error of the source. */
bool plc_at_run_time(const plc_fn *f);
plc_val plc_val_loaded(plc_fn *f, plc_val v); /* in a register, also when constant */
bool plc_const_value(plc_fn *f, const plc_expr *e, const plc_type *want, const plc_num **nums);

/* arith.c */
plc_val plc_unary(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to);
plc_val plc_binary(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to);
plc_val plc_binary_values(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, uint16_t to);
plc_val plc_cast(plc_fn *f, plc_val v, const plc_type *to_type, plc_loc loc, uint16_t to);
void plc_check_width(plc_fn *f, const plc_type *type, uint16_t reg);
bool plc_fold(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, plc_val *out);

/* builtin.c, fixed.c: false when the name is no builtin. */
bool plc_builtin(plc_fn *f, const plc_expr *call, const plc_type *hint, uint16_t to, plc_val *out);
bool plc_fixed(plc_fn *f, const plc_expr *call, const plc_type *hint, uint16_t to, plc_val *out);
void plc_near_builtins(plc_near *near);

/* place.c */
/* A computed index of an array of `count` elements. */
typedef struct plc_computed {
    uint16_t reg;
    uint32_t count, stride;
} plc_computed;

typedef enum plc_root { ROOT_NONE, ROOT_VALUE, ROOT_STORED } plc_root;

/* Where a value stands: registers or a stored row, then a path into it (leaf k of the place is at
 * base + k * stride, plus a register for a computed index), then perhaps a bit part. */
typedef struct plc_place {
    plc_root root;
    const plc_type *type;
    bool is_var;
    bool is_row; /* the whole row */
    bool is_stable;
    bool is_prefix;      /* fewer keys than the table has: only a scan takes it */
    plc_str name;        /* for messages */
    const plc_num *nums; /* root VALUE that is constant */
    plc_table *table;
    uint16_t key;
    uint32_t key_count;
    uint32_t base, stride;
    bool is_indexed;
    uint16_t index;
    uint32_t index_count;
    plc_computed *computed; /* the indexes behind it: settled where the element is accessed */
    uint32_t computed_count;
    const plc_member *bits;
    const plc_type *bits_type;
    plc_list *list;   /* the list itself, without index */
    bool check_first; /* an element of a list: must exist before it is written */
} plc_place;

/* Checks the bounds of all computed indexes and joins them to one: INDEX belongs to the access,
 * after everything that the place and the assigned value evaluate. */
plc_place plc_place_settle(plc_fn *f, const plc_place *place, bool is_write);
bool plc_place_of(plc_fn *f, const plc_expr *e, plc_place *place);
plc_val plc_place_read(plc_fn *f, const plc_place *place, plc_loc loc, uint16_t to);
void plc_place_write(plc_fn *f, const plc_place *place, plc_val v, plc_loc loc);
bool plc_place_writable(plc_fn *f, const plc_place *place, plc_loc loc);
uint16_t plc_keys(plc_fn *f, const plc_members *keys, const plc_exprs *list, plc_loc loc,
                  plc_str name);
plc_item *plc_item_of(plc_fn *f, const plc_expr *e, plc_space space);
const plc_type *plc_type_in_expr(plc_fn *f, const plc_expr *e);
/* Are the expressions locals that stand in neighbouring registers already? */
bool plc_consecutive(plc_fn *f, const plc_members *m, const plc_exprs *list, uint16_t *base);
plc_local *plc_local_find(plc_fn *f, plc_str name);
void plc_local_add(plc_fn *f, plc_str name, plc_loc loc, plc_val v, bool is_var);
const plc_type *plc_part_type(plc *p, const plc_member *m);

/* call.c */
plc_val plc_call(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to);
uint32_t plc_call_many(plc_fn *f, const plc_expr *e, plc_val **values);
bool plc_method_call(plc_fn *f, const plc_expr *e, uint16_t to, plc_val *out);
uint16_t plc_arguments(plc_fn *f, const plc_members *m, const plc_exprs *list, plc_loc loc,
                       plc_str name, bool *ok);
typedef struct plc_foreign {
    const plc_method *method;
    uint32_t import;
    uint16_t target;
    uint16_t arguments;
} plc_foreign;
/* The parts of a call `m.f(..)` on a contract; false when e is none. */
bool plc_foreign_of(plc_fn *f, const plc_expr *e, plc_foreign *call, bool *ok);
plc_function *plc_function_of(plc *p, plc_item *item);

/* stmt.c, scan.c */
void plc_body(plc_fn *f, const plc_stmts *body);
void plc_statement(plc_fn *f, const plc_stmt *s);
void plc_scan(plc_fn *f, const plc_stmt *s);
void plc_range_loop(plc_fn *f, const plc_stmt *s);
void plc_try(plc_fn *f, const plc_stmt *s);
void plc_loop_body(plc_fn *f, const plc_stmts *body, uint32_t on_break, uint32_t on_continue);

/* function.c, container.c */
void plc_emit_functions(plc *p);
void plc_fn_begin(plc_fn *f, plc *p, plc_unit *unit);
const uint8_t *plc_container(plc *p, size_t *size);

#endif
