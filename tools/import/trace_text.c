#include "tools/import/trace_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "tools/common/file.h"
#include "tools/common/value.h"

static void say(pt_bytes *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(pt_bytes *text, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pt_put_text(text, line);
}

char *pt_trace_readme(const pt_trace *trace, const pl_chain *chain, uint32_t query_count)
{
    char root[65], world[65];
    pt_bytes text = {0};
    pl_head head;
    pl_chain_head(&head, chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(world, pl_chain_world(chain)->id, 32);
    say(&text, "# %s\n\n", trace->build.name);
    say(&text,
        "%s, imported from the recorded run `%s`. Prices are signed by a %s: the recording\n"
        "has no oracle signatures, so they prove nothing about where a price came from.\n\n",
        trace->protocol->name, pt_path_base(trace->file), PT_STAND_IN);
    say(&text, "| | |\n|---|---|\n");
    say(&text, "| blocks | %llu (block 1 sets the first prices, block i+2 is step i) |\n",
        (unsigned long long)head.height);
    say(&text, "| transactions | %llu, of them %llu liquidations and %llu refused |\n",
        (unsigned long long)trace->transactions, (unsigned long long)trace->liquidations,
        (unsigned long long)trace->reverts);
    say(&text, "| price reports | %llu |\n", (unsigned long long)trace->prices);
    say(&text,
        "| compared after every block | %u view queries, events, results of transactions |\n",
        (unsigned)query_count);
    say(&text, "| world id | `%s` |\n| last state root | `%s` |\n\n", world, root);
    say(&text, "Files: `history.plh.gz` (world and blocks), `expect.plx.gz` (what was recorded),\n"
               "`world.json` (the world in words). Check it: `plim replay` with this folder.\n");
    pt_put_u8(&text, 0);
    return (char *)text.data;
}
