#define ZLIB_CONST /* next_in points to const bytes */
#include "tools/plim/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "vm/base/bytes.h"

enum { ROOM = 1 << 16, HEAD_SIZE = 10 };

/* ---- bytes of the file, unpacked ---- */

static pt_exit read_file(size_t *size, uint8_t *room, pt_stream *stream, pt_report *report)
{
    *size = fread(room, 1, ROOM, stream->file);
    return *size == 0 && ferror(stream->file)
               ? pt_fail(report, PT_INPUT, "%s: cannot be read: %s", stream->path, strerror(errno))
               : PT_OK;
}

static pt_exit check_tail(pt_stream *stream, pt_report *report)
{
    size_t more = 0;
    uint64_t left = stream->zlib.avail_in;
    do {
        PT_TRY(read_file(&more, stream->packed_room, stream, report));
        left += more;
    } while (more != 0);
    return left == 0 ? PT_OK
                     : pt_fail(report, PT_INPUT, "%s: %llu bytes follow the end of the gzip data",
                               stream->path, (unsigned long long)left);
}

static pt_exit unpack(pt_stream *stream, pt_report *report)
{
    z_stream *zlib = &stream->zlib;
    zlib->next_out = stream->room;
    zlib->avail_out = ROOM;
    int verdict = Z_OK;
    while (zlib->avail_out == ROOM && verdict == Z_OK) {
        if (zlib->avail_in == 0) {
            size_t size = 0;
            PT_TRY(read_file(&size, stream->packed_room, stream, report));
            zlib->next_in = stream->packed_room;
            zlib->avail_in = (uInt)size;
        }
        verdict = inflate(zlib, Z_NO_FLUSH);
    }
    if (verdict != Z_OK && verdict != Z_STREAM_END) {
        return pt_fail(report, PT_INPUT, "%s: gzip data is %s", stream->path,
                       verdict == Z_BUF_ERROR ? "cut short" : "damaged");
    }
    stream->end = ROOM - zlib->avail_out;
    stream->unpacked += stream->end;
    if (stream->unpacked > PT_GZ_FREE_SIZE &&
        stream->unpacked / PT_GZ_RATIO_MAX > stream->file_size) {
        return pt_fail(report, PT_INPUT,
                       "%s: gzip data unpacks to more than %u times its size; unpack it "
                       "yourself if you trust it",
                       stream->path, PT_GZ_RATIO_MAX);
    }
    stream->ended = verdict == Z_STREAM_END;
    return stream->ended ? check_tail(stream, report) : PT_OK;
}

/* Puts something into the empty room, unless the file has ended. */
static pt_exit fill(pt_stream *stream, pt_report *report)
{
    stream->at = stream->end = 0;
    if (stream->ended) {
        return PT_OK;
    }
    if (stream->packed) {
        PT_TRY(unpack(stream, report));
    } else {
        PT_TRY(read_file(&stream->end, stream->room, stream, report));
        stream->ended = stream->end == 0;
    }
    if (stream->hashes) {
        pl_sha256_add(&stream->sha, stream->room, stream->end);
    }
    return PT_OK;
}

/* Takes `size` bytes, of which the first `kept` are appended to into. *taken: how many there were.
 * Memory grows with what is really there, not with what a size claims. */
static pt_exit take(pt_bytes *into, uint64_t *taken, pt_stream *stream, uint64_t size,
                    uint64_t kept, pt_report *report)
{
    *taken = 0;
    while (*taken < size) {
        if (stream->at == stream->end) {
            PT_TRY(fill(stream, report));
            if (stream->end == 0 && stream->ended) {
                return PT_OK;
            }
        }
        const uint64_t left = size - *taken, room = stream->end - stream->at;
        const size_t step = (size_t)(left < room ? left : room);
        const uint64_t wanted = *taken < kept ? kept - *taken : 0;
        pt_put(into, stream->room + stream->at, step < wanted ? step : (size_t)wanted);
        stream->at += step;
        *taken += step;
    }
    return PT_OK;
}

/* ---- open and close ---- */

