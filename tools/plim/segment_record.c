/* Results of segments as files. spec 11 §6
 *
 *     "PLSR" | format u16 = 1 | key 32 | first u64 | last u64 | from 32 | height u64 | block hash
 * 32 | state root 32 | refused: a difference | shown u64 | texts size u32 | texts | roots size u32
 * | roots | counts size u32 | counts | SHA-256 of everything before */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/disk.h"
#include "tools/common/file.h"
#include "tools/plim/counts.h"
#include "tools/plim/segment.h"
#include "vm/base/sha256.h"

static const uint8_t magic[4] = {'P', 'L', 'S', 'R'};
enum { FORMAT = 1 };

static char *path_of(const char *folder, uint64_t first, uint64_t last, const char *ending)
{
    char name[80];
    (void)snprintf(name, sizeof name, "segment-%llu-%llu.%s", (unsigned long long)first,
                   (unsigned long long)last, ending);
    return pt_path_join(folder, name);
}

/* ---- out ---- */

static void put_part(pt_bytes *bytes, const pt_bytes *part)
{
    pt_put_u32(bytes, (uint32_t)part->size);
    pt_put(bytes, part->data, part->size);
}

static void put(pt_bytes *bytes, const pt_segment_key *key, const pt_segment_result *result)
{
    uint8_t hash[32];
    pt_put(bytes, magic, sizeof magic);
    pt_put_u16(bytes, FORMAT);
    pt_put(bytes, key->hash, 32);
    pt_put_u64(bytes, result->first);
    pt_put_u64(bytes, result->last);
    pt_put(bytes, result->from, 32);
    pt_put_u64(bytes, result->head.height);
    pt_put(bytes, result->head.block_hash, 32);
    pt_put(bytes, result->head.state_root, 32);
    pt_counts_put_difference(bytes, &result->refused);
    pt_put_u64(bytes, result->shown);
    put_part(bytes, &result->texts);
    put_part(bytes, &result->roots);
    put_part(bytes, &result->counts);
    pl_sha256_of(hash, bytes->data, bytes->size);
    pt_put(bytes, hash, 32);
}

pt_exit pt_segment_keep(const char *folder, const pt_segment_key *key,
                        const pt_segment_result *result, pt_report *report)
{
    pt_replacement file;
    pt_bytes bytes = {0};
    if (result->texts.size > UINT32_MAX || result->roots.size > UINT32_MAX) {
        return pt_fail(report, PT_LIMIT, "%s: a segment's result is too large; make more segments",
                       folder);
    }
    char *path = path_of(folder, result->first, result->last, "plr");
    char *temporary = path_of(folder, result->first, result->last, "new");
    put(&bytes, key, result);
    pt_exit exit = pt_replacement_begin(&file, path, temporary, report);
    if (exit == PT_OK) {
        (void)pt_replacement_put(&file, bytes.data, bytes.size);
        exit = pt_replacement_commit(&file, report);
        pt_replacement_abandon(&file);
    }
    pt_bytes_free(&bytes);
    free(temporary);
    free(path);
    return exit;
}

/* ---- in ---- */

static void get_part(pt_bytes *part, pt_reader *reader)
{
    const size_t size = pt_get_u32(reader);
    const uint8_t *bytes = pt_get(reader, size);
    if (bytes != NULL) {
        pt_put(part, bytes, size);
    }
}

static void get_hash(uint8_t hash[32], pt_reader *reader)
{
    const uint8_t *bytes = pt_get(reader, 32);
    if (bytes != NULL) {
        memcpy(hash, bytes, 32);
    }
}

/* True when the bytes are a result of this segment under this key. */
static bool get(pt_segment_result *result, const pt_segment_key *key, uint64_t first, uint64_t last,
                const pt_bytes *bytes)
{
    uint8_t hash[32], found[32] = {0};
    if (bytes->size < 32) {
        return false;
    }
    pt_reader reader = {.data = bytes->data, .size = bytes->size - 32};
    pl_sha256_of(hash, bytes->data, reader.size);
    const uint8_t *head = pt_get(&reader, sizeof magic);
    if (memcmp(hash, bytes->data + reader.size, 32) != 0 || head == NULL ||
        memcmp(head, magic, sizeof magic) != 0 || pt_get_u16(&reader) != FORMAT) {
        return false;
    }
    get_hash(found, &reader);
    result->first = pt_get_u64(&reader);
    result->last = pt_get_u64(&reader);
    get_hash(result->from, &reader);
    result->head.height = pt_get_u64(&reader);
    get_hash(result->head.block_hash, &reader);
    get_hash(result->head.state_root, &reader);
    pt_counts_get_difference(&result->refused, &reader);
    result->shown = pt_get_u64(&reader);
    get_part(&result->texts, &reader);
    get_part(&result->roots, &reader);
    get_part(&result->counts, &reader);
    const bool ended = result->head.height == last || result->refused.exists;
    return !reader.failed && reader.at == reader.size && memcmp(found, key->hash, 32) == 0 &&
           result->first == first && result->last == last && ended &&
           result->head.height >= first && result->head.height <= last;
}

bool pt_segment_read(pt_segment_result *result, const char *folder, const pt_segment_key *key,
                     uint64_t first, uint64_t last)
{
    pt_bytes bytes = {0};
    pt_report unwanted;
    char *path = path_of(folder, first, last, "plr");
    *result = (pt_segment_result){0};
    const bool found = pt_is_file(path) &&
                       pt_file_read(&bytes, path, PT_FILE_SIZE_MAX, &unwanted) == PT_OK &&
                       get(result, key, first, last, &bytes);
    if (!found) {
        pt_segment_free(result);
    }
    pt_bytes_free(&bytes);
    free(path);
    return found;
}
