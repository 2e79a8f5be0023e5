/* Changed copies of genuine oracle reports: whatever is accepted must say what the genuine report
 * says. A price that no signer signed, or one at another time, is a failure.
 *
 *   oracle_storm [--mutants N] [--seed S] FILE...    N for each format, from vector files
 *   oracle_storm --corpus FOLDER FILE...             writes inputs for the fuzzer instead */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/genuine.h"
#include "vm/base/bytes.h"

enum { ROOM = 1 << 16, CORPUS_PER_FORMAT = 2 };

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

/* ---- changes ---- */

/* Numbers are words of 32, 8, 4, 2 or 1 bytes: add a little, or put an edge. */
static void change_number(uint8_t *bytes, size_t size)
{
    static const size_t sizes[] = {32, 8, 4, 2, 1};
    const size_t width = sizes[draw(5)];
    if (size < width) {
        return;
    }
    uint8_t *at = bytes + (draw(3) == 0 ? draw(size - width + 1) : draw(size / width) * width);
    switch (draw(5)) {
    case 0:
        memset(at, 0, width);
        break;
    case 1:
        memset(at, 0xff, width);
        break;
    case 2:
        at[0] ^= 0x80;
        break;
    default:
        at[width - 1] = (uint8_t)(at[width - 1] + draw(5) - 2);
    }
}

static size_t cut_or_grow(uint8_t *bytes, size_t size)
{
    const size_t by = 1 + draw(40);
    if (draw(2) == 0) {
        return size > by ? size - by : 0;
    }
    if (size + by > ROOM) {
        return size;
    }
    for (size_t i = 0; i < by; i++) {
        bytes[size + i] = (uint8_t)(draw(2) * draw(256));
    }
    return size + by;
}

/* Two stretches of equal size change places: signatures, observations, packages. */
static void swap(uint8_t *bytes, size_t size)
{
    static const size_t sizes[] = {32, 64, 65, 66, 85, 142, 20, 1};
    const size_t width = sizes[draw(8)];
    if (size < 2 * width) {
        return;
    }
    const size_t a = draw(size - 2 * width + 1), b = a + width + draw(size - a - 2 * width + 1);
    for (size_t i = 0; i < width; i++) {
        const uint8_t kept = bytes[a + i];
        bytes[a + i] = bytes[b + i];
        bytes[b + i] = kept;
    }
}

static size_t change(uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return cut_or_grow(bytes, size);
    }
    switch (draw(8)) {
    case 0:
    case 1:
    case 2:
        bytes[draw(size)] ^= (uint8_t)(1u << draw(8));
        return size;
    case 3:
        bytes[draw(size)] = (uint8_t)draw(256);
        return size;
    case 4:
    case 5:
        change_number(bytes, size);
        return size;
    case 6:
        swap(bytes, size);
        return size;
    default:
        return cut_or_grow(bytes, size);
    }
}

/* ---- judging ---- */

/* RedStone's deployed median is over the packages that are met first, and nobody signed their
 * order: any price between the lowest and the highest signed value can come out of an honest set.
 * The row's strict reading sees all of them; bounds come from the row's own packages. */
static bool is_unsigned_choice(const genuine_report *row)
{
    return row->row.feed.feed.format == PL_FEED_REDSTONE;
}

static bool says_the_same(const pl_reading *a, const pl_reading *b)
{
    return a->has_price == b->has_price && a->exponent == b->exponent &&
           pl_i256_cmp(&a->price, &b->price) == 0 && a->has_time == b->has_time &&
           a->time_s == b->time_s && a->time_ns == b->time_ns && a->order == b->order &&
           a->has_confidence == b->has_confidence && a->confidence == b->confidence;
}

/* The lowest and highest of what strict and deployed rules read from any order of packages cannot
 * be told from outside, so a price is looked for among the signed bytes instead. */
static bool is_signed_value(const genuine_report *row, const pl_i256 *price)
{
    uint8_t stored[32];
    if (pl_i256_store_be(stored, 32, price) != PL_OK) {
        return false;
    }
    const uint8_t *bytes = row->row.payload.data;
    for (size_t i = 0; i + 32 <= row->row.payload.size; i++) {
        if (memcmp(bytes + i, stored, 32) == 0) {
            return true;
        }
    }
    return false;
}

