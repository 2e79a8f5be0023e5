#include "tools/import/trace_text.h"

#include <stdio.h>

#include "tools/common/file.h"
#include "tools/common/value.h"

char *pt_trace_readme(const pt_trace *trace, const pl_chain *chain, uint32_t query_count)
{
    char root[65], world[65];
    pt_bytes text = {0};
    pl_head head;
    pl_chain_head(&head, chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(world, pl_chain_world(chain)->id, 32);
    pt_put_format(&text, "# %s\n\n", trace->build.name);
    pt_put_format(
        &text,
        "%s, imported from the recorded run `%s`. Prices are signed by a %s: the recording\n"
        "has no oracle signatures, so they prove nothing about where a price came from.\n\n",
        trace->protocol->name, pt_path_base(trace->file), PT_STAND_IN);
    pt_put_format(&text, "| | |\n|---|---|\n");
    pt_put_format(&text, "| blocks | %llu (block 1 sets the first prices, block i+2 is step i) |\n",
                  (unsigned long long)head.height);
    pt_put_format(&text, "| transactions | %llu, of them %llu liquidations and %llu refused |\n",
                  (unsigned long long)trace->transactions, (unsigned long long)trace->liquidations,
                  (unsigned long long)trace->reverts);
    pt_put_format(&text, "| price reports | %llu |\n", (unsigned long long)trace->prices);
    pt_put_format(
        &text,
        "| compared after every block | %u view queries, events, results of transactions |\n",
        (unsigned)query_count);
    pt_put_format(&text, "| world id | `%s` |\n| last state root | `%s` |\n\n", world, root);
    pt_put_format(
        &text, "Files: `history.plh.gz` (world and blocks), `expect.plx.gz` (what was recorded),\n"
               "`world.json` (the world in words). Check it: `plim replay` with this folder.\n");
    pt_put_u8(&text, 0);
    return (char *)text.data;
}
