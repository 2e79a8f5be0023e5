/* Why a recorded call failed, as this machine says it (trace.h, spec 06 §7). */
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/trace.h"

/* A failure inside Solidity or its libraries: a trap here, which carries no arguments. */
static bool find_trap(pt_expect_tx *tx, const pt_trace *trace, const char *kind, const char *name)
{
    for (const pt_trap_name *t = trace->protocol->traps; t->kind != NULL; t++) {
        const size_t size = strlen(t->name);
        const bool same = t->name[size - 1] == ' ' ? strncmp(t->name, name, size) == 0
                                                   : strcmp(t->name, name) == 0;
        if (same && strcmp(t->kind, kind) == 0) {
            tx->status = (uint16_t)t->status;
            return true;
        }
    }
    return false;
}

/* v3.0 records an error's number beside its name; they must be the same error. */
static pt_exit check_code(const pt_trace *trace, const pt_json *error, const char *name,
                          pt_report *report)
{
    pt_json code;
    PT_TRY(pt_json_member(&code, error, "code", JSON_STRING, report));
    for (const pt_error_code *c = trace->protocol->error_codes; c != NULL && c->code != NULL; c++) {
        if (strcmp(c->name, name) == 0 && strcmp(c->code, json_string_value(code.value)) == 0) {
            return PT_OK;
        }
    }
    return pt_json_wrong(&code, report, "the number that belongs to the error's name");
}

static pt_kind kind_of(const pt_trace *trace, pl_name field)
{
    for (const pt_key_kind *k = trace->protocol->argument_kinds; k->key != NULL; k++) {
        if (pt_name_same_words(k->key, strlen(k->key), field.text, field.size)) {
            return k->kind;
        }
    }
    return PT_KIND_PLAIN;
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
        PT_TRY(pt_trace_put(arguments, trace, field, kind_of(trace, field->name), &item, report));
    }
    tx->arguments_size = (uint16_t)arguments->size;
    return PT_OK;
}

static pt_exit named_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                           const pt_json *error, const char *name, pt_report *report)
{
    pt_json said;
    PT_TRY(pt_json_member(&said, error, "name", JSON_STRING, report));
    const uint32_t number = pt_code_error(trace->code, name);
    if (number == PL_NONE) {
        return pt_json_wrong(&said, report, "an error that the contract declares");
    }
    const pl_signature *signature = &trace->code->errors[number];
    tx->status = PL_TRAP_REVERT;
    tx->error = signature->name.text;
    tx->error_size = signature->name.size;
    return put_arguments(tx, arguments, trace, signature, error, report);
}

pt_exit pt_trace_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                       const pt_json *step, pt_report *report)
{
    static const char *const keys[] = {"kind", "name", "code", "args"};
    static const struct {
        const char *kind;
        size_t key_count; /* of keys, from the first */
    } kinds[] = {{"empty", 1}, {"panic", 2}, {"string", 2}, {"code", 3}, {"custom", 4}};
    pt_json error, said;
    const char *kind = NULL, *name = NULL;
    PT_TRY(pt_json_member(&error, step, "err", JSON_OBJECT, report));
    PT_TRY(pt_json_text(&kind, &error, "kind", report));
    PT_TRY(pt_json_member(&said, &error, "kind", JSON_STRING, report));
    size_t k = 0;
    while (k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k].kind, kind) != 0) {
        k++;
    }
    if (k == sizeof kinds / sizeof kinds[0]) {
        return pt_json_wrong(&said, report, "code, custom, string, panic or empty");
    }
    PT_TRY(pt_json_only(&error, keys, kinds[k].key_count, report));
    if (strcmp(kind, "empty") == 0) {
        tx->status = PT_STATUS_NO_REASON;
        return PT_OK;
    }
    PT_TRY(pt_json_text(&name, &error, "name", report));
    if (find_trap(tx, trace, kind, name)) {
        return PT_OK;
    }
    if (strcmp(kind, "panic") == 0) {
        PT_TRY(pt_json_member(&said, &error, "name", JSON_STRING, report));
        return pt_json_wrong(&said, report,
                             "panic 0x11 (overflow), 0x12 (division by zero) or 0x21 (enum)");
    }
    if (strcmp(kind, "code") == 0) {
        PT_TRY(check_code(trace, &error, name, report));
    } else if (strcmp(kind, "string") == 0 && strcmp(name, trace->protocol->token_error) != 0) {
        PT_TRY(pt_json_member(&said, &error, "name", JSON_STRING, report));
        return pt_json_wrong(&said, report, "the token's refusal or a failed SafeCast");
    }
    return named_error(tx, arguments, trace, &error, name, report);
}
