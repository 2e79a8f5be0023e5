#include "tools/common/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/bytes.h"
#include "tools/common/names.h"

bool pt_parse_u64(uint64_t *number, const char *text)
{
    uint64_t value = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        const uint64_t digit = (uint64_t)(unsigned char)*text - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

static size_t find_option(const pt_command *command, const char *name, size_t size)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (strlen(command->options[i].name) == size &&
            memcmp(command->options[i].name, name, size) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static pt_exit unknown_option(const pt_command *command, const char *word, pt_report *report)
{
    const char *names[PT_OPTIONS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < command->option_count; i++) {
        names[count++] = command->options[i].name;
    }
    names[count++] = "--help";
    const char *near = pt_name_nearest(word, names, count);
    if (near != NULL) {
        return pt_fail(report, PT_USAGE, "%s has no option %s; did you mean %s?", command->name,
                       word, near);
    }
    return pt_fail(report, PT_USAGE, "%s has no option %s; see plim %s --help", command->name, word,
                   command->name);
}

/* One word that starts with '-'. *at is its place in argv and moves over a value that it takes. */
static pt_exit read_option(pt_args *args, const pt_command *command, int argc, char *const *argv,
                           int *at, pt_report *report)
{
    const char *word = argv[*at];
    const char *equals = strchr(word, '=');
    const size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const size_t i = find_option(command, word, size);
    if (i == SIZE_MAX) {
        return unknown_option(command, word, report);
    }
    const pt_option *option = &command->options[i];
    if (args->values[i] != NULL) {
        return pt_fail(report, PT_USAGE, "%s is given twice", option->name);
    }
    if (option->value == NULL) {
        args->values[i] = "";
        return equals == NULL ? PT_OK
                              : pt_fail(report, PT_USAGE, "%s takes no value", option->name);
    }
    if (equals != NULL) {
        args->values[i] = equals + 1;
    } else if (*at + 1 < argc) {
        args->values[i] = argv[++*at];
    }
    if (args->values[i] == NULL || args->values[i][0] == '\0') {
        return pt_fail(report, PT_USAGE, "%s needs a value: %s %s", option->name, option->name,
                       option->value);
    }
    return PT_OK;
}

pt_exit pt_args_read(pt_args *args, bool *help, const pt_command *command, int argc,
                     char *const *argv, pt_report *report)
{
    *args = (pt_args){.command = command};
    args->words = pt_take(((size_t)argc + 1) * sizeof *args->words);
    *help = false;
    for (int i = 0; i < argc; i++) {
        *help = *help || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    }
    bool only_words = false;
    for (int i = 0; i < argc && !*help; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            PT_TRY(read_option(args, command, argc, argv, &i, report));
        } else {
            args->words[args->word_count++] = argv[i];
        }
    }
    if (!*help && args->word_count < command->words_min) {
        return pt_fail(report, PT_USAGE, "%s needs more: plim %s %s", command->name, command->name,
                       command->synopsis);
    }
    if (!*help && args->word_count > command->words_max) {
        return pt_fail(report, PT_USAGE, "%s does not know what to do with \"%s\": plim %s %s",
                       command->name, args->words[command->words_max], command->name,
                       command->synopsis);
    }
    return PT_OK;
}

void pt_args_free(pt_args *args)
{
    free(args->words);
    args->words = NULL;
}

const char *pt_args_value(const pt_args *args, const char *name)
{
    const size_t i = find_option(args->command, name, strlen(name));
    return i == SIZE_MAX ? NULL : args->values[i];
}

bool pt_args_flag(const pt_args *args, const char *name)
{
    return pt_args_value(args, name) != NULL;
}

pt_exit pt_args_u64(uint64_t *number, const pt_args *args, const char *name, uint64_t min,
                    uint64_t max, pt_report *report)
{
    const char *text = pt_args_value(args, name);
    uint64_t value = 0;
    if (text == NULL) {
        return PT_OK;
    }
    if (!pt_parse_u64(&value, text) || value < min || value > max) {
        return pt_fail(report, PT_USAGE, "%s must be a whole number from %llu to %llu, not %s",
                       name, (unsigned long long)min, (unsigned long long)max, text);
    }
    *number = value;
    return PT_OK;
}

void pt_args_print_help(const pt_command *command)
{
    (void)printf("plim %s %s\n\n%s\n", command->name, command->synopsis, command->about);
    if (command->option_count != 0) {
        (void)printf("\nOptions:\n");
    }
    for (size_t i = 0; i < command->option_count; i++) {
        char head[48];
        (void)snprintf(head, sizeof head, "%s%s%s", command->options[i].name,
                       command->options[i].value != NULL ? " " : "",
                       command->options[i].value != NULL ? command->options[i].value : "");
        (void)printf("  %-22s %s\n", head, command->options[i].help);
    }
}
