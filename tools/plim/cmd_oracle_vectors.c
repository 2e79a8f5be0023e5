/* plim oracle vectors: signed price data with known outcomes, checked row by row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/table.h"
#include "tools/oracle/vectors.h"
#include "tools/plim/commands.h"

enum { SHOWN_MAX = 10 };

static bool all_agree(const pt_vector_tally *tally)
{
    return tally->agreed[0] == tally->rows && tally->agreed[1] == tally->rows;
}

static void print_classes(const pt_vector_tally *tally)
{
    pt_table table;
    pt_table_begin(&table, 4);
    table.right[1] = table.right[2] = table.right[3] = true;
    pt_table_cell(&table, "expected");
    pt_table_cell(&table, "rows");
    pt_table_cell(&table, "deployed");
    pt_table_cell(&table, "strict");
    for (size_t i = 0; i < tally->class_count; i++) {
        const pt_vector_class *class = &tally->classes[i];
        pt_table_cell(&table, "%s", class->name);
        pt_table_cell(&table, "%llu", (unsigned long long)class->rows);
        pt_table_cell(&table, "%llu", (unsigned long long)class->agreed[0]);
        pt_table_cell(&table, "%llu", (unsigned long long)class->agreed[1]);
    }
    pt_table_print(&table, stdout, 2);
}

static void print_file(const pt_vector_tally *tally, const char *file, bool failures_only)
{
    const size_t count = json_array_size(tally->disagreements);
    (void)printf("%s: %llu rows, agreed %llu deployed, %llu strict\n", file,
                 (unsigned long long)tally->rows, (unsigned long long)tally->agreed[0],
                 (unsigned long long)tally->agreed[1]);
    if (!failures_only) {
        print_classes(tally);
    }
    for (size_t i = 0; i < count && (failures_only || i < SHOWN_MAX); i++) {
        const json_t *row = json_array_get(tally->disagreements, i);
        (void)printf("  %s  %s  expected %s, got %s\n",
                     json_string_value(json_object_get(row, "id")),
                     json_string_value(json_object_get(row, "mode")),
                     json_string_value(json_object_get(row, "expected")),
                     json_string_value(json_object_get(row, "got")));
    }
    if (!failures_only && count > SHOWN_MAX) {
        (void)printf("  ... and %zu more; --failures shows all\n", count - SHOWN_MAX);
    }
}

static json_t *file_json(const pt_vector_tally *tally, const char *file)
{
    json_t *classes = json_array();
    for (size_t i = 0; i < tally->class_count; i++) {
        const pt_vector_class *class = &tally->classes[i];
        (void)json_array_append_new(
            classes, json_pack("{s:s, s:I, s:I, s:I}", "expected", class->name, "rows",
                               (json_int_t) class->rows, "deployed", (json_int_t) class->agreed[0],
                               "strict", (json_int_t) class->agreed[1]));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:O}", "file", file, "format", tally->format,
                     "rows", (json_int_t)tally->rows, "agreed_deployed",
                     (json_int_t)tally->agreed[0], "agreed_strict", (json_int_t)tally->agreed[1],
                     "classes", classes, "disagreements", tally->disagreements);
}

static pt_exit print_json(json_t *files, bool agreed, pt_report *report)
{
    json_t *all = json_pack("{s:b, s:O}", "agreed", agreed, "files", files);
    char *text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    if (text == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    (void)puts(text);
    free(text);
    return PT_OK;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const bool as_json = pt_args_flag(args, "--json");
    bool agreed = true;
    json_t *files = json_array();
    pt_exit result = PT_OK;
    for (size_t i = 0; i < args->word_count && result == PT_OK; i++) {
        pt_vector_tally *tally = pt_take_zeroed(1, sizeof *tally);
        result = pt_vectors_run(tally, args->words[i], report);
        agreed = agreed && all_agree(tally);
        if (result == PT_OK && as_json) {
            (void)json_array_append_new(files, file_json(tally, args->words[i]));
        } else if (result == PT_OK) {
            print_file(tally, pt_path_base(args->words[i]), pt_args_flag(args, "--failures"));
        }
        pt_vectors_free(tally);
        free(tally);
    }
    if (result == PT_OK && as_json) {
        result = print_json(files, agreed, report);
    }
    json_decref(files);
    return result == PT_OK && !agreed ? PT_DIVERGED : result;
}

static const pt_option options_table[] = {
    {"--failures", NULL, "every disagreement, and nothing about rows that agree"},
    {"--json", NULL, "one JSON object on stdout"},
};

const pt_command pt_command_oracle_vectors = {
    .name = "oracle vectors",
    .synopsis = "FILE...",
    .summary = "check files of signed price data with known outcomes",
    .about = "Every row of a vector file is verified under the deployed and under the strict "
             "rules.\n"
             "The outcome, the reason of a refusal, the price and the signers must be those that "
             "the\n"
             "row states. Files of EIP-712 typed data are encoded and their digests compared.\n\n"
             "  plim oracle vectors fixtures/oracle/*.json\n"
             "  plim oracle vectors redstone.json --failures\n\n"
             "Exit code 0: all rows agree; 1: a row does not; 3: a file is no vector file.",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
