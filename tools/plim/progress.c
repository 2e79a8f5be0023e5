#include "tools/plim/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TERMINAL_STEP_MS = 100, PLAIN_STEP_MS = 10000, TERMINAL_COLUMNS = 80 };

uint64_t pt_now_us(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t pt_now_ms(void)
{
    return pt_now_us() / 1000;
}

void pt_progress_begin(pt_progress *progress, size_t histories, bool quiet)
{
    *progress = (pt_progress){.terminal = isatty(STDERR_FILENO) != 0,
                              .quiet = quiet,
                              .start_ms = pt_now_ms(),
                              .histories = histories};
    progress->next_ms =
        progress->start_ms + (progress->terminal ? TERMINAL_STEP_MS : PLAIN_STEP_MS);
}

void pt_progress_history(pt_progress *progress, uint64_t total)
{
    progress->start_ms = pt_now_ms();
    progress->total = total;
    progress->history++;
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
    char root_text[16] = "", line[256], which[48] = "";
    if (progress->histories > 1) {
        (void)snprintf(which, sizeof which, "history %zu of %zu, ", progress->history,
                       progress->histories);
    } else if (root != NULL) {
        (void)snprintf(root_text, sizeof root_text, ", root %02x%02x%02x%02x", root[0], root[1],
                       root[2], root[3]);
    }
    (void)snprintf(line, sizeof line,
                   "%sblock %llu of %llu, %llu s left, %llu liquidations, %llu mismatches%s", which,
                   (unsigned long long)tally->blocks, (unsigned long long)progress->total,
                   (unsigned long long)(rate != 0 ? left / rate : 0),
                   (unsigned long long)tally->liquidations, (unsigned long long)tally->mismatches,
                   root_text);
    if (progress->terminal) { /* a line that wraps could not be taken back */
        (void)fprintf(stderr, "\r\033[K%.*s", TERMINAL_COLUMNS - 1, line);
    } else {
        (void)fprintf(stderr, "%s\n", line);
    }
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
