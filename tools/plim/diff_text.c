/* The facts of plim diff for people. */
#include <string.h>

#include "tools/plim/diff.h"

enum { VALUES_SHOWN = 12 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_value(const json_t *value, FILE *file)
{
    if (value == NULL || json_is_null(value)) {
        (void)fputs("nothing", file);
    } else if (json_is_string(value)) {
        (void)fputs(json_string_value(value), file);
    } else {
        (void)json_dumpf(value, file, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

static void print_pair(const json_t *object, FILE *file)
{
    (void)fputs("A ", file);
    print_value(json_object_get(object, "a"), file);
    (void)fputs(", B ", file);
    print_value(json_object_get(object, "b"), file);
}

static void print_values(const json_t *list, int indent, FILE *file)
{
    const size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < VALUES_SHOWN; i++) {
        const json_t *leaf = json_array_get(list, i);
        const char *where = text_of(leaf, "where");
        (void)fprintf(file, "%*s%s", indent, "", where[0] == '\0' ? "all of it" : where);
        if (json_object_get(leaf, "a") != NULL) {
            (void)fputs(": ", file);
            print_pair(leaf, file);
        }
        (void)fputs("\n", file);
    }
    if (count > VALUES_SHOWN) {
        (void)fprintf(file, "%*s... and %zu more; --json has them\n", indent, "",
                      count - VALUES_SHOWN);
    }
}

static void print_only(const json_t *object, FILE *file)
{
    const char *side = text_of(object, "only_in");
    if (side[0] != '\0') {
        (void)fprintf(file, "  (only in %s)", side[0] == 'a' ? "A" : "B");
    }
}

/* ---- rows ---- */

static void print_row(const json_t *row, FILE *file)
{
    const json_t *key = json_object_get(row, "key"), *fields = json_object_get(row, "fields");
    (void)fprintf(file, "    %s.%s", text_of(row, "contract"), text_of(row, "table"));
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)key, name, value)
    {
        (void)fprintf(file, " %s ", name);
        print_value(value, file);
    }
    print_only(row, file);
    if (json_is_false(json_object_get(row, "written_by_this_block"))) {
        (void)fputs("  (not written by this block: it differed before)", file);
    }
    (void)fputs("\n", file);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        (void)fprintf(file, "      %s: ", text_of(field, "field"));
        print_pair(field, file);
        if (json_object_get(field, "difference") != NULL) {
            (void)fprintf(file, "  (B - A = %s)", text_of(field, "difference"));
        }
        (void)fputs("\n", file);
    }
}

static void print_rows(const json_t *facts, const char *title, FILE *file)
{
    const json_t *rows = json_object_get(facts, "rows");
    const long long count = number_of(facts, "differing_rows");
    (void)fprintf(file, "  %s: %lld row%s\n", title, count, count == 1 ? " differs" : "s differ");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        print_row(json_array_get(rows, i), file);
    }
    if ((long long)json_array_size(rows) < count) {
        (void)fprintf(file, "    ... shown: %zu; --all shows more\n", json_array_size(rows));
    }
}

/* ---- worlds ---- */

static void print_code_side(const char *letter, const json_t *side, FILE *file)
{
    (void)fprintf(file, "      %s  ", letter);
    if (json_is_object(side)) {
        (void)fprintf(file, "%s  %s\n", text_of(side, "text"), text_of(side, "source"));
    } else {
        (void)fputs("has ended\n", file);
    }
}

static void print_names(const json_t *list, const char *letter, FILE *file)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)fprintf(file, "    only %s has function %s\n", letter,
                      json_string_value(json_array_get(list, i)));
    }
}

static void print_code(const json_t *part, FILE *file)
{
    const json_t *functions = json_object_get(part, "functions");
    (void)fprintf(file, "  contract %s: code A %.16s..., B %.16s...\n", text_of(part, "contract"),
                  text_of(part, "a"), text_of(part, "b"));
    print_names(json_object_get(part, "only_in_a"), "A", file);
    print_names(json_object_get(part, "only_in_b"), "B", file);
    for (size_t i = 0; i < json_array_size(functions); i++) {
        const json_t *function = json_array_get(functions, i);
        (void)fprintf(file, "    function %s, from instruction %lld on\n",
                      text_of(function, "function"), number_of(function, "instruction"));
        print_code_side("A", json_object_get(function, "a"), file);
        print_code_side("B", json_object_get(function, "b"), file);
    }
    if (json_array_size(functions) == 0) {
        (void)fputs("    no function's instructions differ: its declarations do\n", file);
    }
}

