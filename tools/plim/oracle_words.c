#include "tools/plim/oracle_words.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/common/names.h"
#include "tools/oracle/feed.h"

pt_exit pt_oracle_format_word(unsigned *format, const char *word, pt_report *report)
{
    const char *names[PL_FEED_FORMATS];
    if (word == NULL) {
        return pt_fail(report, PT_USAGE,
                       "--format is needed; plim oracle inspect guesses it, plim oracle formats "
                       "lists them");
    }
    for (size_t i = 0; i < PL_FEED_FORMATS; i++) {
        names[i] = pl_formats[i].name;
    }
    *format = pt_oracle_format(word);
    if (*format != PL_FEED_FORMATS) {
        return PT_OK;
    }
    const char *near = pt_name_nearest(word, names, PL_FEED_FORMATS);
    return near != NULL
               ? pt_fail(report, PT_USAGE, "there is no format %.40s; did you mean %s?", word, near)
               : pt_fail(report, PT_USAGE,
                         "there is no format %.40s; plim oracle formats lists "
                         "them",
                         word);
}

pt_exit pt_oracle_print_json(const json_t *value, pt_report *report)
{
    char *text = json_dumps(value, JSON_INDENT(2));
    if (text == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    (void)puts(text);
    free(text);
    return PT_OK;
}
