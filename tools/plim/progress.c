#include "tools/plim/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/common/value.h"

enum { TERMINAL_STEP_MS = 100, PLAIN_STEP_MS = 10000 };

uint64_t pt_now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void pt_progress_begin(pt_progress *progress, uint64_t total, bool quiet)
{
    *progress = (pt_progress){.terminal = isatty(STDERR_FILENO) != 0,
                              .quiet = quiet,
                              .start_ms = pt_now_ms(),
                              .total = total};
    progress->next_ms =
        progress->start_ms + (progress->terminal ? TERMINAL_STEP_MS : PLAIN_STEP_MS);
}

uint64_t pt_progress_elapsed(const pt_progress *progress)
{
    return pt_now_ms() - progress->start_ms;
}

void pt_progress_step(pt_progress *progress, const pt_tally *tally, const uint8_t root[32])
{
    if (progress->quiet || (tally->blocks & 15) != 0) {
        return; /* the clock is not free */
    }
    const uint64_t now = pt_now_ms();
    if (now < progress->next_ms) {
        return;
    }
    progress->next_ms = now + (progress->terminal ? TERMINAL_STEP_MS : PLAIN_STEP_MS);
    const uint64_t elapsed = now - progress->start_ms + 1;
    const uint64_t rate = tally->blocks * 1000 / elapsed;
    const uint64_t left = progress->total > tally->blocks ? progress->total - tally->blocks : 0;
    char prefix[17];
    pt_hex(prefix, root, 8);
    (void)fprintf(stderr,
                  "%sblock %llu of %llu  %llu blocks/s  %llu s left  %llu liquidations  "
                  "%llu mismatches  root %s%s",
                  progress->terminal ? "\r\033[K" : "", (unsigned long long)tally->blocks,
                  (unsigned long long)progress->total, (unsigned long long)rate,
                  (unsigned long long)(rate != 0 ? left / rate : 0),
                  (unsigned long long)tally->liquidations, (unsigned long long)tally->mismatches,
                  prefix, progress->terminal ? "" : "\n");
    (void)fflush(stderr);
    progress->shown = progress->terminal;
}

void pt_progress_clear(pt_progress *progress)
{
    if (progress->shown) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->shown = false;
    }
}
