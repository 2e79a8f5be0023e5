/* plim oracle formats: what can be verified, and what is asked of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/table.h"
#include "tools/oracle/guess.h"
#include "tools/oracle/rules.h"
#include "tools/oracle/setup.h"
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
        (void)snprintf(text, 16, "always %u", format->scale);
        return text;
    }
    return format->scale == PL_SCALE_FEED   ? "--decimals"
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
    pt_table_cell(&table, "decimals");
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
    (void)printf(
        "\n"
        "order      what rises from report to report, and the unit of --last: a time in s, "
        "ms, us or ns,\n"
        "           or a counter\n"
        "decimals   of the price: signed by the report, fixed by the format, or said by "
        "--decimals;\n"
        "           the price itself is always signed\n"
        "transport  carries signed bytes for others and has no price of its own\n"
        "kept at block time  the price gets the time of the block that takes it, not its "
        "own\n\n"
        "plim oracle formats NAME: how --feed is written, what else is needed, an example, "
        "the rules in order.\n");
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

/* How a feed of the format is written, and an example: NULL where none can be named. */
static const struct {
    const char *form, *example;
} feeds[PL_FEED_FORMATS] = {
    [PL_FEED_NATIVE] = {"the number of the feed in its world", "0"},
    [PL_FEED_DATA_STREAMS] = {"the feed id, 64 hex digits", "0003684ea93c43ed..."},
    [PL_FEED_PNAU] = {"the price id, 64 hex digits, or CHAIN:EMITTER:PRICE_ID", "0xff61491a..."},
    [PL_FEED_REDSTONE] = {"the symbol, in its own case", "ETH"},
    [PL_FEED_MEDIAN_POKE] = {"the wat; needed, because it is signed but not sent", "ETHUSD"},
    [PL_FEED_MEDIAN_MESSAGE] = {"the wat", "BTCUSD"},
    [PL_FEED_OPEN_ORACLE] = {"the key of the message", "BTC"},
    [PL_FEED_API3] = {"the template id, 64 hex digits", "ee8d0cab..."},
    [PL_FEED_STORK] = {"the asset, or its id of 64 hex digits", "BTCUSD"},
    [PL_FEED_LAZER] = {"the number of the feed", "1"},
    [PL_FEED_SCRIBE] = {"the wat; needed, because it is signed but not sent", "ETHUSD"},
    [PL_FEED_DLC_ATTESTATION] = {"the event id, or the whole subject of spec 09 in hex", "0x00..."},
    [PL_FEED_EIP712] = {"the subject of spec 09 in hex; plim oracle sign --json prints it",
                        "0x8b73..."},
};

/* One signature, or one for each part: a quorum that nobody has to say. */
static bool needs_quorum(unsigned number)
{
    return number != PL_FEED_VAA && number != PL_FEED_PNAU && number != PL_FEED_MEDIAN_MESSAGE &&
           number != PL_FEED_LAZER && number != PL_FEED_DLC_ATTESTATION &&
           number != PL_FEED_DLC_ANNOUNCEMENT;
}

static void print_usage(unsigned number)
{
    const pl_format *format = &pl_formats[number];
    const char *form = feeds[number].form, *example = feeds[number].example;
    const bool has_decimals = format->scale == PL_SCALE_FEED;
    (void)printf("  --feed        %s\n",
                 form != NULL ? form : "none: its reports do not say what they are about");
    (void)printf("  --quorum      %s\n",
                 needs_quorum(number) ? "needed when --signers names more than one" : "not needed");
    (void)printf("  --decimals    %s\n",
                 has_decimals                     ? "needed for the price as people read it: the "
                                                    "report does not sign them"
                 : format->scale == PL_SCALE_NONE ? "none: there is no price"
                                                  : "not needed");
    if (!pt_setup_has_time(number)) {
        (void)printf("  --max-age     none: no time of a price is signed, age cannot be checked\n");
    }
    if (number == PL_FEED_UNSIGNED) {
        return; /* proves nothing that could be verified */
    }
    (void)printf("  example       plim oracle verify FILE --format %s --signers WHO%s%s%s%s%s\n",
                 format->name, needs_quorum(number) ? " --quorum N" : "",
                 example != NULL ? " --feed " : "", example != NULL ? example : "",
                 has_decimals ? " --decimals 8" : "",
                 number == PL_FEED_NATIVE ? " --world ID" : "");
}

static void print_one(unsigned number)
{
    const pl_format *format = &pl_formats[number];
    pt_rule_line lines[PT_RULES_MAX];
    char scale[16], rules[128];
    const size_t count = lines_of(lines, number);
    (void)printf("%s (format %u)\n  signers       %s\n  order key     %s\n  decimals      %s\n",
                 format->name, number, signers_text(format), time_text(format),
                 scale_text(scale, format));
    (void)printf("  deployed      %s\n", rules_text(rules, format));
    if (pt_guess_reason(number)[0] != '\0') {
        (void)printf("  known by      %s\n", pt_guess_reason(number));
    }
    print_usage(number);
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