/* An even count gives the mean of two signed values: both neighbours are tried. */
static bool is_mean_of_signed(const genuine_report *row, const pl_i256 *price)
{
    const uint8_t *bytes = row->row.payload.data;
    const size_t size = row->row.payload.size;
    for (size_t i = 0; i + 32 <= size; i++) {
        pl_i256 low, high;
        pl_i256_load_be(&low, bytes + i, 32);
        if (bytes[i] != 0 || pl_i256_lt(price, &low)) {
            continue;
        }
        for (unsigned odd = 0; odd < 2; odd++) { /* high = 2 * price + odd - low */
            const pl_i256 rest = pl_i256_from_i64((int64_t)odd);
            if (pl_i256_add(&high, price, price) == PL_OK &&
                pl_i256_add(&high, &high, &rest) == PL_OK &&
                pl_i256_sub(&high, &high, &low) == PL_OK && is_signed_value(row, &high)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_honest(const genuine_report *row, const pl_reading *reading)
{
    pl_reading same = *reading;
    if (says_the_same(reading, &row->reading)) {
        return true;
    }
    same.price = row->reading.price;
    return is_unsigned_choice(row) && says_the_same(&same, &row->reading) &&
           (is_signed_value(row, &reading->price) || is_mean_of_signed(row, &reading->price));
}

typedef struct tally {
    uint64_t mutants, refused, same, failures;
} tally;

static void report_failure(const genuine_report *row, const uint8_t *bytes, size_t size,
                           bool strict)
{
    (void)fprintf(stderr, "accepted with another price or time: %s, %s rules, payload ",
                  row->row.id, strict ? "strict" : "deployed");
    for (size_t i = 0; i < size; i++) {
        (void)fprintf(stderr, "%02x", bytes[i]);
    }
    (void)fprintf(stderr, "\n");
}

static void try_mutant(tally *t, genuine_report *row)
{
    static uint8_t bytes[ROOM];
    pl_reading reading;
    size_t size = row->row.payload.size;
    if (size > ROOM) {
        return;
    }
    memcpy(bytes, row->row.payload.data, size);
    for (uint64_t changes = 1 + draw(3); changes > 0; changes--) {
        size = change(bytes, size);
    }
    const bool strict = draw(4) == 0;
    const pl_status status = genuine_report_check(&reading, row, strict, bytes, size);
    t->mutants++;
    if (status != PL_OK) {
        t->refused++;
        if (!pl_is_reject(status)) {
            t->failures++;
            (void)fprintf(stderr, "%s: no refusal but %s\n", row->row.id, pl_status_name(status));
        }
    } else if (is_honest(row, &reading)) {
        t->same++;
    } else {
        t->failures++;
        report_failure(row, bytes, size, strict);
    }
}

static uint64_t storm(genuine_reports *rows, uint64_t mutants)
{
    uint64_t failures = 0;
    for (unsigned format = 0; format < PL_FEED_FORMATS; format++) {
        tally t = {0};
        size_t count = 0;
        for (size_t i = 0; i < rows->count; i++) {
            if (rows->list[i].row.feed.feed.format == format) {
                count++;
            }
        }
        while (count > 0 && t.mutants < mutants) {
            genuine_report *row = &rows->list[draw(rows->count)];
            if (row->row.feed.feed.format == format) {
                try_mutant(&t, row);
            }
        }
        if (count > 0) {
            (void)printf("%-24s %5zu genuine  %9" PRIu64 " mutants  %9" PRIu64 " refused  %7" PRIu64
                         " say the same  %" PRIu64 " failures\n",
                         pl_formats[format].name, count, t.mutants, t.refused, t.same, t.failures);
        }
        failures += t.failures;
    }
    return failures;
}

/* ---- the fuzzer's corpus: see tests/fuzz/fuzz_oracle.c ---- */

static unsigned first_signer(const pl_reading *reading)
{
    unsigned member = 0;
    while (member < 255 && !pl_member_in(&reading->signers, member)) {
        member++;
    }
    return member;
}

static bool write_input(const char *folder, const genuine_report *row, unsigned number)
{
    char path[4096];
    uint8_t head[37];
    const pl_feed *feed = &row->row.feed.feed;
    const pl_signer_set *set = &row->row.feed.sets[row->reading.set];
    (void)snprintf(path, sizeof path, "%s/%s-%u", folder, pl_formats[feed->format].name, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    head[0] = feed->format;
    head[1] = 0;
    head[2] = (uint8_t)(set->quorum - 1);
    pl_store_u16(head + 3, (uint16_t)row->subject.size);
    memcpy(head + 5, set->id, sizeof set->id);
    if (pl_formats[feed->format].member_size == PL_MEMBER_XONLY) {
        memcpy(head + 5, set->members + 32u * first_signer(&row->reading), 32);
    }
    const bool done =
        fwrite(head, 1, sizeof head, file) == sizeof head &&
        fwrite(row->subject.bytes, 1, row->subject.size, file) == row->subject.size &&
        fwrite(row->row.payload.data, 1, row->row.payload.size, file) == row->row.payload.size;
    return (fclose(file) == 0) && done;
}

/* The shortest payloads of each format. */
static bool write_corpus(const genuine_reports *rows, const char *folder)
{
    for (unsigned format = 0; format < PL_FEED_FORMATS; format++) {
        size_t last_size = 0;
        for (unsigned n = 0; n < CORPUS_PER_FORMAT; n++) {
            const genuine_report *best = NULL;
            for (size_t i = 0; i < rows->count; i++) {
                const genuine_report *row = &rows->list[i];
                const size_t size = row->row.payload.size;
                if (row->row.feed.feed.format == format && size > last_size &&
                    (best == NULL || size < best->row.payload.size)) {
                    best = row;
                }
            }
            if (best == NULL) {
                break;
            }
            last_size = best->row.payload.size;
            if (!write_input(folder, best, n)) {
                return false;
            }
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    genuine_reports rows = {0};
    uint64_t mutants = 1000;
    const char *corpus = NULL;
    random_state = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mutants") == 0 && i + 1 < argc) {
            mutants = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            random_state = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--corpus") == 0 && i + 1 < argc) {
            corpus = argv[++i];
        } else if (!genuine_reports_read(&rows, argv[i])) {
            return 2;
        }
    }
    if (rows.count == 0) {
        (void)fprintf(stderr, "oracle_storm: no genuine report in the files\n");
        return 2;
    }
    const bool failed = corpus != NULL ? !write_corpus(&rows, corpus) : storm(&rows, mutants) != 0;
    genuine_reports_free(&rows);
    return failed ? 1 : 0;
}
