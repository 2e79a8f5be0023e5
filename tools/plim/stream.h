/* A history file, plain or gzip, read block by block through a bounded buffer: however long it is,
 * it needs the memory of its world and its largest block. spec 06 §6 */
#ifndef PT_PLIM_STREAM_H
#define PT_PLIM_STREAM_H

#include <stdio.h>
#include <zlib.h>

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/base/sha256.h"
#include "vm/plimsoll.h"

typedef struct pt_stream {
    const char *path; /* the caller's */
    FILE *file;
    pt_bytes head;        /* magic, format, world */
    const uint8_t *world; /* in head */
    size_t world_size;
    uint64_t block_count; /* handed out or skipped */
    bool hashes;
    pl_sha256 sha;
    bool packed, ended;
    z_stream zlib;
    uint64_t file_size, unpacked; /* bytes, for the cap on the ratio */
    uint8_t *packed_room, *room;
    size_t at, end; /* what is unpacked in room and not taken */
    pt_bytes block;
} pt_stream;

/* Opens the file and reads the world. hashes: the bytes are hashed on the way. pt_stream_close is
 * due in any case. Errors: PT_INPUT (also: no regular file, MAGIC, VERSION, TRUNCATED), PT_LIMIT.
 */
pt_exit pt_stream_open(pt_stream *stream, const char *path, bool hashes, pt_report *report);
void pt_stream_close(pt_stream *stream);

/* The next block, which stays until the next call, or *block = NULL at the end. Of one that is
 * larger than PL_BLOCK_SIZE_MAX only as much is kept as shows that it is. Errors: PT_INPUT. */
pt_exit pt_stream_next(const uint8_t **block, size_t *size, pt_stream *stream, pt_report *report);

/* Passes over up to `count` blocks and says how many there were. Errors: PT_INPUT. */
pt_exit pt_stream_skip(uint64_t *skipped, pt_stream *stream, uint64_t count, pt_report *report);

/* The hash of the whole file unpacked, after its end was reached. */
void pt_stream_hash(uint8_t hash[32], pt_stream *stream);

#endif
