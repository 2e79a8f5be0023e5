#include "tools/common/names.h"

#include <string.h>

enum { LOOKED_AT = 64 };

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t pt_name_distance(const char *a, const char *b)
{
    const size_t a_size = strnlen(a, LOOKED_AT);
    const size_t b_size = strnlen(b, LOOKED_AT);
    size_t rows[3][LOOKED_AT + 1]; /* distances of the last two prefixes of a, and this one */
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_size; j++) {
        last[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = smallest(smallest(last[j], now[j - 1]) + 1, last[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = smallest(now[j], before[j - 2] + 1);
            }
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_size];
}

const char *pt_name_nearest(const char *name, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    const size_t size = smallest(strlen(name), LOOKED_AT);
    /* Two changes in a short name make any other short name of it. */
    size_t best_distance = (size < 4 ? 1 : size < 6 ? 2 : size / 3) + 1;
    for (size_t i = 0; i < count; i++) {
        const size_t distance = pt_name_distance(name, candidates[i]);
        if (distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}

static bool next_letter(char *letter, const char *text, size_t size, size_t *at)
{
    while (*at < size && (text[*at] == '_' || text[*at] == '-')) {
        (*at)++;
    }
    if (*at == size) {
        return false;
    }
    const char c = text[(*at)++];
    *letter = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    return true;
}

bool pt_name_same_words(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t a_at = 0, b_at = 0;
    for (;;) {
        char left = '\0', right = '\0';
        const bool more_left = next_letter(&left, a, a_size, &a_at);
        const bool more_right = next_letter(&right, b, b_size, &b_at);
        if (!more_left || !more_right) {
            return more_left == more_right;
        }
        if (left != right) {
            return false;
        }
    }
}
