/* Small things that every part of plim diff uses: JSON values, and what differs between two. */
#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/plim/diff.h"
#include "vm/num/num.h"

enum { PATH_MAX_SIZE = 240 };

void pt_diff_set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

json_t *pt_diff_name(pl_name name)
{
    return json_stringn(name.text, name.size);
}

json_t *pt_diff_minus(pl_type type, const uint8_t *a, const uint8_t *b)
{
    pl_u256 x, y, minus;
    uint8_t stored[32];
    char digits[PT_VALUE_TEXT_MAX], text[PT_VALUE_TEXT_MAX + 1];
    bool is_less;
    if (type.class == PL_CLASS_UINT) {
        pl_u256_load_be(&x, a, type.size);
        pl_u256_load_be(&y, b, type.size);
        is_less = pl_u256_lt(&y, &x);
    } else if (type.class == PL_CLASS_INT) {
        pl_i256_load_be(&x, a, type.size);
        pl_i256_load_be(&y, b, type.size);
        is_less = pl_i256_lt(&y, &x);
    } else {
        return NULL;
    }
    /* The larger minus the smaller is below 2^256 for both classes. */
    pl_u256_sub_wrap(&minus, is_less ? &x : &y, is_less ? &y : &x);
    (void)!pl_u256_store_be(stored, 32, &minus);
    const pl_type plain = {.class = PL_CLASS_UINT, .size = 32, .scale = type.scale};
    (void)snprintf(text, sizeof text, "%s%s", is_less ? "-" : "",
                   pt_value_text(digits, (pt_names){0}, plain, stored));
    return json_string(text);
}

static void append_leaf(json_t *list, const char *path, const json_t *a, const json_t *b)
{
    json_t *leaf = json_object();
    pt_diff_set(leaf, "where", json_string(path));
    pt_diff_set(leaf, "a", a == NULL ? json_null() : json_deep_copy(a));
    pt_diff_set(leaf, "b", b == NULL ? json_null() : json_deep_copy(b));
    (void)json_array_append_new(list, leaf);
}

static void diff_objects(json_t *list, const char *path, const json_t *a, const json_t *b)
{
    char child[PATH_MAX_SIZE];
    const json_t *const both[2] = {a, b};
    for (size_t side = 0; side < 2; side++) {
        /* jansson's iterators take no const object; nothing is changed through them */
        json_t *walked = json_copy((json_t *)(uintptr_t)both[side]);
        for (void *i = json_object_iter(walked); i != NULL; i = json_object_iter_next(walked, i)) {
            const char *key = json_object_iter_key(i);
            const json_t *other = json_object_get(both[1 - side], key);
            if (side == 1 && other != NULL) {
                continue; /* met from the first object */
            }
            (void)snprintf(child, sizeof child, "%s%s%s", path, path[0] == '\0' ? "" : ".", key);
            const json_t *value = json_object_iter_value(i);
            pt_diff_values(list, child, side == 0 ? value : NULL, side == 0 ? other : value);
        }
        json_decref(walked);
    }
}

void pt_diff_values(json_t *list, const char *path, const json_t *a, const json_t *b)
{
    char child[PATH_MAX_SIZE];
    if (json_array_size(list) >= PT_DIFF_VALUES_MAX || json_equal(a, b)) {
        return;
    }
    if (json_is_object(a) && json_is_object(b)) {
        diff_objects(list, path, a, b);
    } else if (json_is_array(a) && json_is_array(b)) {
        const size_t sizes[2] = {json_array_size(a), json_array_size(b)};
        for (size_t i = 0; i < sizes[0] || i < sizes[1]; i++) {
            (void)snprintf(child, sizeof child, "%s[%zu]", path, i);
            pt_diff_values(list, child, json_array_get(a, i), json_array_get(b, i));
        }
    } else {
        append_leaf(list, path, a, b);
    }
}
