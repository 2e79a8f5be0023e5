/* plim: compile contracts, import histories, replay them, look inside. */
#include <stdio.h>
#include <string.h>

#include "tools/common/interrupt.h"
#include "tools/common/names.h"
#include "tools/plim/commands.h"
#include "vm/plimsoll.h"

static const pt_command *const commands[] = {
    &pt_command_build,
    &pt_command_check,
    &pt_command_fmt,
    &pt_command_disasm,
    &pt_command_run,
    &pt_command_import,
    &pt_command_import_ocr,
    &pt_command_import_calltree,
    &pt_command_import_csv,
    &pt_command_import_prices,
    &pt_command_import_trades,
    &pt_command_import_positions,
    &pt_command_import_maker,
    &pt_command_import_thursday,
    &pt_command_import_compound_day,
    &pt_command_import_aave_v2_events,
    &pt_command_gen_perp,
    &pt_command_replay,
    &pt_command_show,
    &pt_command_explain,
    &pt_command_certify,
    &pt_command_verify,
    &pt_command_diff,
    &pt_command_waterfall,
    &pt_command_calls,
    &pt_command_curve,
    &pt_command_oracle_verify,
    &pt_command_oracle_inspect,
    &pt_command_oracle_formats,
    &pt_command_oracle_sign,
    &pt_command_oracle_vectors,
    &pt_command_version,
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* "  plim NAME  SUMMARY", the names padded to the longest of the list. */
static void print_line(const char *name, const char *summary, size_t width)
{
    (void)printf("  plim %-*s  %s\n", (int)width, name, summary);
}

static bool is_in_group(const char *name, const char *first)
{
    const size_t size = strlen(first);
    return strncmp(name, first, size) == 0 && name[size] == ' ';
}

/* first: "oracle" for its group, or NULL for all. */
static size_t widest_name(const char *first)
{
    size_t width = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *name = commands[i]->name;
        const bool counts = first == NULL || is_in_group(name, first);
        width = counts && strlen(name) > width ? strlen(name) : width;
    }
    return width;
}

static void print_overview(void)
{
    (void)printf("plim draws the line for leveraged positions: deterministic margin contracts,\n"
                 "signed prices, one root per block.\n\n");
    const size_t width = widest_name(NULL);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        print_line(commands[i]->name, commands[i]->summary, width);
    }
    print_line("help [COMMAND]", "this page, or the page of one command", width);
    (void)printf(
        "\n"
        "Start here, with a contract and a world that you write (plim run --help has one):\n"
        "  plim run contracts/examples/margin_account.world.json -o run\n"
        "or with any recorded run of a protocol that plim knows:\n"
        "  plim import evm-trace seed-5.jsonl.gz -o run    make a history out of it\n"
        "  plim replay run                                 recompute and compare everything\n"
        "  plim show run account u1                        look at one account\n\n"
        "Exit codes: 0 done and identical, 1 something differs, an assertion failed or a report "
        "is\n"
        "refused, 2 wrong usage, 3 bad input, 4 a limit was reached, 130 interrupted.\n");
}

static int finish(pt_exit exit, const pt_report *report)
{
    if (exit == PT_OK ||
        exit == PT_DIVERGED) { /* results are on stdout; they speak for themselves */
        if (fflush(stdout) == 0 && !ferror(stdout)) {
            return (int)exit;
        }
        (void)fputs("plim: the output cannot be written\n", stderr);
        return PT_LIMIT;
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "plim: %s\n", report->line);
    return (int)exit;
}

/* Commands of two words whose first is this one. */
static size_t group_size(const char *first)
{
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        count += is_in_group(commands[i]->name, first) ? 1 : 0;
    }
    return count;
}

/* "plim oracle": the list of its commands. */
static void print_group(const char *first)
{
    const size_t width = widest_name(first);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_in_group(commands[i]->name, first)) {
            print_line(commands[i]->name, commands[i]->summary, width);
        }
    }
    (void)printf("\nplim %s COMMAND --help shows the page of one.\n", first);
}

/* True when argv asks for a group and not for a command of it: "oracle", "oracle --help". */
static bool is_group(int argc, char *const *argv)
{
    return argc >= 1 && group_size(argv[0]) > 0 && (argc == 1 || argv[1][0] == '-');
}

/* "import evm-trace" is named by two words: those of the command must be the first of argv. */
static const pt_command *find_command(int argc, char *const *argv, int *used)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *name = commands[i]->name;
        const char *space = strchr(name, ' ');
        const size_t first = space != NULL ? (size_t)(space - name) : strlen(name);
        if (argc < 1 || strlen(argv[0]) != first || memcmp(name, argv[0], first) != 0) {
            continue;
        }
        if (space == NULL || (argc >= 2 && strcmp(argv[1], space + 1) == 0)) {
            *used = space == NULL ? 1 : 2;
            return commands[i];
        }
    }
    return NULL;
}

static pt_exit unknown_command(int argc, char *const *argv, pt_report *report)
{
    char typed[128];
    const char *names[2 * COMMAND_COUNT + 2];
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[count++] = commands[i]->name;
    }
    names[count++] = "help";
    names[count++] = "import";
    names[count++] = "oracle";
    const bool two = argc > 1 && group_size(argv[0]) > 0;
    (void)snprintf(typed, sizeof typed, "%s%s%s", argv[0], two ? " " : "", two ? argv[1] : "");
    const char *near = pt_name_nearest(typed, names, count);
    return near != NULL
               ? pt_fail(report, PT_USAGE, "there is no command \"%s\"; did you mean \"plim %s\"?",
                         typed, near)
               : pt_fail(report, PT_USAGE, "there is no command \"%s\"; plim help lists them",
                         typed);
}

static pt_exit run(int argc, char *const *argv, pt_report *report)
{
    if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        print_overview();
        return argc == 0 ? PT_USAGE : PT_OK;
    }
    const bool help_asked = strcmp(argv[0], "help") == 0;
    if (help_asked && (argc == 1 || strcmp(argv[1], "help") == 0)) {
        print_overview();
        return PT_OK;
    }
    if (is_group(argc - help_asked, argv + help_asked)) {
        const bool asked =
            help_asked ||
            (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0));
        print_group(argv[help_asked]);
        return asked ? PT_OK : PT_USAGE;
    }
    int used = 1;
    const pt_command *command = strcmp(argv[0], "--version") == 0
                                    ? &pt_command_version
                                    : find_command(argc - help_asked, argv + help_asked, &used);
    if (command == NULL) {
        return unknown_command(argc - help_asked, argv + help_asked, report);
    }
    if (help_asked) {
        pt_args_print_help(command);
        return PT_OK;
    }
    pt_args args;
    bool help = false;
    pt_exit result = pt_args_read(&args, &help, command, argc - used, argv + used, report);
    if (result == PT_OK && help) {
        pt_args_print_help(command);
    } else if (result == PT_OK) {
        result = command->run(&args, report);
    }
    pt_args_free(&args);
    return result;
}

int main(int argc, char **argv)
{
    pt_report report = {""};
    pt_interrupt_catch();
    const pt_exit exit = run(argc > 0 ? argc - 1 : 0, argv + 1, &report);
    if (exit == PT_USAGE && report.line[0] == '\0') {
        return PT_USAGE; /* plim alone: the overview was the answer */
    }
    return finish(exit, &report);
}
