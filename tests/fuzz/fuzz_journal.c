/* Journals and manifests from outside, on a disk of memory. The input is
 *
 *   records u8 | flags u8 | floor u8 | manifest size u16 | manifest | changes, each: where u16 |
 * how u8
 *
 * A true journal of so many records (at most 15) is written and then changed. Flags: 1 the manifest
 * is there, 2 its hash is put right, 4 and it is of this journal.
 *
 * What a scan leaves must be records that were written, front to back, and the journal must go on:
 * a record appended is there when it is opened again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/sim_disk.h"
#include "tools/common/bytes.h"
#include "tools/common/crc32c.h"
#include "tools/plim/generations.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

enum { RECORDS_MAX = 15, HEAD = 5, START_AT = 6 };

static const char folder[] = "j", journal_path[] = "j/journal.plj",
                  manifest_path[] = "j/manifest.plm";
static const pt_journal_id id = {.semantics = 3, .flags = 1, .world_id = {9}, .history_hash = {8}};

static pt_journal_record record_of(uint64_t height)
{
    pt_journal_record record = {.height = height, .block_size = (uint32_t)(200 + height)};
    memset(record.block_hash, (int)height, 32);
    memset(record.state_root, (int)(100 + height), 32);
    return record;
}

/* ---- before ---- */

static void write_journal(uint64_t records, uint8_t start[32])
{
    pt_journal journal;
    pt_report report = {0};
    bool exists;
    MUST(pt_journal_open(&journal, &exists, folder, true, &id, &report) == PT_OK && !exists);
    MUST(pt_journal_begin(&journal, &id, &report) == PT_OK);
    memcpy(start, journal.start, 32);
    for (uint64_t height = 1; height <= records; height++) {
        pt_journal_record record = record_of(height);
        MUST(pt_journal_append(&journal, &record, &report) == PT_OK);
    }
    MUST(pt_journal_sync(&journal, &report) == PT_OK);
    pt_journal_close(&journal);
}

static void write_manifest(const uint8_t *bytes, size_t size, unsigned flags, const uint8_t *start)
{
    pt_bytes manifest = {0};
    pt_put(&manifest, bytes, size);
    if ((flags & 4) != 0 && size >= START_AT + 32) {
        memcpy(manifest.data + START_AT, start, 32);
    }
    if ((flags & 2) != 0) {
        uint8_t hash[32];
        pl_sha256_of(hash, manifest.data, manifest.size);
        pt_put(&manifest, hash, sizeof hash);
    }
    const int file = pt_disk_open(manifest_path, PT_DISK_CREATE);
    MUST(file >= 0 && pt_disk_write(file, manifest.data, manifest.size, 0) == 0);
    (void)pt_disk_close(file);
    pt_bytes_free(&manifest);
}

/* The check of the record that holds this place fits again; its link then tells that it was
 * changed. */
static void put_check(int file, uint64_t where)
{
    enum { HEAD_SIZE = 110, RECORD_SIZE = 116, CHECK_AT = 112 };
    uint8_t record[RECORD_SIZE];
    const uint64_t at = HEAD_SIZE + (where - HEAD_SIZE) / RECORD_SIZE * RECORD_SIZE;
    if (where >= HEAD_SIZE && pt_disk_read(file, record, sizeof record, at) == RECORD_SIZE) {
        pl_store_u32(record + CHECK_AT, pt_crc32c(record, CHECK_AT));
        MUST(pt_disk_write(file, record, sizeof record, at) == 0);
    }
}

/* how below 128: a bit or byte of the journal, from 64 on under a check that fits; from 128 on: cut
 * there, or grown. */
static void change_journal(uint64_t where, uint8_t how)
{
    const int file = pt_disk_open(journal_path, PT_DISK_UPDATE);
    uint8_t byte;
    MUST(file >= 0);
    const int64_t size = pt_disk_size(file);
    MUST(size >= 0);
    where = size == 0 ? 0 : where % (uint64_t)size;
    if (how >= 192) {
        static const uint8_t more[64] = "PLJR";
        MUST(pt_disk_write(file, more, 1u + how % 64, (uint64_t)size) == 0);
    } else if (how >= 128) {
        MUST(pt_disk_truncate(file, where) == 0);
    } else if (size > 0) {
        MUST(pt_disk_read(file, &byte, 1, where) == 1);
        byte = (uint8_t)(how < 8 ? byte ^ 1u << how : (unsigned)byte + how);
        MUST(pt_disk_write(file, &byte, 1, where) == 0);
        if (how >= 64) {
            put_check(file, where);
        }
    }
    (void)pt_disk_close(file);
}

/* ---- after ---- */

/* Opens and scans; then *journal is to be closed. Returns whether it stands. */
static bool take_up(pt_journal *journal, uint64_t floor)
{
    const pt_notes nobody = {NULL, NULL};
    pt_report report = {0};
    pt_generations made;
    bool exists;
    pt_exit result = pt_journal_open(journal, &exists, folder, false, &id, &report);
    if (result == PT_OK && exists) {
        if (pt_generations_open(&made, journal, &report) == PT_OK) {
            for (size_t i = 0; i < made.count; i++) {
                MUST(made.list[i].slot < PT_GENERATION_SLOTS && made.list[i].height > 0);
            }
        }
        pt_generations_free(&made);
        result = pt_journal_scan(journal, floor, &nobody, &report);
        MUST(result != PT_OK || journal->height >= floor);
    }
    MUST(result == PT_OK || report.line[0] != 0);
    return result == PT_OK && exists;
}

static void records_must_be_true(pt_journal *journal, uint64_t records)
{
    pt_report report = {0};
    MUST(journal->height <= records);
    for (uint64_t height = 1; height <= journal->height; height++) {
        const pt_journal_record wanted = record_of(height);
        pt_journal_record found;
        MUST(pt_journal_read(&found, journal, height, &report) == PT_OK);
        MUST(found.height == height && found.block_size == wanted.block_size &&
             memcmp(found.block_hash, wanted.block_hash, 32) == 0 &&
             memcmp(found.state_root, wanted.state_root, 32) == 0);
    }
}

static void run(const uint8_t *data, size_t size)
{
    pt_journal journal;
    pt_report report = {0};
    uint8_t start[32];
    const uint64_t records = data[0] % (RECORDS_MAX + 1);
    const size_t manifest_size = pl_load_u16(data + 3);
    if (manifest_size > size - HEAD) {
        return;
    }
    MUST(pt_disk_make_folder(folder) == 0);
    write_journal(records, start);
    if ((data[1] & 1) != 0) {
        write_manifest(data + HEAD, manifest_size, data[1], start);
    }
    for (size_t at = HEAD + manifest_size; size - at >= 3; at += 3) {
        change_journal(pl_load_u16(data + at), data[at + 2]);
    }
    if (take_up(&journal, data[2] % (RECORDS_MAX + 2))) {
        records_must_be_true(&journal, records);
        pt_journal_record next = record_of(journal.height + 1);
        const uint64_t height = next.height;
        MUST(pt_journal_append(&journal, &next, &report) == PT_OK);
        MUST(pt_journal_sync(&journal, &report) == PT_OK);
        pt_journal_close(&journal);
        MUST(take_up(&journal, height) && journal.height == height);
    }
    pt_journal_close(&journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) {
        return 0;
    }
    sim_disk *disk = sim_disk_new();
    pt_disk_use(&disk->table);
    run(data, size);
    MUST(sim_disk_open_count(disk) == 0);
    pt_disk_use(NULL);
    sim_disk_free(disk);
    return 0;
}
