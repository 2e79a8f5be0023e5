/* Names that people write: nearest match, and the spellings of other systems. */
#ifndef PT_COMMON_NAMES_H
#define PT_COMMON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Edit distance (insert, delete, replace, swap of neighbours) of two short names; at most 64 bytes
 * of each are looked at. */
size_t pt_name_distance(const char *a, const char *b);

/* Returns the candidate nearest to name when it is near enough to be meant (distance at most a
 * third of the length, at least 2), else NULL. The first of equals wins. */
const char *pt_name_nearest(const char *name, const char *const *candidates, size_t count);

/* True if both spell the same words: case, '_' and '-' do not matter. LTV_ZERO is ltvZero. */
bool pt_name_same_words(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
