/* fixtures/certificates: every certificate has the step and error that stand beside it, every
 * packing its error. The model reads the same file (tests/model/certificate_vectors.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "tests/support/heap.h"
#include "vm/verify.h"

static json_t *document;

static int load_document(void **state)
{
    (void)state;
    document = json_load_file("fixtures/certificates/margin.json", 0, NULL);
    return document == NULL ? -1 : 0;
}

static int free_document(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

static const char *text(const json_t *row, const char *key)
{
    const char *found = json_string_value(json_object_get(row, key));
    assert_non_null(found);
    return found;
}

static uint8_t digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *found = strchr(digits, c);
    assert_true(c != 0 && found != NULL);
    return (uint8_t)(found - digits);
}

/* The bytes of a hex string, in a block of just their size; to be freed. */
static uint8_t *bytes_of(const char *hex, size_t *size)
{
    *size = strlen(hex) / 2;
    uint8_t *bytes = malloc(*size == 0 ? 1 : *size);
    assert_non_null(bytes);
    for (size_t i = 0; i < *size; i++) {
        bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return bytes;
}

static void certificates_have_their_verdicts(void **state)
{
    (void)state;
    size_t world_size, at;
    json_t *row;
    uint8_t *world = bytes_of(text(document, "world"), &world_size);
    const pl_verify_options options = {.world = world, .world_size = world_size};
    const json_t *rows = json_object_get(document, "certificates");
    assert_true(json_array_size(rows) > 50);
    json_array_foreach(rows, at, row)
    {
        size_t size;
        pl_verifier *verifier;
        pl_verdict verdict;
        uint8_t *bytes = bytes_of(text(row, "certificate"), &size);
        const pl_status status =
            pl_verify(&verdict, &verifier, &heap_memory, bytes, size, &options);
        if (strcmp(pl_status_name(status), text(row, "error")) != 0 ||
            strcmp(pl_verify_step_name(verdict.step), text(row, "step")) != 0) {
            fail_msg("%s: %s in step %s, expected %s in step %s", text(row, "name"),
                     pl_status_name(status), pl_verify_step_name(verdict.step), text(row, "error"),
                     text(row, "step"));
        }
        pl_verifier_free(verifier);
        free(bytes);
    }
    free(world);
}

/* Whether the stream gives just `wanted` bytes and ends where it should. */
static bool inflates(const uint8_t *deflated, size_t deflated_size, size_t wanted)
{
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)deflated,
                       .avail_in = (uInt)deflated_size};
    uint8_t *out = malloc(wanted + 1);
    assert_non_null(out);
    assert_int_equal(inflateInit(&stream), Z_OK);
    stream.next_out = out;
    stream.avail_out = (uInt)(wanted + 1);
    const int end = inflate(&stream, Z_FINISH);
    const bool good = end == Z_STREAM_END && stream.total_out == wanted && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    free(out);
    return good;
}

static void packings_have_their_verdicts(void **state)
{
    (void)state;
    size_t at;
    json_t *row;
    const json_t *rows = json_object_get(document, "packed");
    assert_true(json_array_size(rows) > 5);
    json_array_foreach(rows, at, row)
    {
        const uint8_t *deflated;
        size_t size, deflated_size, wanted;
        uint8_t *bytes = bytes_of(text(row, "packed"), &size);
        const pl_status status = pl_packed_open(&deflated, &deflated_size, &wanted, bytes, size);
        if (strcmp(pl_status_name(status), text(row, "error")) != 0) {
            fail_msg("%s: %s, expected %s", text(row, "name"), pl_status_name(status),
                     text(row, "error"));
        }
        if (status == PL_OK) {
            assert_true(inflates(deflated, deflated_size, wanted));
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_have_their_verdicts),
        cmocka_unit_test(packings_have_their_verdicts),
    };
    return cmocka_run_group_tests(tests, load_document, free_document);
}
