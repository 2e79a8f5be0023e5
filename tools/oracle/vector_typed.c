/* Rows of typed data: what is encoded, what is signed, who signed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/common/value.h"
#include "tools/oracle/typed_data.h"
#include "tools/oracle/vectors.h"
#include "vm/oracle/curve.h"

static void say(pt_bytes *differences, const char *field, const char *expected, const char *found)
{
    char line[300];
    (void)snprintf(line, sizeof line, "%s%.20s: expected %.90s, found %.90s",
                   differences->size == 0 ? "" : "; ", field, expected, found);
    pt_put_text(differences, line);
}

static void compare_bytes(pt_bytes *differences, const pt_json *row, const char *key,
                          const uint8_t *bytes, size_t size)
{
    const char *expected = json_string_value(json_object_get(row->value, key));
    char *found = pt_take(2 * size + 3);
    memcpy(found, "0x", 2);
    pt_hex(found + 2, bytes, size);
    if (expected != NULL && strcasecmp(expected, found) != 0) {
        say(differences, key, expected, found);
    }
    free(found);
}

static pt_exit compare_signer(pt_bytes *differences, const pt_json *row, const uint8_t digest[32],
                              pt_report *report)
{
    pt_json signature, signer;
    uint8_t address[PL_ADDRESS_SIZE];
    char text[43];
    if (!pt_json_has(row, "signature")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&signature, row, "signature", JSON_STRING, report));
    PT_TRY(pt_json_member(&signer, row, "signer", JSON_STRING, report));
    uint8_t wire[65];
    size_t size = 0;
    if (!pt_oracle_hex(wire, &size, sizeof wire, json_string_value(signature.value)) ||
        size != sizeof wire) {
        return pt_json_wrong(&signature, report, "65 bytes in hex: r, s, v");
    }
    const pl_status status =
        pl_recover_address(address, digest, wire, wire + 32, (unsigned)(uint8_t)(wire[64] - 27));
    if (status == PL_OK) {
        pt_oracle_address(text, address);
    }
    if (status != PL_OK || strcmp(text, json_string_value(signer.value)) != 0) {
        say(differences, "signer", json_string_value(signer.value),
            status == PL_OK ? text : pl_status_name(status));
    }
    return PT_OK;
}

static pt_exit run_row(pt_vector_tally *tally, const pt_json *row, pt_report *report)
{
    const char *name;
    pt_typed_data typed;
    pt_bytes differences = {0};
    PT_TRY(pt_json_text(&name, row, "name", report));
    pt_exit result = pt_typed_data_read(&typed, row, report);
    if (result == PT_OK) {
        compare_bytes(&differences, row, "encoded", typed.encoded.data, typed.encoded.size);
        compare_bytes(&differences, row, "digest", typed.digest, sizeof typed.digest);
        result = compare_signer(&differences, row, typed.digest, report);
    }
    pt_put_u8(&differences, 0);
    for (unsigned mode = 0; mode < 2 && result == PT_OK; mode++) {
        pt_vector_count(tally, "digest", mode, name, "as stated",
                        differences.size == 1 ? NULL : (const char *)differences.data);
    }
    pt_bytes_free(&differences);
    pt_typed_data_free(&typed);
    return result;
}

pt_exit pt_typed_data_run(pt_vector_tally *tally, const pt_json *document, pt_report *report)
{
    pt_json vectors, row;
    (void)snprintf(tally->format, sizeof tally->format, "eip712-typed-data");
    PT_TRY(pt_json_member(&vectors, document, "vectors", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(vectors.value); i++) {
        PT_TRY(pt_json_element(&row, &vectors, i, JSON_OBJECT, report));
        PT_TRY(run_row(tally, &row, report));
    }
    return PT_OK;
}
