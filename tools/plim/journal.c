/* spec 11 §2
 *
 *     head:   "PLJL" | format u16 = 1 | semantics u16 | flags u16 | world id 32 | history hash 32 |
 *             expectations hash 32 | crc u32
 *     record: "PLJR" | height u64 | block hash 32 | block size u32 | state root 32 | link 32 | crc
 * u32
 *
 * Heads and records have one size each, so that the record of a height is found without a search.
 */
#include "tools/plim/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/crc32c.h"
#include "tools/common/disk.h"
#include "tools/common/file.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

#define FORMAT 1u
enum { HEAD_SIZE = 110, RECORD_SIZE = 116, LINKED_SIZE = 80, CHUNK_RECORDS = 512 };

static const char head_magic[4] = {'P', 'L', 'J', 'L'};
static const char record_magic[4] = {'P', 'L', 'J', 'R'};

void pt_note(const pt_notes *notes, const char *format, ...)
{
    char line[512];
    va_list arguments;
    if (notes->sink == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    notes->sink(notes->context, line);
}

pt_journal_id pt_journal_id_of(const pt_run *run, uint16_t flags)
{
    pt_journal_id id = {.semantics = (uint16_t)PL_SEMANTICS_ID, .flags = flags};
    memcpy(id.world_id, pl_chain_world(run->chain)->id, 32);
    memcpy(id.history_hash, run->history_hash, 32);
    memcpy(id.expect_hash, run->expect_hash, 32); /* zeros when there are none */
    return id;
}

/* ---- the head ---- */

static void put_head(uint8_t *bytes, const pt_journal_id *id)
{
    memcpy(bytes, head_magic, 4);
    pl_store_u16(bytes + 4, FORMAT);
    pl_store_u16(bytes + 6, id->semantics);
    pl_store_u16(bytes + 8, id->flags);
    memcpy(bytes + 10, id->world_id, 32);
    memcpy(bytes + 42, id->history_hash, 32);
    memcpy(bytes + 74, id->expect_hash, 32);
    pl_store_u32(bytes + 106, pt_crc32c(bytes, 106));
}

static pt_exit refuse(const pt_journal *journal, const char *why, pt_report *report)
{
    return pt_fail(report, PT_INPUT, "%s: %s", journal->path, why);
}

/* Shape first, then what it belongs to: each difference has its own name. */
static pt_exit check_head(const pt_journal *journal, const uint8_t *found, const pt_journal_id *id,
                          pt_report *report)
{
    uint8_t own[HEAD_SIZE];
    put_head(own, id);
    if (memcmp(found, own, 4) != 0) {
        return refuse(journal, "MAGIC: not a journal", report);
    }
    if (memcmp(found + 4, own + 4, 2) != 0) {
        return refuse(journal,
                      "VERSION: a journal of another format; replay with the program that "
                      "wrote it, or start a new one",
                      report);
    }
    if (pl_load_u32(found + 106) != pt_crc32c(found, 106)) {
        return refuse(journal, "DAMAGED: the CRC of its head does not hold; start a new journal",
                      report);
    }
    if (memcmp(found + 6, own + 6, 2) != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: SEMANTICS: the journal is of semantics %u, this program has %u",
                       journal->path, (unsigned)pl_load_u16(found + 6), (unsigned)id->semantics);
    }
    if (memcmp(found + 10, own + 10, 32) != 0) {
        return refuse(journal, "OTHER_WORLD: the journal of a replay of another world", report);
    }
    if (memcmp(found + 42, own + 42, 32) != 0) {
        return refuse(journal, "OTHER_HISTORY: the journal of a replay of another history", report);
    }
    if (memcmp(found + 74, own + 74, 32) != 0) {
        return refuse(journal,
                      "OTHER_EXPECTATIONS: that replay compared with another expectations "
                      "file (see --expect, --no-expect)",
                      report);
    }
    return pl_load_u16(found + 8) == id->flags
               ? PT_OK
               : refuse(journal,
                        "OTHER_OPTIONS: that replay ran with --check-invariants and this "
                        "one does not, or the other way round",
                        report);
}

/* ---- records ---- */

static void link_of(uint8_t link[32], const uint8_t before[32], const uint8_t *record)
{
    pl_sha256 sha;
    pl_sha256_begin(&sha);
    pl_sha256_add(&sha, before, 32);
    pl_sha256_add(&sha, record, LINKED_SIZE);
    pl_sha256_end(&sha, link);
}

static void put_record(uint8_t *bytes, const pt_journal_record *record)
{
    memcpy(bytes, record_magic, 4);
    pl_store_u64(bytes + 4, record->height);
    memcpy(bytes + 12, record->block_hash, 32);
    pl_store_u32(bytes + 44, record->block_size);
    memcpy(bytes + 48, record->state_root, 32);
    memcpy(bytes + LINKED_SIZE, record->link, 32);
    pl_store_u32(bytes + 112, pt_crc32c(bytes, 112));
}

