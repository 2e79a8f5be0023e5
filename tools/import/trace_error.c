/* Why a recorded call failed, as this machine says it (trace.h, spec 06 §7). */
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/trace.h"

/* A failure inside Solidity or its libraries: a trap here, which carries no arguments; or one whose
 * error has another name here. */
static const pt_failure *find_failure(const pt_trace *trace, const char *kind, const char *name)
{
    static const pt_failure panics[] = {
        {.kind = "panic", .name = "0x11", .status = PL_TRAP_OVERFLOW},
        {.kind = "panic", .name = "0x12", .status = PL_TRAP_DIV_BY_ZERO},
        {.kind = "panic", .name = "0x21", .status = PL_TRAP_CAST},
        {.kind = NULL},
    };
    const pt_failure *const lists[] = {trace->protocol->failures, panics};
    for (size_t i = 0; i < 2; i++) {
        for (const pt_failure *f = lists[i]; f != NULL && f->kind != NULL; f++) {
            const size_t size = strlen(f->name);
            const bool same = f->name[size - 1] == ' ' ? strncmp(f->name, name, size) == 0
                                                       : strcmp(f->name, name) == 0;
            if (same && strcmp(f->kind, kind) == 0) {
                return f;
            }
        }
    }
    return NULL;
}

/* An error's number is recorded beside its name; they must be the same error. */
static pt_exit check_code(const pt_trace *trace, const pt_json *error, const char *number,
                          const char *name, pt_report *report)
{
    pt_json code;
    PT_TRY(pt_json_member(&code, error, "code", JSON_STRING, report));
    for (const pt_error_code *c = trace->protocol->error_codes; c != NULL && c->code != NULL; c++) {
        const bool same = number != NULL ? strcmp(c->code, number) == 0 &&
                                               strcmp(c->name, json_string_value(code.value)) == 0
                                         : strcmp(c->name, name) == 0 &&
                                               strcmp(c->code, json_string_value(code.value)) == 0;
        if (same) {
            return PT_OK;
        }
    }
    return pt_json_wrong(&code, report, "the number that belongs to the error's name");
}

/* A rejection whose first argument is a number, named by "code". */
static pt_exit check_rejection(const pt_trace *trace, const pt_json *error, pt_report *report)
{
    pt_json list, number;
    if (!pt_json_has(error, "code")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, error, "args", JSON_ARRAY, report));
    PT_TRY(pt_json_element(&number, &list, 0, JSON_STRING, report));
    return check_code(trace, error, json_string_value(number.value), NULL, report);
}

static pt_bind form_of(const pt_trace *trace, pl_name field)
{
    for (const pt_key *k = trace->protocol->keys; k != NULL && k->key != NULL; k++) {
        if (pt_name_same_words(k->key, strlen(k->key), field.text, field.size)) {
            return (pt_bind){.kind = k->kind, .list = k->list, .prefix = k->prefix};
        }
    }
    return (pt_bind){.kind = PT_PLAIN};
}

/* The list "args" in the order of the error's fields; absent is empty. */
static pt_exit put_arguments(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                             const pl_signature *signature, const pt_json *error, pt_report *report)
{
    pt_json list, item;
    size_t count = 0;
    if (pt_json_has(error, "args")) {
        PT_TRY(pt_json_member(&list, error, "args", JSON_ARRAY, report));
        count = json_array_size(list.value);
    }
    if (count != signature->count) {
        return pt_json_wrong(error, report, "one argument for each field of the contract's error");
    }
    for (size_t i = 0; i < count; i++) {
        const pl_field *field = &signature->fields[i];
        PT_TRY(pt_json_element(&item, &list, i, JSON_STRING, report));
        const pt_bind form = form_of(trace, field->name);
        PT_TRY(pt_trace_put(arguments, trace, field, &form, &item, report));
    }
    tx->arguments_size = (uint16_t)arguments->size;
    return PT_OK;
}

/* Texts of require have blanks and points that names cannot have: letters and digits count. */
static bool same_letters(pl_name name, const char *text)
{
    size_t at = 0;
    for (; *text != '\0'; text++) {
        const char folded = (char)(*text >= 'A' && *text <= 'Z' ? *text | 0x20 : *text);
        if ((folded < 'a' || folded > 'z') && (folded < '0' || folded > '9')) {
            continue;
        }
        while (at < name.size && (name.text[at] == '_' || name.text[at] == '.')) {
            at++;
        }
        if (at == name.size || (name.text[at] != folded && (name.text[at] | 0x20) != folded)) {
            return false;
        }
        at++;
    }
    return at == name.size;
}