static void print_world(const json_t *facts, FILE *file)
{
    const json_t *world = json_object_get(facts, "world");
    const json_t *parts = json_object_get(world, "differences");
    const bool same = json_is_true(json_object_get(world, "same"));
    (void)fprintf(file, "Worlds: %s\n", same ? "the same" : "not the same");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const char *name = text_of(part, "part");
        if (strcmp(name, "contract") == 0) {
            print_code(part, file);
        } else if (strcmp(name, "contract name") == 0) {
            (void)fprintf(file, "  contract %lld: ", number_of(part, "contract"));
            print_pair(part, file);
            (void)fputs("\n", file);
        } else if (strcmp(name, "genesis rows") == 0) {
            print_rows(part, "genesis", file);
        } else {
            print_values(json_object_get(part, "values"), 2, file);
        }
    }
}

/* ---- the block ---- */

static void print_items(const json_t *list, const char *title, const char *number, FILE *file)
{
    if (json_array_size(list) != 0) {
        (void)fprintf(file, "%s\n", title);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const bool is_receipt = strcmp(number, "receipt") == 0;
        (void)fprintf(file, "  %s %lld, %s%s%s", is_receipt ? number : text_of(item, "kind"),
                      number_of(item, number), is_receipt ? text_of(item, "kind") : "",
                      is_receipt ? " " : "", text_of(item, "what"));
        print_only(item, file);
        (void)fputs("\n", file);
        if (text_of(item, "only_in")[0] == '\0') {
            print_values(json_object_get(item, "values"), 4, file);
        }
    }
}

static void print_operands(const json_t *step, const char *key, const char *title, FILE *file)
{
    const json_t *x = json_object_get(json_object_get(step, "a"), key);
    const json_t *y = json_object_get(json_object_get(step, "b"), key);
    for (size_t i = 0; i < json_array_size(x) || i < json_array_size(y); i++) {
        const json_t *const both[2] = {json_array_get(x, i), json_array_get(y, i)};
        const json_t *any = both[0] != NULL ? both[0] : both[1];
        const char *field = text_of(any, "field");
        (void)fprintf(file, "    %s %s%s%s: ", title, text_of(any, "register"),
                      field[0] == '\0' ? "" : " ", field);
        if (json_equal(both[0], both[1])) {
            (void)fprintf(file, "%s in both\n", text_of(any, "value"));
        } else {
            (void)fprintf(file, "A %s, B %s\n", both[0] == NULL ? "-" : text_of(both[0], "value"),
                          both[1] == NULL ? "-" : text_of(both[1], "value"));
        }
    }
}

static void print_step_side(const json_t *step, const char *letter, FILE *file)
{
    if (!json_is_object(step)) {
        (void)fprintf(file, "  %s  does not run here\n", letter);
        return;
    }
    (void)fprintf(file, "  %s  %s.%s instruction %lld: %s\n", letter, text_of(step, "contract"),
                  text_of(step, "function"), number_of(step, "instruction"), text_of(step, "text"));
    const char *source = text_of(step, "source");
    (void)fprintf(file, "       %s%s%s\n", text_of(step, "at"), source[0] == '\0' ? "" : "  ",
                  source);
}

static void print_step(const json_t *step, FILE *file)
{
    static const struct {
        const char *name, *text;
    } sentences[] = {
        {"result", "the first that gives another result from the same operands"},
        {"operands", "the first that reads another value"},
        {"place", "here another instruction runs"},
        {"end", "after it one of the two ends and the other goes on"},
        {"text", "the only difference of the two runs is this instruction"},
        {"gas", "the only difference of the two runs is the gas, from here on"},
    };
    const char *differs = text_of(step, "differs");
    if (strcmp(differs, "same") == 0) {
        (void)fprintf(file, "  %s %lld steps run alike\n",
                      json_is_true(json_object_get(step, "is_whole")) ? "all" : "the first",
                      number_of(step, "steps_compared"));
        return;
    }
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (strcmp(differs, sentences[i].name) == 0) {
            (void)fprintf(file, "  step %lld: %s\n", number_of(step, "number"), sentences[i].text);
        }
    }
    const json_t *a = json_object_get(step, "a"), *b = json_object_get(step, "b");
    if (json_equal(json_object_get(a, "text"), json_object_get(b, "text")) &&
        json_equal(json_object_get(a, "at"), json_object_get(b, "at"))) {
        print_step_side(a, " ", file);
    } else {
        print_step_side(a, "A", file);
        print_step_side(b, "B", file);
    }
    print_operands(step, "operands", "reads", file);
    print_operands(step, "results", "gives", file);
}

