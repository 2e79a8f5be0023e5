/* spec 11 §3
 *
 *     "PLJM" | format u16 = 1 | start 32 | count u8, each, newest first:
 *         slot u8 | height u64 | state root 32 | link 32 | counts size u32 | counts
 *     | hash 32 of everything before */
#include "tools/plim/generations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/disk.h"
#include "tools/common/file.h"
#include "tools/plim/checkpoint.h"
#include "vm/base/sha256.h"

#define FORMAT            1u
#define MANIFEST_SIZE_MAX (UINT64_C(64) << 20)
static const char magic[4] = {'P', 'L', 'J', 'M'};

char *pt_generation_path(const pt_generations *made, uint8_t slot)
{
    char name[32] = "checkpoint-0.plc";
    name[11] = (char)('0' + slot);
    return pt_path_join(made->folder, name);
}

/* The whole file, at most size_max bytes; *exists is false and no error when there is none. */
static pt_exit read_whole(pt_bytes *bytes, bool *exists, const char *path, uint64_t size_max,
                          pt_report *report)
{
    const int file = pt_disk_open(path, PT_DISK_READ);
    *exists = file != -ENOENT;
    *bytes = (pt_bytes){0};
    if (file < 0) {
        return *exists ? pt_disk_fail(report, path, "opened", file) : PT_OK;
    }
    pt_exit result = PT_OK;
    int64_t got = pt_disk_size(file);
    if (got >= 0 && (uint64_t)got > size_max) {
        result = pt_fail(report, PT_INPUT, "%s: LIMIT: larger than any file of its kind", path);
    } else if (got > 0) {
        const size_t size = (size_t)got;
        bytes->data = pt_take(size);
        bytes->room = size;
        got = pt_disk_read(file, bytes->data, size, 0);
        bytes->size = got > 0 ? (size_t)got : 0;
    }
    (void)pt_disk_close(file);
    if (got < 0) {
        result = pt_disk_fail(report, path, "read", got);
    }
    if (result != PT_OK) {
        pt_bytes_free(bytes);
    }
    return result;
}

/* ---- the manifest ---- */

static void put_manifest(pt_bytes *bytes, const pt_generations *made)
{
    uint8_t hash[32];
    pt_put(bytes, magic, 4);
    pt_put_u16(bytes, FORMAT);
    pt_put(bytes, made->start, 32);
    pt_put_u8(bytes, (uint8_t)made->count);
    for (size_t i = 0; i < made->count; i++) {
        const pt_generation *generation = &made->list[i];
        pt_put_u8(bytes, generation->slot);
        pt_put_u64(bytes, generation->height);
        pt_put(bytes, generation->state_root, 32);
        pt_put(bytes, generation->link, 32);
        pt_put_u32(bytes, (uint32_t)generation->counts.size);
        pt_put(bytes, generation->counts.data, generation->counts.size);
    }
    pl_sha256_of(hash, bytes->data, bytes->size);
    pt_put(bytes, hash, 32);
}

static bool get_generation(pt_generation *generation, pt_reader *reader)
{
    generation->slot = pt_get_u8(reader);
    generation->height = pt_get_u64(reader);
    const uint8_t *root = pt_get(reader, 32), *link = pt_get(reader, 32);
    const uint32_t size = pt_get_u32(reader);
    const uint8_t *counts = pt_get(reader, size);
    if (reader->failed || generation->slot >= PT_GENERATION_SLOTS || generation->height == 0) {
        return false;
    }
    memcpy(generation->state_root, root, 32);
    memcpy(generation->link, link, 32);
    pt_put(&generation->counts, counts, size);
    return true;
}

/* What is wrong with the manifest, or NULL. */
static const char *get_manifest(pt_generations *made, const pt_bytes *bytes)
{
    uint8_t hash[32];
    if (bytes->size < 4 + 2 + 32 + 1 + 32 || memcmp(bytes->data, magic, 4) != 0) {
        return "MAGIC: not the manifest of a journal";
    }
    pt_reader reader = {.data = bytes->data, .size = bytes->size - 32};
    pl_sha256_of(hash, bytes->data, reader.size);
    if (memcmp(hash, bytes->data + reader.size, 32) != 0) {
        return "DAMAGED: its hash does not hold; start a new journal";
    }
    (void)pt_get(&reader, 4);
    if (pt_get_u16(&reader) != FORMAT) {
        return "VERSION: a manifest of another format";
    }
    if (memcmp(pt_get(&reader, 32), made->start, 32) != 0) {
        return "OTHER_JOURNAL: the manifest of another journal";
    }
    const size_t count = pt_get_u8(&reader);
    for (size_t i = 0; i < count && count <= PT_GENERATIONS && !reader.failed; i++) {
        reader.failed = !get_generation(&made->list[i], &reader) || reader.failed;
        made->count = reader.failed ? i : i + 1;
    }
    const bool ordered = made->count < 2 || (made->list[0].height > made->list[1].height &&
                                             made->list[0].slot != made->list[1].slot);
    return count == 0 || made->count != count || reader.at != reader.size || !ordered
               ? "DAMAGED: its shape is wrong; start a new journal"
               : NULL;
}