static const pl_signature *find_error(const pt_trace *trace, const char *name, bool is_text)
{
    for (size_t c = 0; c < trace->contract_count; c++) {
        const pl_code *code = trace->codes[c];
        const uint32_t number = is_text ? PL_NONE : pt_code_error(code, name);
        if (number != PL_NONE) {
            return &code->errors[number];
        }
        for (uint32_t e = 0; is_text && e < code->error_count; e++) {
            if (same_letters(code->errors[e].name, name)) {
                return &code->errors[e];
            }
        }
    }
    return NULL;
}

static pt_exit named_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                           const pt_json *error, const char *name, bool is_text, pt_report *report)
{
    pt_json said;
    PT_TRY(pt_json_member(&said, error, "name", JSON_STRING, report));
    const pl_signature *signature = find_error(trace, name, is_text);
    if (signature == NULL) {
        return pt_json_wrong(&said, report, "an error that the contract declares");
    }
    tx->status = PL_TRAP_REVERT;
    tx->error = signature->name.text;
    tx->error_size = signature->name.size;
    return put_arguments(tx, arguments, trace, signature, error, report);
}

/* Kind and keys of an error; an empty one may spell an empty name. */
static pt_exit check_kind(const pt_json *error, const char *kind, pt_report *report)
{
    static const char *const keys[] = {"kind", "name", "code", "args"};
    static const struct {
        const char *kind;
        size_t key_count; /* of keys, from the first */
    } kinds[] = {{"empty", 1}, {"panic", 2}, {"string", 2}, {"code", 3}, {"custom", 4}};
    pt_json said;
    PT_TRY(pt_json_member(&said, error, "kind", JSON_STRING, report));
    size_t k = 0;
    while (k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k].kind, kind) != 0) {
        k++;
    }
    if (k == sizeof kinds / sizeof kinds[0]) {
        return pt_json_wrong(&said, report, "code, custom, string, panic or empty");
    }
    const json_t *name = json_object_get(error->value, "name");
    const bool unnamed = k == 0 && json_is_string(name) && json_string_length(name) == 0;
    return pt_json_only(error, keys, unnamed ? 2 : kinds[k].key_count, report);
}

pt_exit pt_trace_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                       const pt_json *step, pt_report *report)
{
    pt_json error, said;
    const char *kind = NULL, *name = NULL;
    PT_TRY(pt_json_member(&error, step, "err", JSON_OBJECT, report));
    PT_TRY(pt_json_text(&kind, &error, "kind", report));
    PT_TRY(check_kind(&error, kind, report));
    if (strcmp(kind, "empty") == 0) {
        tx->status = PT_STATUS_NO_REASON;
        return PT_OK;
    }
    PT_TRY(pt_json_member(&said, &error, "name", JSON_STRING, report));
    name = json_string_value(said.value);
    const pt_failure *failure = find_failure(trace, kind, name);
    if (failure != NULL && failure->status != PL_OK) {
        tx->status = (uint16_t)failure->status;
        return PT_OK;
    }
    if (failure != NULL) {
        return named_error(tx, arguments, trace, &error, failure->error, false, report);
    }
    if (strcmp(kind, "panic") == 0) {
        return pt_json_wrong(&said, report,
                             "panic 0x11 (overflow), 0x12 (division by zero) or 0x21 (enum)");
    }
    if (strcmp(kind, "code") == 0) {
        PT_TRY(check_code(trace, &error, NULL, name, report));
    } else if (strcmp(kind, "custom") == 0) {
        PT_TRY(check_rejection(trace, &error, report));
    } else if (!trace->protocol->text_errors && strcmp(name, trace->protocol->token_error) != 0) {
        return pt_json_wrong(&said, report, "the token's refusal or a failed SafeCast");
    }
    const bool is_text = strcmp(kind, "string") == 0 && trace->protocol->text_errors;
    return named_error(tx, arguments, trace, &error, name, is_text, report);
}
