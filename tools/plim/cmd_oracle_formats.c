/* plim oracle formats: what can be verified, and what is asked of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/table.h"
#include "tools/oracle/guess.h"
#include "tools/oracle/rules.h"
#include "tools/plim/commands.h"
#include "tools/plim/oracle_words.h"

static const char *signers_text(const pl_format *format)
{
    switch ((pl_member_kind)format->member_size) {
    case PL_MEMBER_NONE:
        return "none";
    case PL_MEMBER_ADDRESS:
        return "address";
    case PL_MEMBER_XONLY:
        return "x-only key";
    case PL_MEMBER_KEY:
        return "key";
    }
    return "";
}

static const char *time_text(const pl_format *format)
{
    static const char *const units[] = {"counter", "s", "ms", "us", "ns"};
    return units[format->time_unit];
}

static const char *scale_text(char text[16], const pl_format *format)
{
    if (format->scale < PL_SCALE_NONE) {
        (void)snprintf(text, 16, "%u decimals", format->scale);
        return text;
    }
    return format->scale == PL_SCALE_FEED   ? "not signed"
           : format->scale == PL_SCALE_WIRE ? "in the report"
                                            : "no price";
}

static const char *rules_text(char text[128], const pl_format *format)
{
    static const struct {
        unsigned flag;
        const char *text;
    } flags[] = {{PL_FORMAT_LOW_S, "low s"},
                 {PL_FORMAT_EXACT, "exactly the quorum"},
                 {PL_FORMAT_NAMED, "names its signer set"},
                 {PL_FORMAT_STAMP, "kept at block time"},
                 {PL_FORMAT_TRANSPORT, "transport"}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((format->flags & flags[i].flag) != 0) {
            (void)strcat(text, text[0] == '\0' ? "" : ", ");
            (void)strcat(text, flags[i].text);
        }
    }
    return text[0] == '\0' ? "-" : text;
}

static void print_all(void)
{
    pt_table table;
    char scale[16], rules[128];
    pt_table_begin(&table, 5);
    pt_table_cell(&table, "format");
    pt_table_cell(&table, "signers");
    pt_table_cell(&table, "order");
    pt_table_cell(&table, "price");
    pt_table_cell(&table, "deployed verifier");
    for (unsigned i = 0; i < PL_FEED_FORMATS; i++) {
        const pl_format *format = &pl_formats[i];
        pt_table_cell(&table, "%s", format->name);
        pt_table_cell(&table, "%s", signers_text(format));
        pt_table_cell(&table, "%s", time_text(format));
        pt_table_cell(&table, "%s", scale_text(scale, format));
        pt_table_cell(&table, "%s", rules_text(rules, format));
    }
    pt_table_print(&table, stdout, 0);
    (void)printf("\nplim oracle formats NAME lists the rules of one, in the order they are "
                 "asked.\n");
}

static size_t lines_of(pt_rule_line lines[PT_RULES_MAX], unsigned format)
{
    const pt_check_end end = {.format = format,
                              .stage = PT_STAGE_POLICY,
                              .strict = true,
                              .has_feed = true,
                              .has_set = true,
                              .has_clock = true,
                              .has_last = true};
    return pt_rule_lines(lines, &end);
}

static void print_one(unsigned number)
{
    const pl_format *format = &pl_formats[number];
    pt_rule_line lines[PT_RULES_MAX];
    char scale[16], rules[128];
    const size_t count = lines_of(lines, number);
    (void)printf("%s (format %u)\n  signers       %s\n  order key     %s\n  price         %s\n",
                 format->name, number, signers_text(format), time_text(format),
                 scale_text(scale, format));
    (void)printf("  deployed      %s\n", rules_text(rules, format));
    if (pt_guess_reason(number)[0] != '\0') {
        (void)printf("  known by      %s\n", pt_guess_reason(number));
    }
    (void)printf("  asked, in this order:\n");
    for (size_t i = 0; i < count; i++) {
        (void)printf("    %s\n", lines[i].text);
    }
}

static json_t *format_json(unsigned number)
{
    const pl_format *format = &pl_formats[number];
    pt_rule_line lines[PT_RULES_MAX];
    char scale[16];
    json_t *rules = json_array();
    const size_t count = lines_of(lines, number);
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(rules, json_string(lines[i].text));
    }
    return json_pack("{s:i, s:s, s:s, s:i, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:s, s:o}", "number",
                     (int)number, "name", format->name, "signers", signers_text(format),
                     "signer_size", (int)format->member_size, "order", time_text(format), "price",
                     scale_text(scale, format), "low_s", (format->flags & PL_FORMAT_LOW_S) != 0,
                     "exact_quorum", (format->flags & PL_FORMAT_EXACT) != 0, "names_its_set",
                     (format->flags & PL_FORMAT_NAMED) != 0, "kept_at_block_time",
                     (format->flags & PL_FORMAT_STAMP) != 0, "transport",
                     (format->flags & PL_FORMAT_TRANSPORT) != 0, "order_error",
                     pl_status_name(format->order_error), "rules", rules);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    unsigned number = PL_FEED_FORMATS;
    if (args->word_count > 0) {
        PT_TRY(pt_oracle_format_word(&number, args->words[0], report));
    }
    if (pt_args_flag(args, "--json")) {
        json_t *facts = json_array();
        for (unsigned i = 0; i < PL_FEED_FORMATS; i++) {
            if (number == PL_FEED_FORMATS || number == i) {
                (void)json_array_append_new(facts, format_json(i));
            }
        }
        const pt_exit result = pt_oracle_print_json(facts, report);
        json_decref(facts);
        return result;
    }
    if (number == PL_FEED_FORMATS) {
        print_all();
    } else {
        print_one(number);
    }
    return PT_OK;
}

static const pt_option options_table[] = {
    {"--json", NULL, "a JSON array on stdout"},
};

const pt_command pt_command_oracle_formats = {
    .name = "oracle formats",
    .synopsis = "[NAME]",
    .summary = "list the report formats and what is checked of each",
    .about = "Every format that a feed can have, how its signers are written, what orders its "
             "reports,\n"
             "and what the verifier on its chain demands. With a name: its rules in their "
             "order.\n\n"
             "  plim oracle formats\n"
             "  plim oracle formats redstone\n\n"
             "spec/09-oracle-formats.md has the layouts.",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 0,
    .words_max = 1,
    .run = run,
};