pt_exit pt_generations_open(pt_generations *made, const pt_journal *journal, pt_report *report)
{
    pt_bytes bytes;
    bool exists = false;
    *made = (pt_generations){.folder = journal->folder};
    memcpy(made->start, journal->start, 32);
    char *path = pt_path_join(journal->folder, "manifest.plm");
    pt_exit result = read_whole(&bytes, &exists, path, MANIFEST_SIZE_MAX, report);
    if (result == PT_OK && exists) {
        const char *flaw = get_manifest(made, &bytes);
        result = flaw == NULL ? PT_OK : pt_fail(report, PT_INPUT, "%s: %s", path, flaw);
    }
    pt_bytes_free(&bytes);
    free(path);
    return result;
}

void pt_generations_free(pt_generations *made)
{
    for (size_t i = 0; i < PT_GENERATIONS; i++) {
        pt_bytes_free(&made->list[i].counts);
    }
    *made = (pt_generations){0};
}

pt_exit pt_generation_read(pt_bytes *bytes, const pt_generations *made, size_t index,
                           pt_report *report)
{
    bool exists = false;
    char *path = pt_generation_path(made, made->list[index].slot);
    pt_exit result = read_whole(bytes, &exists, path, PT_FILE_SIZE_MAX, report);
    if (result == PT_OK && !exists) {
        result = pt_fail(report, PT_INPUT, "%s: MISSING: the manifest names this checkpoint", path);
    }
    free(path);
    return result;
}

/* ---- writing ---- */

static uint8_t free_slot(const pt_generations *made)
{
    uint8_t slot = 0;
    while ((made->count > 0 && made->list[0].slot == slot) ||
           (made->count > 1 && made->list[1].slot == slot)) {
        slot++;
    }
    return slot;
}

static pt_exit write_checkpoint(const pt_generations *made, uint8_t slot, pl_chain *chain,
                                pt_report *report)
{
    char *path = pt_generation_path(made, slot);
    char *temporary = pt_path_join(made->folder, "checkpoint.new");
    const pt_exit result = pt_checkpoint_write(path, temporary, chain, report);
    free(temporary);
    free(path);
    return result;
}

static pt_exit write_manifest(const pt_generations *made, pt_report *report)
{
    pt_replacement file;
    pt_bytes bytes = {0};
    char *path = pt_path_join(made->folder, "manifest.plm");
    char *temporary = pt_path_join(made->folder, "manifest.new");
    put_manifest(&bytes, made);
    pt_exit result = pt_replacement_begin(&file, path, temporary, report);
    if (result == PT_OK) {
        (void)pt_replacement_put(&file, bytes.data, bytes.size);
        result = pt_replacement_commit(&file, report);
        pt_replacement_abandon(&file);
    }
    pt_bytes_free(&bytes);
    free(temporary);
    free(path);
    return result;
}

/* Only after the manifest without it is on the disk. */
static pt_exit remove_checkpoint(const pt_generations *made, uint8_t slot, pt_report *report)
{
    char *path = pt_generation_path(made, slot);
    const int removed = pt_disk_remove(path);
    const pt_exit result =
        removed == 0 || removed == -ENOENT ? PT_OK : pt_disk_fail(report, path, "removed", removed);
    free(path);
    return result;
}

void pt_generation_drop(pt_generations *made, size_t index)
{
    pt_bytes_free(&made->list[index].counts);
    for (size_t i = index; i + 1 < made->count; i++) {
        made->list[i] = made->list[i + 1];
    }
    made->list[--made->count] = (pt_generation){0};
}

pt_exit pt_generation_write(pt_generations *made, pl_chain *chain, const uint8_t link[32],
                            pt_bytes *counts, pt_report *report)
{
    pl_head head;
    pl_chain_head(&head, chain);
    pt_generations next = *made;
    pt_generation newest = {.slot = free_slot(made), .height = head.height};
    pt_generation dropped = {0};
    memcpy(newest.state_root, head.state_root, 32);
    memcpy(newest.link, link, 32);
    PT_TRY(write_checkpoint(made, newest.slot, chain, report));
    newest.counts = *counts;
    if (made->count == PT_GENERATIONS) {
        dropped = made->list[PT_GENERATIONS - 1];
    }
    next.count = made->count < PT_GENERATIONS ? made->count + 1 : PT_GENERATIONS;
    next.list[1] = made->list[0];
    next.list[0] = newest;
    PT_TRY(write_manifest(&next, report));
    *made = next;
    *counts = (pt_bytes){0};
    pt_bytes_free(&dropped.counts);
    return dropped.height == 0 ? PT_OK : remove_checkpoint(made, dropped.slot, report);
}
