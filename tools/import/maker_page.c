#include "tools/import/maker_life.h"

#include <stdio.h>

#include "tools/common/file.h"
#include "tools/common/value.h"

static unsigned long long long_of(uint64_t number)
{
    return (unsigned long long)number;
}

static void say_head(pt_bytes *text, const pt_maker_life *life, const char *prices)
{
    char root[65], world[65];
    pl_head head;
    pl_chain_head(&head, life->out.chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(world, pl_chain_world(life->out.chain)->id, 32);
    pt_put_format(text, "# %s\n\n", life->out.build.name);
    pt_put_format(
        text,
        "The life of one Maker collateral type, imported from data set maker-ethb. Prices: %s,\n"
        "signed by a %s; they prove nothing about where a price came from.\n\n",
        prices != NULL ? pt_path_base(prices) : "none but those that the rows imply", PT_STAND_IN);
    pt_put_format(text, "| | |\n|---|---|\n| rows of the source | %zu |\n", life->rows.count);
    pt_put_format(text, "| vaults | %zu |\n| blocks | %llu |\n", life->rows.vault_count,
                  long_of(head.height));
    pt_put_format(text, "| calls | %llu, of them %llu refused |\n", long_of(life->out.total_calls),
                  long_of(life->out.total_refused));
    pt_put_format(text, "| price reports | %llu |\n| auctions | %llu |\n",
                  long_of(life->out.total_prices), long_of(life->auction_total));
    pt_put_format(text,
                  "| values compared | %llu |\n| world id | `%s` |\n| last state root | `%s` |\n\n",
                  long_of(life->out.total_values), world, root);
}

static void say_rules(pt_bytes *text, const pt_maker_life *life)
{
    pt_put_text(
        text,
        "## How rows become blocks\n\n"
        "- One block for each block of the source that has rows, one more for each liquidation in\n"
        "  it, and one for each second in which an auction moves.\n"
        "- The source keeps no order inside a block: parameters (each after the one it changed\n"
        "  from), collateral in, dai out, dai in, collateral out, liquidations.\n"
        "- `hope`: a vault was created. `lock`, `free`, `draw`, `wipe`: its rows. `wipe_all_row`: "
        "a\n"
        "  repayment that is the whole debt at some rate between the last drip and now.\n"
        "- `exec_row`: a ceiling that DssAutoLine set, computed anew from the debt of all vaults.\n"
        "- The price is the open of the hour before, as an oracle an hour late has it, bent by a "
        "row\n"
        "  that proves it wrong: a draw or a withdrawal was safe, a liquidated vault was not.\n"
        "- Auctions: the source does not tell them. Dutch ones are taken whole when their price "
        "(one\n"
        "  percent less every 90 s, not in the source) is back at the feed's; English ones go to "
        "a\n"
        "  bid of the whole tab for what that is worth, ten minutes after their start.\n"
        "- Dai, ceilings and holes of other collateral are not in the source: there is "
        "plenty.\n\n");
    pt_put_format(text,
                  "## What was mended, and how often\n\n| groups of rows | why |\n|---|---|\n");
    static const char *const why[PT_MENDS] = {
        [PT_MEND_NONE] = "taken as they stand",
        [PT_MEND_ORDER] = "in another order, or some call would have been refused",
        [PT_MEND_DRIP] =
            "after a `drip`, which anybody may call and no row tells; else dust would be left",
        [PT_MEND_ONE] =
            "collateral in and dai out in one call: dust had been raised above the debt",
        [PT_MEND_CLOSED] = "with a repayment that the source lacks (below)",
        [PT_MEND_FOUND] = "with a deposit that the source lacks (below)",
        [PT_MEND_PAID] = "after dai left over from repayments went out (below)",
        [PT_MEND_REFUSED] = "no way was found; the chain refuses a call (below)",
    };
    for (size_t i = 0; i < PT_MENDS; i++) {
        pt_put_format(text, "| %llu | %s |\n", long_of(life->mends[i]), why[i]);
    }
    pt_put_format(text,
                  "\n%llu withdrawals were the rest of a vault but for the print of its amounts.\n",
                  long_of(life->rests));
    pt_put_format(
        text,
        "%llu repayments were less by what others' fees may have added to the debt: the rest was\n"
        "dust.\n",
        long_of(life->trims));
    pt_put_format(text, "Ceilings raised: %llu. Barks of a part: %llu.\n\n", long_of(life->raised),
                  long_of(life->rooms));
    pt_put_format(
        text,
        "Prices: before the first hour of the path %llu were implied by a row. Then %llu were "
        "bent\n"
        "up and %llu down, %llu of them by at most 1 percent, all by at most %llu basis "
        "points.\n\n",
        long_of(life->implied), long_of(life->bent_up), long_of(life->bent_down),
        long_of(life->bent_little), long_of(life->bent_most_bps));
}

char *pt_maker_page(const pt_maker_life *life, const char *prices)
{
    pt_bytes text = {0};
    say_head(&text, life, prices);
    say_rules(&text, life);
    pt_put_format(&text, "## Row by row\n\n| block | vault | |\n|---|---|---|\n");
    pt_put(&text, life->notes.data, life->notes.size);
    pt_put_u8(&text, 0);
    return (char *)text.data;
}
