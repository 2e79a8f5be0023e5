#include "tools/oracle/vectors.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/value.h"

enum { OUTCOME_SIZE = 64, GOT_SIZE = 512 };

static const char *const modes[] = {[PL_RULES_DEPLOYED] = "deployed", [PL_RULES_STRICT] = "strict"};

/* The names that the files use for our rules. PL_OK ends a list. */
static const struct {
    const char *name;
    pl_status statuses[4];
} reasons[] = {
    {"bad-magic", {PL_REJECT_MAGIC}},
    {"bad-version", {PL_REJECT_VERSION}},
    {"truncated", {PL_REJECT_TRUNCATED}},
    {"trailing-bytes", {PL_REJECT_TRAILING}},
    {"length", {PL_REJECT_LIMIT, PL_REJECT_TRUNCATED, PL_REJECT_QUORUM, PL_REJECT_SUBJECT}},
    {"bad-v", {PL_REJECT_RECOVERY_ID}},
    {"sig-range", {PL_REJECT_SIGNATURE_RANGE}},
    {"high-s", {PL_REJECT_HIGH_S}},
    {"bad-signature", {PL_REJECT_SIGNATURE, PL_REJECT_UNKNOWN_SIGNER}},
    {"duplicate-signer", {PL_REJECT_SIGNER_DUPLICATE}},
    {"unsorted-signers", {PL_REJECT_SIGNER_ORDER}},
    {"unsorted-values", {PL_REJECT_VALUE_ORDER}},
    {"signer-index", {PL_REJECT_SIGNER}},
    {"quorum", {PL_REJECT_QUORUM}},
    {"config-mismatch", {PL_REJECT_CONFIG}},
    {"expired-signer-set", {PL_REJECT_SIGNER_SET_OVER}},
    {"unknown-signer-set", {PL_REJECT_SIGNER_SET}},
    {"merkle-root", {PL_REJECT_MERKLE}},
    {"wrong-emitter", {PL_REJECT_EMITTER}},
    {"wrong-feed", {PL_REJECT_SUBJECT}},
    {"message-type", {PL_REJECT_MESSAGE_TYPE}},
    {"timestamp-mismatch", {PL_REJECT_TIME_MISMATCH}},
    {"stale", {PL_REJECT_STALE}},
    {"future", {PL_REJECT_FUTURE}},
    {"expired", {PL_REJECT_EXPIRED}},
    {"replay", {PL_REJECT_REPLAY}},
    {"nonce-mismatch", {PL_REJECT_NONCE}},
};
enum { REASON_COUNT = sizeof reasons / sizeof reasons[0] };

static pt_vector_class *find_class(pt_vector_tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->class_count; i++) {
        if (strcmp(tally->classes[i].name, name) == 0) {
            return &tally->classes[i];
        }
    }
    if (tally->class_count < PT_VECTOR_CLASSES_MAX) {
        tally->class_count++;
    }
    pt_vector_class *added = &tally->classes[tally->class_count - 1];
    (void)snprintf(added->name, sizeof added->name, "%s", name);
    return added;
}

void pt_vector_count(pt_vector_tally *tally, const char *class_name, unsigned mode, const char *id,
                     const char *expected, const char *got)
{
    pt_vector_class *class = find_class(tally, class_name);
    class->rows += mode == 0 ? 1 : 0;
    tally->rows += mode == 0 ? 1 : 0;
    class->agreed[mode] += got == NULL ? 1 : 0;
    tally->agreed[mode] += got == NULL ? 1 : 0;
    if (got != NULL) {
        (void)json_array_append_new(tally->disagreements,
                                    json_pack("{s:s, s:s, s:s, s:s}", "id", id, "mode", modes[mode],
                                              "expected", expected, "got", got));
    }
}