static void print_execution(const json_t *execution, FILE *file)
{
    const json_t *a = json_object_get(execution, "a"), *b = json_object_get(execution, "b");
    const json_t *any = json_is_object(a) ? a : b;
    const bool is_hooks = strcmp(text_of(execution, "kind"), "hooks") == 0;
    if (is_hooks && strcmp(text_of(json_object_get(execution, "step"), "differs"), "same") == 0) {
        (void)fputs("No execution differs in this block\n", file);
        return;
    }
    if (is_hooks) {
        (void)fputs("First effect that differs: the hooks after the transactions\n", file);
    } else {
        (void)fprintf(file, "First effect that differs: transaction %lld, %s calls %s.%s\n",
                      number_of(execution, "index"), text_of(any, "caller"),
                      text_of(any, "contract"), text_of(any, "function"));
    }
    if (json_object_get(execution, "step") != NULL) {
        print_step(json_object_get(execution, "step"), file);
    } else {
        (void)fprintf(file, "  only %s has this transaction\n", json_is_object(a) ? "A" : "B");
    }
}

static void print_header(const json_t *block, FILE *file)
{
    const json_t *header = json_object_get(block, "header");
    const json_t *checks = json_object_get(block, "checks");
    for (size_t i = 0; i < json_array_size(header); i++) {
        (void)fprintf(file, "%s%s", i == 0 ? "  header: other " : ", ",
                      json_string_value(json_array_get(header, i)));
    }
    (void)fputs(json_array_size(header) == 0 ? "" : "\n", file);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        (void)fprintf(file, "  %s does not verify: %s: %s\n    %s\n",
                      text_of(check, "side")[0] == 'a' ? "A" : "B", text_of(check, "check"),
                      text_of(check, "sentence"), text_of(check, "said"));
    }
}

static void print_block(const json_t *block, FILE *file)
{
    const char *ends = text_of(block, "ends_in");
    (void)fprintf(file, "First block that differs: %lld\n", number_of(block, "block"));
    if (ends[0] != '\0') {
        (void)fprintf(file, "  %s ends before it, %s goes on\n", ends[0] == 'a' ? "A" : "B",
                      ends[0] == 'a' ? "B" : "A");
        return;
    }
    print_header(block, file);
    print_items(json_object_get(block, "bodies"), "Bodies", "index", file);
    print_items(json_object_get(block, "receipts"), "Receipts", "receipt", file);
    if (json_object_get(block, "state") != NULL) {
        (void)fputs("State\n", file);
        print_rows(json_object_get(block, "state"), "after the block", file);
    }
    if (json_object_get(block, "execution") != NULL) {
        print_execution(json_object_get(block, "execution"), file);
    }
}

void pt_diff_print(const json_t *facts, FILE *file)
{
    static const char *const names[2] = {"a", "b"};
    for (int side = 0; side < 2; side++) {
        const json_t *object = json_object_get(facts, names[side]);
        (void)fprintf(file, "%s  %s, %lld blocks, world %.16s...\n", side == 0 ? "A" : "B",
                      text_of(object, "history"), number_of(object, "blocks"),
                      text_of(object, "world_id"));
    }
    if (json_is_true(json_object_get(facts, "identical"))) {
        (void)fputs("Identical: one world, the same blocks byte for byte\n", file);
        if (!json_equal(json_object_get(json_object_get(facts, "a"), "history_hash"),
                        json_object_get(json_object_get(facts, "b"), "history_hash"))) {
            (void)fputs(
                "(the files are not: the symbols of a contract differ, which no id covers)\n",
                file);
        }
        return;
    }
    print_world(facts, file);
    const json_t *block = json_object_get(facts, "first_difference");
    if (json_is_object(block)) {
        print_block(block, file);
    } else {
        (void)fputs("No block differs in what it says, its receipts and the rows it writes\n",
                    file);
    }
}