static pt_exit open_file(pt_stream *stream, pt_report *report)
{
    stream->file = fopen(stream->path, "rb");
    if (stream->file == NULL) {
        return pt_fail(report, PT_INPUT, "%s: cannot be opened: %s", stream->path, strerror(errno));
    }
    if (!pt_is_file(stream->path) || fseek(stream->file, 0, SEEK_END) != 0) {
        return pt_fail(report, PT_INPUT, "%s: is no regular file", stream->path);
    }
    const long size = ftell(stream->file);
    rewind(stream->file);
    const int first = getc(stream->file), second = getc(stream->file);
    rewind(stream->file);
    stream->file_size = size < 0 ? 0 : (uint64_t)size;
    stream->room = pt_take(ROOM);
    if (first == 0x1f && second == 0x8b) {
        if (inflateInit2(&stream->zlib, 15 + 16) != Z_OK) {
            return pt_fail(report, PT_LIMIT, "%s: cannot be unpacked on this machine",
                           stream->path);
        }
        stream->packed_room = pt_take(ROOM);
        stream->packed = true;
    }
    return PT_OK;
}

static pt_exit read_world(pt_stream *stream, pt_report *report)
{
    uint64_t taken = 0;
    pl_history history;
    PT_TRY(take(&stream->head, &taken, stream, HEAD_SIZE, HEAD_SIZE, report));
    pl_status status = pl_history_open(&history, stream->head.data, stream->head.size);
    if (status == PL_REJECT_TRUNCATED && taken == HEAD_SIZE) {
        const uint32_t size = pl_load_u32(stream->head.data + HEAD_SIZE - 4);
        PT_TRY(take(&stream->head, &taken, stream, size, size, report));
        status = pl_history_open(&history, stream->head.data, stream->head.size);
    }
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: not a history", stream->path);
    }
    stream->world = history.world;
    stream->world_size = history.world_size;
    return PT_OK;
}

pt_exit pt_stream_open(pt_stream *stream, const char *path, bool hashes, pt_report *report)
{
    *stream = (pt_stream){.path = path, .hashes = hashes};
    pl_sha256_begin(&stream->sha);
    PT_TRY(open_file(stream, report));
    return read_world(stream, report);
}

void pt_stream_close(pt_stream *stream)
{
    if (stream->file != NULL) {
        (void)fclose(stream->file);
    }
    if (stream->packed) {
        (void)inflateEnd(&stream->zlib);
    }
    free(stream->packed_room);
    free(stream->room);
    pt_bytes_free(&stream->head);
    pt_bytes_free(&stream->block);
    *stream = (pt_stream){0};
}

/* ---- blocks ---- */

/* *exists: false at the end of the history. */
static pt_exit take_block(bool *exists, pt_stream *stream, uint64_t kept, pt_report *report)
{
    uint64_t taken = 0;
    stream->block.size = 0;
    PT_TRY(take(&stream->block, &taken, stream, 4, 4, report));
    *exists = taken != 0;
    if (taken == 0) {
        return PT_OK;
    }
    if (taken == 4) {
        const uint32_t size = pl_load_u32(stream->block.data);
        stream->block.size = 0;
        PT_TRY(take(&stream->block, &taken, stream, size, kept, report));
        if (taken == size) {
            stream->block_count++;
            return PT_OK;
        }
    }
    return pt_fail_status(report, PL_REJECT_TRUNCATED, "%s: after block %llu", stream->path,
                          (unsigned long long)stream->block_count);
}

pt_exit pt_stream_next(const uint8_t **block, size_t *size, pt_stream *stream, pt_report *report)
{
    bool exists = false;
    *block = NULL;
    *size = 0;
    PT_TRY(take_block(&exists, stream, PL_BLOCK_SIZE_MAX + UINT64_C(1), report));
    if (exists) {
        *block = stream->block.data;
        *size = stream->block.size;
    }
    return PT_OK;
}

pt_exit pt_stream_skip(uint64_t *skipped, pt_stream *stream, uint64_t count, pt_report *report)
{
    bool exists = true;
    for (*skipped = 0; *skipped < count; (*skipped)++) {
        PT_TRY(take_block(&exists, stream, 0, report));
        if (!exists) {
            return PT_OK;
        }
    }
    return PT_OK;
}

void pt_stream_hash(uint8_t hash[32], pt_stream *stream)
{
    pl_sha256_end(&stream->sha, hash);
}
