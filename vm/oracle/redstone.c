/* RedStone payloads, parsed from their end. spec 09 §7
 *
 *   any bytes | packages | package count u16 | metadata | metadata size u24 |
 *   marker 00 00 02 ed 57 01 1e 00 00
 *   package: points: feed id 32, value | time u48 ms | value size u32 | point count u24 |
 *   r 32 | s 32 | v u8 in 27, 28
 *
 * A package is signed up to its signature, keccak256. Metadata and what stands before the packages
 * are nobody's, by design of the format: call data comes first. Checked in this order: marker,
 * metadata and count are there; then the packages from the last to the first: its shape, its
 * signature (every one must be a member's), its time (not zero, the same in all), its points, these
 * too from the last to the first; then the quorum of the wanted feed. A signer's second value for a
 * feed does not count; strict rules refuse it. The price is the median of the values that count (of
 * an even number the mean of the middle two, rounded down): by the deployed rules the first
 * `quorum` that are met, by strict rules all of them, so that the order of packages does not choose
 * the price. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define MARKER_SIZE    9u
#define ID_SIZE        32u
#define VALUE_SIZE_MAX 32u
#define TAIL_SIZE      78u /* time, value size, point count, signature */
#define SIGNATURE_SIZE 65u
#define VALUES_MAX     255u /* members of a set */

typedef struct package_walk {
    const pl_adapter_input *in;
    pl_signers signers;
    const uint8_t *id; /* of the wanted feed; NULL until an empty subject has met one */
    uint64_t time_ms;
    bool is_repeated; /* a signer had two values for the wanted feed */
    unsigned count;
    pl_u256 values[VALUES_MAX]; /* ascending */
    uint8_t digest[32];
} package_walk;

typedef struct package_tail {
    uint64_t time_ms, value_size, point_count, v;
    const uint8_t *r, *s;
} package_tail;

/* ---- the end of the payload ---- */

/* On output: *end is where the last package ends. */
static pl_status take_end_parts(const pl_adapter_input *in, size_t *end, uint64_t *count)
{
    static const uint8_t right[MARKER_SIZE] = {0, 0, 0x02, 0xed, 0x57, 0x01, 0x1e, 0, 0};
    const uint8_t *bytes;
    uint64_t size;
    if (in->size < MARKER_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    pl_bytes_cursor marker = pl_bytes_cursor_at(in, in->size - MARKER_SIZE, in->size);
    PL_SURE(pl_take(&marker, "marker", PL_PART_BYTES, &bytes, MARKER_SIZE));
    if (memcmp(bytes, right, MARKER_SIZE) != 0) {
        return PL_REJECT_MAGIC;
    }
    size_t rest = in->size - MARKER_SIZE;
    if (rest < 3) {
        return PL_REJECT_TRUNCATED;
    }
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, rest - 3, rest);
    PL_SURE(pl_take_uint(&cursor, "metadata size", PL_TIME_NONE, &size, 3));
    rest -= 3;
    if (size > rest || rest - size < 2) {
        return PL_REJECT_TRUNCATED;
    }
    cursor = pl_bytes_cursor_at(in, rest - (size_t)size - 2, rest);
    *end = cursor.offset;
    PL_SURE(pl_take_uint(&cursor, "package count", PL_TIME_NONE, count, 2));
    PL_SURE(pl_take(&cursor, "metadata", PL_PART_TEXT, &bytes, (size_t)size));
    return *count * TAIL_SIZE > *end ? PL_REJECT_TRUNCATED : PL_OK;
}

static pl_status take_tail(package_tail *tail, pl_bytes_cursor *cursor)
{
    PL_SURE(pl_take_uint(cursor, "time", PL_TIME_MS, &tail->time_ms, 6));
    PL_SURE(pl_take_uint(cursor, "value size", PL_TIME_NONE, &tail->value_size, 4));
    PL_SURE(pl_take_uint(cursor, "point count", PL_TIME_NONE, &tail->point_count, 3));
    PL_SURE(pl_take(cursor, "r", PL_PART_BYTES, &tail->r, 32));
    PL_SURE(pl_take(cursor, "s", PL_PART_BYTES, &tail->s, 32));
    return pl_take_uint(cursor, "v", PL_TIME_NONE, &tail->v, 1);
}

/* ---- values ---- */

static void insert(package_walk *walk, const pl_u256 *value)
{
    unsigned at = walk->count++;
    while (at > 0 && pl_u256_lt(value, &walk->values[at - 1])) {
        walk->values[at] = walk->values[at - 1];
        at--;
    }
    walk->values[at] = *value;
}

/* spec 09 §7: whose value counts. Beyond the quorum the deployed verifier looks no more. */
static void add_value(package_walk *walk, int member, const uint8_t *bytes, size_t size)
{
    const pl_adapter_input *in = walk->in;
    const bool is_full = !pl_is_strict(in) && !pl_is_inspection(in) &&
                         walk->signers.count >= walk->signers.set->quorum;
    if (is_full || walk->count == VALUES_MAX) {
        return;
    }
    if (pl_signers_count(&walk->signers, member) != PL_OK) {
        walk->is_repeated = true;
        return;
    }
    pl_u256 value = pl_u256_from_u64(0); /* a value of no bytes is zero */
    if (size > 0) {
        pl_u256_load_be(&value, bytes, size);
    }
    insert(walk, &value);
}

