#include "tools/import/ocr_text.h"

#include <stdio.h>

#include "tools/common/file.h"
#include "tools/common/value.h"

static size_t count_fate(const pt_ocr_file *file, pt_ocr_fate fate, uint64_t block)
{
    size_t count = 0;
    for (size_t i = 0; i < file->count; i++) {
        const pt_transmission *t = &file->items[i];
        count += t->fate == fate && (block == 0 || t->block == block) ? 1 : 0;
    }
    return count;
}

static void say_heights(pt_bytes *text, const pt_ocr_file *file)
{
    uint64_t height = 0;
    pt_put_format(text,
                  "| block | Ethereum block | accepted | refused here too | not on the tape |\n"
                  "|---|---|---|---|---|\n");
    for (size_t i = 0; i < file->count; i++) {
        const uint64_t block = file->items[i].block;
        if (i > 0 && block == file->items[i - 1].block) {
            continue;
        }
        pt_put_format(text, "| %llu | %llu | %zu | %zu | %zu |\n", (unsigned long long)++height,
                      (unsigned long long)block, count_fate(file, PT_OCR_ACCEPTED, block),
                      count_fate(file, PT_OCR_REPLAY, block),
                      count_fate(file, PT_OCR_UNEXPLAINED, block));
    }
}

/* One row for each transmission of this fate. */
static void say_list(pt_bytes *text, const pt_ocr_file *file, pt_ocr_fate fate)
{
    pt_put_format(text,
                  "\n| Ethereum block, transaction | aggregator | epoch, round |\n|---|---|---|\n");
    for (size_t i = 0; i < file->count; i++) {
        const pt_transmission *t = &file->items[i];
        char digits[41];
        pt_hex(digits, t->aggregator, 20);
        if (t->fate == fate) {
            pt_put_format(text, "| %llu, %llu | `0x%s` | %llu, %llu |\n",
                          (unsigned long long)t->block, (unsigned long long)t->tx_index, digits,
                          (unsigned long long)(t->order >> 8),
                          (unsigned long long)(t->order & 255));
        }
    }
}

char *pt_ocr_readme(const pt_ocr_file *file, const char *path, size_t reads, const pl_chain *chain)
{
    char root[65], world[65];
    pt_bytes text = {0};
    pl_head head;
    pl_chain_head(&head, chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(world, pl_chain_world(chain)->id, 32);
    const size_t replays = count_fate(file, PT_OCR_REPLAY, 0);
    const size_t unexplained = count_fate(file, PT_OCR_UNEXPLAINED, 0);
    pt_put_format(
        &text,
        "# Chainlink transmissions of Ethereum\n\n"
        "Imported from `%.100s`: captured calls of `transmit`, their original bytes as reports.\n",
        pt_path_base(path));
    pt_put_format(
        &text,
        "Signer sets are not in the data. The members of each feed are the signers that its\n"
        "captured signatures recover to: a replay shows that those people signed these bytes, not\n"
        "that the aggregator had no others. Quorum f + 1, f estimated from the observers' numbers\n"
        "and the count of signatures. ");
    pt_put_format(&text,
                  "A price has no decimals here: it is the answer itself.\n"
                  "Block times are not in the data: `time_s` is the Ethereum block number.\n\n");
    pt_put_format(&text,
                  "| | |\n|---|---|\n| transmissions | %zu |\n| accepted, here as there | %zu |\n",
                  file->count, count_fate(file, PT_OCR_ACCEPTED, 0));
    pt_put_format(&text, "| refused here as there (REPLAY) | %zu |\n| not on the tape | %zu |\n",
                  replays, unexplained);
    pt_put_format(&text, "| signatures that recover | %llu of %llu |\n",
                  (unsigned long long)file->signatures, (unsigned long long)file->signatures);
    pt_put_format(&text, "| calls of latestAnswer that agree | %zu |\n| world id | `%s` |\n", reads,
                  world);
    pt_put_format(&text, "| last state root | `%s` |\n\n", root);
    if (file->rounded > 0) {
        pt_put_format(
            &text,
            "%llu numbers of the file agree with their reports only as far as a double goes; the\n"
            "reports, which have all digits, count.\n\n",
            (unsigned long long)file->rounded);
    }
    say_heights(&text, file);
    if (replays > 0) {
        pt_put_format(&text, "\n## Refused\n\nThe same or a later round was accepted before it.\n");
        say_list(&text, file, PT_OCR_REPLAY);
    }
    if (unexplained > 0) {
        pt_put_format(
            &text, "\n## Not on the tape\n\nReverted on Ethereum; their cause is not in the data. "
                   "Their signatures were verified at import.\n");
        say_list(&text, file, PT_OCR_UNEXPLAINED);
    }
    pt_put_u8(&text, 0);
    return (char *)text.data;
}