/* The outcome that the row states for a mode: "valid" or the name of a reason. */
static pt_exit read_outcome(const char **outcome, const pt_json *row, unsigned mode,
                            pt_report *report)
{
    const bool strict = mode == PL_RULES_STRICT;
    const char *expect;
    pt_json reason;
    PT_TRY(pt_json_text(&expect, row, strict ? "expect_strict" : "expect", report));
    *outcome = "valid";
    if (strcmp(expect, "valid") == 0) {
        return PT_OK;
    }
    const char *key = strict ? "reason_strict" : "reason";
    PT_TRY(pt_json_text(outcome, row, key, report));
    PT_TRY(pt_json_member(&reason, row, key, JSON_STRING, report));
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (strcmp(reasons[i].name, *outcome) == 0) {
            return PT_OK;
        }
    }
    return pt_json_wrong(&reason, report, "a reason of the schema");
}

static bool is_outcome(const char *outcome, pl_status status)
{
    if (strcmp(outcome, "valid") == 0) {
        return status == PL_OK;
    }
    for (size_t i = 0; i < REASON_COUNT; i++) {
        for (size_t j = 0; strcmp(reasons[i].name, outcome) == 0 && j < 4; j++) {
            if (reasons[i].statuses[j] != PL_OK && reasons[i].statuses[j] == status) {
                return true;
            }
        }
    }
    return false;
}

/* A consumer of VAAs keeps the digests that it has used up. */
static bool is_consumed(const pt_vector_row *row, const pl_reading *reading)
{
    const json_t *used = json_object_get(row->context.value, "seen_digests");
    char digest[65];
    pt_hex(digest, reading->digest, sizeof reading->digest);
    for (size_t i = 0; reading->has_digest && i < json_array_size(used); i++) {
        const char *seen = json_string_value(json_array_get(used, i));
        if (seen != NULL && strcmp(seen, digest) == 0) {
            return true;
        }
    }
    return false;
}

/* Rows about verifiers of reports that carry no price still state order and age: those rules are
 * asked with a price of zero. */
static pl_status check(pl_reading *reading, const pt_vector_row *row,
                       const pt_vector_subject *subject, const pl_observer *observer)
{
    const pl_feed *feed = &row->feed.feed;
    pl_price price;
    PL_TRY(pl_oracle_read(reading, feed, row->now.seconds, row->payload.data, row->payload.size,
                          observer));
    if (is_consumed(row, reading)) {
        return PL_REJECT_REPLAY;
    }
    pl_reading asked = *reading;
    if (!reading->has_price && subject->price == NULL) {
        asked.has_price = true;
        asked.price = pl_i256_from_i64(0);
        asked.exponent = -feed->decimals;
    }
    return pl_policy_check(&price, feed, row->now, &row->last, &asked);
}

/* One subject of a row. *status and, for a report that was accepted, the differences. */
static pt_exit run_subject(pl_status *status, pt_bytes *differences, pt_vector_row *row,
                           size_t number, pt_report *report)
{
    pt_vector_subject subject;
    pl_observer observer;
    pl_reading reading;
    PT_TRY(pt_vector_subject_at(&subject, row, number, report));
    row->feed.subject.size = 0;
    pt_put(&row->feed.subject, subject.bytes, subject.size);
    PT_TRY(pt_oracle_feed_ready(&row->feed, report));
    json_t *seen = json_array();
    pt_vector_observe(&observer, seen);
    *status = check(&reading, row, &subject, &observer);
    if (*status == PL_OK) {
        (void)pt_vector_compare(differences, row, &subject, &reading, seen);
    }
    json_decref(seen);
    return PT_OK;
}

static pt_exit run_mode(pt_vector_tally *tally, pt_vector_row *row, const char *class_name,
                        unsigned mode, pt_report *report)
{
    const char *expected;
    char got[GOT_SIZE];
    pl_status status = PL_OK;
    pt_bytes differences = {0};
    PT_TRY(read_outcome(&expected, &row->node, mode, report));
    row->feed.feed.rules = (uint8_t)mode;
    pt_exit result = PT_OK;
    for (size_t i = 0; i < pt_vector_subjects(row) && status == PL_OK && result == PT_OK; i++) {
        result = run_subject(&status, &differences, row, i, report);
    }
    pt_put_u8(&differences, 0);
    const bool as_expected = is_outcome(expected, status) && differences.size == 1;
    (void)snprintf(got, sizeof got, "%s%s%s", status == PL_OK ? "valid" : pl_status_name(status),
                   differences.size == 1 ? "" : ": ", (const char *)differences.data);
    if (result == PT_OK) {
        pt_vector_count(tally, class_name, mode, row->id, expected, as_expected ? NULL : got);
    }
    pt_bytes_free(&differences);
    return result;
}