static void get_record(pt_journal_record *record, const uint8_t *bytes)
{
    record->height = pl_load_u64(bytes + 4);
    memcpy(record->block_hash, bytes + 12, 32);
    record->block_size = pl_load_u32(bytes + 44);
    memcpy(record->state_root, bytes + 48, 32);
    memcpy(record->link, bytes + LINKED_SIZE, 32);
}

/* NULL for a whole record of this height, else what is wrong with it. */
static const char *flaw_of(const uint8_t *bytes, size_t size, uint64_t height)
{
    if (size < RECORD_SIZE) {
        return "TRUNCATED: it ends inside a record";
    }
    if (memcmp(bytes, record_magic, 4) != 0) {
        return "MAGIC: no record stands there";
    }
    if (pl_load_u32(bytes + 112) != pt_crc32c(bytes, 112)) {
        return "DAMAGED: the CRC of the record does not hold";
    }
    return pl_load_u64(bytes + 4) == height ? NULL : "ORDER: a record of another height";
}

static uint64_t place_of(uint64_t height)
{
    return HEAD_SIZE + (height - 1) * RECORD_SIZE;
}

/* ---- opening ---- */

static pt_exit take_lock(pt_journal *journal, pt_disk_mode mode, pt_report *report)
{
    char *path = pt_path_join(journal->folder, "lock");
    pt_exit result = PT_OK;
    journal->lock = pt_disk_open(path, mode);
    if (journal->lock == -ENOENT) {
        result = pt_fail(report, PT_INPUT,
                         "%s: MISSING: there is no journal; replay with --journal to start one",
                         journal->folder);
    } else if (journal->lock < 0) {
        result = pt_disk_fail(report, path, "opened", journal->lock);
    } else {
        const int locked = pt_disk_lock(journal->lock);
        if (locked == -EWOULDBLOCK) {
            result = pt_fail(report, PT_INPUT, "%s: IN_USE: another replay writes this journal",
                             journal->folder);
        } else if (locked != 0) {
            result = pt_disk_fail(report, path, "locked", locked);
        }
    }
    free(path);
    return result;
}

static pt_exit read_head(pt_journal *journal, const pt_journal_id *id, pt_report *report)
{
    uint8_t head[HEAD_SIZE];
    const int64_t got = pt_disk_read(journal->file, head, sizeof head, 0);
    if (got < 0) {
        return pt_disk_fail(report, journal->path, "read", got);
    }
    if (got < HEAD_SIZE) {
        return refuse(journal, "TRUNCATED: it ends inside its head; start a new journal", report);
    }
    pl_sha256_of(journal->start, head, sizeof head);
    memcpy(journal->link, journal->start, 32);
    return check_head(journal, head, id, report);
}

pt_exit pt_journal_open(pt_journal *journal, bool *exists, const char *folder, bool make_folder,
                        const pt_journal_id *id, pt_report *report)
{
    *journal = (pt_journal){.lock = -1, .file = -1};
    *exists = false;
    journal->folder = pt_copy_text(folder, strlen(folder));
    journal->path = pt_path_join(folder, "journal.plj");
    if (make_folder) {
        PT_TRY(pt_folder_make(folder, report));
    }
    PT_TRY(take_lock(journal, make_folder ? PT_DISK_LOCK : PT_DISK_UPDATE, report));
    journal->file = pt_disk_open(journal->path, PT_DISK_UPDATE);
    if (journal->file == -ENOENT) {
        return PT_OK;
    }
    if (journal->file < 0) {
        return pt_disk_fail(report, journal->path, "opened", journal->file);
    }
    *exists = true;
    return read_head(journal, id, report);
}

static pt_exit write_head(pt_journal *journal, const uint8_t *head, pt_report *report)
{
    pt_replacement made;
    char *temporary = pt_path_join(journal->folder, "journal.new");
    pt_exit result = pt_replacement_begin(&made, journal->path, temporary, report);
    if (result == PT_OK) {
        (void)pt_replacement_put(&made, head, HEAD_SIZE);
        result = pt_replacement_commit(&made, report);
        pt_replacement_abandon(&made);
    }
    free(temporary);
    return result;
}

pt_exit pt_journal_begin(pt_journal *journal, const pt_journal_id *id, pt_report *report)
{
    uint8_t head[HEAD_SIZE];
    put_head(head, id);
    pl_sha256_of(journal->start, head, sizeof head);
    memcpy(journal->link, journal->start, 32);
    const int synced =
        pt_disk_sync_folder(journal->folder); /* the lock first: resume asks for it */
    if (synced != 0) {
        return pt_disk_fail(report, journal->folder, "synced", synced);
    }
    PT_TRY(write_head(journal, head, report));
    journal->file = pt_disk_open(journal->path, PT_DISK_UPDATE);
    return journal->file >= 0 ? PT_OK
                              : pt_disk_fail(report, journal->path, "opened", journal->file);
}

void pt_journal_close(pt_journal *journal)
{
    if (journal->file >= 0) {
        (void)pt_disk_close(journal->file);
    }
    if (journal->lock >= 0) {
        (void)pt_disk_close(journal->lock); /* and the lock with it */
    }
    free(journal->folder);
    free(journal->path);
    *journal = (pt_journal){.lock = -1, .file = -1};
}