/* A mean is taken as low + (high - low) / 2: it cannot wrap and is the same number. */
static pl_status median(pl_i256 *price, const package_walk *walk)
{
    const pl_u256 *high = &walk->values[walk->count / 2];
    pl_u256 middle = *high;
    if (walk->count % 2 == 0) {
        const pl_u256 *low = high - 1;
        pl_i256_sub_wrap(&middle, high, low);
        pl_u256_shr(&middle, &middle, 1);
        pl_i256_add_wrap(&middle, &middle, low);
    }
    return pl_i256_from_u256(price, &middle) == PL_OK ? PL_OK : PL_REJECT_EXPONENT;
}

/* ---- packages ---- */

/* From the last point to the first, as the deployed verifier walks: of two values for one feed in a
 * package the last one counts. `points` is over exactly the points. */
static pl_status take_points(package_walk *walk, const pl_bytes_cursor *points,
                             const package_tail *tail, int member)
{
    const size_t point_size = ID_SIZE + (size_t)tail->value_size;
    for (uint64_t i = 0; i < tail->point_count; i++) {
        const uint8_t *id, *value;
        const size_t end = points->end - (size_t)i * point_size;
        pl_bytes_cursor point = pl_bytes_cursor_at(walk->in, end - point_size, end);
        PL_SURE(pl_take(&point, "feed id", PL_PART_TEXT, &id, ID_SIZE));
        PL_SURE(pl_take(&point, "value", PL_PART_UINT, &value, (size_t)tail->value_size));
        walk->id = walk->id == NULL ? id : walk->id;
        if (memcmp(id, walk->id, ID_SIZE) == 0) {
            add_value(walk, member, value, (size_t)tail->value_size);
        }
    }
    return PL_OK;
}

/* Reads the package that ends at *end and moves *end to its start. */
static pl_status read_package(package_walk *walk, size_t *end)
{
    package_tail tail;
    int member;
    if (*end < TAIL_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    const size_t points_end = *end - TAIL_SIZE;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(walk->in, points_end, *end);
    PL_SURE(take_tail(&tail, &cursor));
    if (tail.value_size > VALUE_SIZE_MAX) {
        return PL_REJECT_LIMIT;
    }
    const uint64_t points_size = tail.point_count * (ID_SIZE + tail.value_size);
    if (points_size > points_end) {
        return PL_REJECT_TRUNCATED;
    }
    const size_t start = points_end - (size_t)points_size;
    pl_keccak_of(walk->digest, walk->in->payload + start, *end - SIGNATURE_SIZE - start);
    PL_TRY(pl_signers_recover(&walk->signers, &member, walk->digest, tail.r, tail.s, tail.v, 27));
    if (tail.time_ms == 0 || (walk->time_ms != 0 && walk->time_ms != tail.time_ms)) {
        return PL_REJECT_TIME_MISMATCH;
    }
    walk->time_ms = tail.time_ms;
    const pl_bytes_cursor points = pl_bytes_cursor_at(walk->in, start, points_end);
    *end = start;
    return take_points(walk, &points, &tail, member);
}

static pl_status take_before(const pl_adapter_input *in, size_t end)
{
    const uint8_t *bytes;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, end);
    return end == 0 ? PL_OK : pl_take(&cursor, "call data", PL_PART_BYTES, &bytes, end);
}

pl_status pl_redstone_read(pl_reading *reading, const pl_adapter_input *in)
{
    package_walk walk = {.in = in};
    size_t end;
    uint64_t count;
    PL_TRY(take_end_parts(in, &end, &count));
    PL_TRY(pl_signers_active(&walk.signers, in));
    if (!pl_is_inspection(in) && in->feed->subject_size != 0) {
        if (in->feed->subject_size != ID_SIZE) {
            return PL_REJECT_SUBJECT;
        }
        walk.id = in->feed->subject;
    }
    for (uint64_t i = 0; i < count; i++) {
        PL_TRY(read_package(&walk, &end));
    }
    PL_SURE(take_before(in, end));
    PL_TRY(pl_signers_quorum(&walk.signers));
    if (walk.count > 0) { /* an inspection may have met none */
        pl_i256 price;
        PL_TRY(median(&price, &walk));
        pl_reading_price(reading, in, &price);
        pl_reading_time(reading, PL_TIME_MS, walk.time_ms);
        reading->order = walk.time_ms;
        reading->values = walk.count;
    }
    if (walk.is_repeated) {
        pl_reading_strict(reading, PL_REJECT_SIGNER_DUPLICATE);
    }
    pl_signers_tell(reading, &walk.signers, count > 0 ? walk.digest : NULL);
    return PL_OK;
}