static pt_exit run_row(pt_vector_tally *tally, pt_vector_row *row, pt_report *report)
{
    const char *deployed, *strict;
    char name[OUTCOME_SIZE];
    PT_TRY(read_outcome(&deployed, &row->node, PL_RULES_DEPLOYED, report));
    PT_TRY(read_outcome(&strict, &row->node, PL_RULES_STRICT, report));
    const bool same = strcmp(deployed, strict) == 0;
    (void)snprintf(name, sizeof name, "%.28s%s%.24s", deployed, same ? "" : ", strict ",
                   same ? "" : strict);
    PT_TRY(run_mode(tally, row, name, PL_RULES_DEPLOYED, report));
    return run_mode(tally, row, name, PL_RULES_STRICT, report);
}

/* "in row X" behind the sentence: the path gives the place in the file, not the name. */
static pt_exit name_row(const pt_json *node, pt_exit exit, pt_report *report)
{
    const char *id = json_string_value(json_object_get(node->value, "id"));
    char line[sizeof report->line];
    memcpy(line, report->line, sizeof line);
    return id == NULL || strstr(line, id) != NULL
               ? exit
               : pt_fail(report, exit, "%.900s (row %.60s)", line, id);
}

static pt_exit run_rows(pt_vector_tally *tally, const pt_json *document, pt_report *report)
{
    pt_json vectors, node, format;
    PT_TRY(pt_json_member(&format, document, "format", JSON_STRING, report));
    (void)snprintf(tally->format, sizeof tally->format, "%s", json_string_value(format.value));
    const unsigned number = pt_oracle_format(tally->format);
    if (number == PL_FEED_FORMATS) {
        return pt_json_wrong(&format, report, "a format of plim oracle formats");
    }
    PT_TRY(pt_json_member(&vectors, document, "vectors", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(vectors.value); i++) {
        PT_TRY(pt_json_element(&node, &vectors, i, JSON_OBJECT, report));
        pt_vector_row row;
        pt_exit result = pt_vector_row_read(&row, document, &node, number, report);
        if (result == PT_OK) {
            result = run_row(tally, &row, report);
            pt_vector_row_free(&row);
        }
        if (result != PT_OK) {
            return name_row(&node, result, report);
        }
    }
    return PT_OK;
}

static pt_exit run_document(pt_vector_tally *tally, const pt_json *document, pt_report *report)
{
    pt_json schema;
    PT_TRY(pt_json_member(&schema, document, "schema", JSON_STRING, report));
    if (strcmp(json_string_value(schema.value), "plimsoll-oracle-vectors/1") == 0) {
        return run_rows(tally, document, report);
    }
    if (strcmp(json_string_value(schema.value), "plimsoll-eip712-vectors/1") == 0) {
        return pt_typed_data_run(tally, document, report);
    }
    return pt_json_wrong(&schema, report,
                         "\"plimsoll-oracle-vectors/1\" or \"plimsoll-eip712-vectors/1\"");
}

pt_exit pt_vectors_run(pt_vector_tally *tally, const char *file, pt_report *report)
{
    pt_bytes bytes;
    pt_json document;
    memset(tally, 0, sizeof *tally);
    tally->disagreements = json_array();
    PT_TRY(pt_file_read(&bytes, file, PT_VECTOR_FILE_MAX, report));
    pt_exit result =
        pt_json_parse(&document, file, 0, (const char *)bytes.data, bytes.size, report);
    pt_bytes_free(&bytes);
    if (result == PT_OK) {
        result = run_document(tally, &document, report);
        json_decref(document.value);
    }
    return result;
}

void pt_vectors_free(pt_vector_tally *tally)
{
    json_decref(tally->disagreements);
    tally->disagreements = NULL;
}
