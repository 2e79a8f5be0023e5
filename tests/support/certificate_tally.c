#include "tests/support/certificate_tally.h"

#include <stdio.h>
#include <string.h>

enum {
    OF_KIND = 1,
    OF_HEIGHT = 2,
    OF_WORLD = 4,
    OF_PATH = 8,     /* more or fewer headers, or others  */
    OF_WITNESS = 16, /* another state before              */
    OF_BODY = 32,
    OF_VIEWS = 64,
    OF_EVIDENCE = 128,
    OF_CLAIM = 256
};

static unsigned differs(piece a, piece b, unsigned bit)
{
    const bool same = a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
    return same ? 0 : bit;
}

static unsigned lists_differ(const piece *a, unsigned a_count, const piece *b, unsigned b_count,
                             unsigned bit)
{
    unsigned found = a_count == b_count ? 0 : bit;
    for (unsigned i = 0; i < a_count && found == 0; i++) {
        found = differs(a[i], b[i], bit);
    }
    return found;
}

unsigned truth_differs(const pieces *from, const uint8_t *bytes, size_t size)
{
    static pieces to;
    if (!pieces_of(&to, bytes, size)) {
        return 0;
    }
    const piece links[2] = {{from->links[0], (size_t)from->link_count * PL_LINK_SIZE},
                            {to.links[0], (size_t)to.link_count * PL_LINK_SIZE}};
    const piece first[2] = {{from->first, from->has_header ? PL_HEADER_SIZE : 0},
                            {to.first, to.has_header ? PL_HEADER_SIZE : 0}};
    const piece claim[2] = {{from->claim, CLAIM_SIZE}, {to.claim, CLAIM_SIZE}};
    unsigned found =
        (from->kind == to.kind ? 0u : OF_KIND) | (from->height == to.height ? 0u : OF_HEIGHT) |
        differs(from->world, to.world, OF_WORLD) | differs(first[0], first[1], OF_PATH) |
        differs(links[0], links[1], OF_PATH) | differs(from->witness, to.witness, OF_WITNESS) |
        differs(from->body, to.body, OF_BODY) | differs(claim[0], claim[1], OF_CLAIM);
    found |= lists_differ(from->views, from->view_count, to.views, to.view_count, OF_VIEWS) |
             lists_differ(from->evidence, from->evidence_count, to.evidence, to.evidence_count,
                          OF_EVIDENCE);
    return found;
}

void tally_print(const char *name, const tally *of)
{
    printf("  %-34s %10llu %10llu %8llu %8llu %7llu\n", name, (unsigned long long)of->tried,
           (unsigned long long)of->refused, (unsigned long long)of->other,
           (unsigned long long)of->same, (unsigned long long)of->failed);
}

void tally_add(tally *sum, const tally *of)
{
    sum->tried += of->tried;
    sum->refused += of->refused;
    sum->other += of->other;
    sum->same += of->same;
    sum->failed += of->failed;
    for (unsigned i = 0; i < STEPS; i++) {
        sum->by_step[i] += of->by_step[i];
    }
}

void tally_print_steps(const tally *flips, const tally *sealed, const tally *mutants)
{
    printf("  %-34s %10s %10s %10s\n", "ended in step", "flips", "sealed", "mutants");
    for (unsigned i = 0; i < STEPS; i++) {
        printf("  %-34s %10llu %10llu %10llu\n", pl_verify_step_name((pl_verify_step)i),
               (unsigned long long)flips->by_step[i], (unsigned long long)sealed->by_step[i],
               (unsigned long long)mutants->by_step[i]);
    }
}

void truths_print(const uint64_t counts[TRUTH_DIFFERENCES])
{
    static const char *const names[] = {"kind", "height", "world",    "path", "witness",
                                        "body", "views",  "evidence", "claim"};
    for (unsigned i = 0; i < TRUTH_DIFFERENCES; i++) {
        if (counts[i] > 0) {
            printf("  other truths: %10llu by", (unsigned long long)counts[i]);
            for (unsigned bit = 0; bit < sizeof names / sizeof *names; bit++) {
                if ((i & 1u << bit) != 0) {
                    printf(" %s", names[bit]);
                }
            }
            printf("\n");
        }
    }
}