/* ---- reading ---- */

/* Takes the whole records of a chunk; the first flaw ends it. */
static const char *take_records(pt_journal *journal, const uint8_t *bytes, size_t size)
{
    const char *flaw = NULL;
    for (size_t at = 0; at < size && flaw == NULL; at += RECORD_SIZE) {
        uint8_t link[32];
        flaw = flaw_of(bytes + at, size - at, journal->height + 1);
        if (flaw == NULL) {
            link_of(link, journal->link, bytes + at);
            flaw = memcmp(link, bytes + at + LINKED_SIZE, 32) == 0
                       ? NULL
                       : "LINK: the record does not follow the one before it";
        }
        if (flaw == NULL) {
            journal->height++;
            memcpy(journal->link, link, 32);
        }
    }
    return flaw;
}

/* What a crash left behind the last whole record was never reported as done. */
static pt_exit cut_tail(pt_journal *journal, const char *flaw, uint64_t size, uint64_t floor,
                        const pt_notes *notes, pt_report *report)
{
    const uint64_t end = place_of(journal->height + 1);
    if (journal->height < floor) {
        return pt_fail(report, PT_INPUT,
                       "%s: block %llu: %s; the manifest says that blocks up to %llu were done, so "
                       "this is no torn tail but damage: start a new journal",
                       journal->path, (unsigned long long)journal->height + 1, flaw,
                       (unsigned long long)floor);
    }
    pt_note(notes, "%s: the last %llu bytes are cut off, from the record of block %llu on: %s",
            journal->path, (unsigned long long)(size - end),
            (unsigned long long)journal->height + 1, flaw);
    const int cut = pt_disk_truncate(journal->file, end);
    return cut == 0 ? PT_OK : pt_disk_fail(report, journal->path, "cut", cut);
}

pt_exit pt_journal_scan(pt_journal *journal, uint64_t floor, const pt_notes *notes,
                        pt_report *report)
{
    const int64_t size = pt_disk_size(journal->file);
    if (size < 0) {
        return pt_disk_fail(report, journal->path, "read", size);
    }
    const char *flaw = NULL;
    uint8_t *chunk = pt_take(CHUNK_RECORDS * RECORD_SIZE);
    pt_exit result = PT_OK;
    bool more = true;
    while (more && flaw == NULL && result == PT_OK) {
        const int64_t got = pt_disk_read(journal->file, chunk, CHUNK_RECORDS * RECORD_SIZE,
                                         place_of(journal->height + 1));
        if (got < 0) {
            result = pt_disk_fail(report, journal->path, "read", got);
        } else {
            flaw = take_records(journal, chunk, (size_t)got);
            more = got == CHUNK_RECORDS * RECORD_SIZE;
        }
    }
    free(chunk);
    PT_TRY(result);
    if (flaw == NULL && journal->height < floor) {
        flaw = "TRUNCATED: it ends there";
    }
    if (flaw != NULL) {
        PT_TRY(cut_tail(journal, flaw, (uint64_t)size, floor, notes, report));
    }
    return pt_journal_sync(journal, report); /* what was read may be in the cache alone */
}

pt_exit pt_journal_read(pt_journal_record *record, pt_journal *journal, uint64_t height,
                        pt_report *report)
{
    uint8_t bytes[RECORD_SIZE];
    const int64_t got = pt_disk_read(journal->file, bytes, sizeof bytes, place_of(height));
    if (got < 0) {
        return pt_disk_fail(report, journal->path, "read", got);
    }
    const char *flaw = flaw_of(bytes, (size_t)got, height);
    get_record(record, bytes);
    return flaw == NULL ? PT_OK
                        : pt_fail(report, PT_INPUT, "%s: block %llu: %s", journal->path,
                                  (unsigned long long)height, flaw);
}

/* ---- writing ---- */

static pt_exit failed(pt_journal *journal, int64_t error, pt_report *report)
{
    journal->failed = true;
    return pt_disk_fail(report, journal->path, "written", error);
}

pt_exit pt_journal_append(pt_journal *journal, pt_journal_record *record, pt_report *report)
{
    uint8_t bytes[RECORD_SIZE];
    if (journal->failed) {
        return failed(journal, -EIO, report);
    }
    put_record(bytes, record);
    link_of(record->link, journal->link, bytes);
    put_record(bytes, record);
    const int put = pt_disk_write(journal->file, bytes, sizeof bytes, place_of(record->height));
    if (put != 0) {
        return failed(journal, put, report);
    }
    journal->height = record->height;
    memcpy(journal->link, record->link, 32);
    return PT_OK;
}

pt_exit pt_journal_sync(pt_journal *journal, pt_report *report)
{
    if (journal->failed) { /* a sync that failed is never tried again (disk.h) */
        return failed(journal, -EIO, report);
    }
    const int synced = pt_disk_sync(journal->file);
    if (synced != 0) {
        return failed(journal, synced, report);
    }
    journal->durable = journal->height;
    return PT_OK;
}
