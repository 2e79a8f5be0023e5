#define ZLIB_CONST /* next_in points to const bytes */
#include "tools/common/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

bool pt_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool pt_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *pt_path_join(const char *folder, const char *name)
{
    const size_t size = strlen(folder);
    const bool slash = size > 0 && folder[size - 1] == '/';
    char *path = pt_take(size + strlen(name) + 2);
    (void)sprintf(path, "%s%s%s", folder, slash || size == 0 ? "" : "/", name);
    return path;
}

const char *pt_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static pt_exit too_large(pt_report *report, const char *path, uint64_t size_max)
{
    return pt_fail(report, PT_INPUT,
                   "%s: larger than the limit of %llu bytes for this kind of file", path,
                   (unsigned long long)size_max);
}

static pt_exit read_plain(pt_bytes *bytes, FILE *file, const char *path, uint64_t size_max,
                          pt_report *report)
{
    uint8_t chunk[CHUNK];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (bytes->size + size > size_max) {
            return too_large(report, path, size_max);
        }
        pt_put(bytes, chunk, size);
    }
    if (ferror(file)) {
        return pt_fail(report, PT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    return PT_OK;
}

/* One inflate step may write CHUNK bytes; the caps are looked at after each. */
static pt_exit unpack(pt_bytes *bytes, z_stream *stream, const char *path, uint64_t size_max,
                      pt_report *report)
{
    const uint64_t packed_size = stream->avail_in;
    uint8_t chunk[CHUNK];
    for (;;) {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        const int verdict = inflate(stream, Z_NO_FLUSH);
        if (verdict != Z_OK && verdict != Z_STREAM_END) {
            return pt_fail(report, PT_INPUT, "%s: gzip data is %s", path,
                           verdict == Z_BUF_ERROR ? "cut short" : "damaged");
        }
        const size_t size = sizeof chunk - stream->avail_out;
        if (bytes->size + size > size_max) {
            return too_large(report, path, size_max);
        }
        if (bytes->size + size > PT_GZ_FREE_SIZE &&
            (bytes->size + size) / PT_GZ_RATIO_MAX > packed_size) {
            return pt_fail(report, PT_INPUT,
                           "%s: gzip data unpacks to more than %u times its size; unpack it "
                           "yourself if you trust it",
                           path, PT_GZ_RATIO_MAX);
        }
        pt_put(bytes, chunk, size);
        if (verdict == Z_STREAM_END) {
            break;
        }
    }
    if (stream->avail_in != 0) {
        return pt_fail(report, PT_INPUT, "%s: %u bytes follow the end of the gzip data", path,
                       stream->avail_in);
    }
    return PT_OK;
}

static pt_exit gunzip(pt_bytes *bytes, const char *path, uint64_t size_max, pt_report *report)
{
    const pt_bytes packed = *bytes;
    *bytes = (pt_bytes){0};
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    pt_exit result = PT_OK;
    if (packed.size > UINT32_MAX || inflateInit2(&stream, 15 + 16) != Z_OK) {
        result = pt_fail(report, PT_LIMIT, "%s: cannot be unpacked on this machine", path);
    } else {
        stream.next_in = packed.data;
        stream.avail_in = (uInt)packed.size;
        result = unpack(bytes, &stream, path, size_max, report);
        (void)inflateEnd(&stream);
    }
    free(packed.data);
    return result;
}

pt_exit pt_file_read(pt_bytes *bytes, const char *path, uint64_t size_max, pt_report *report)
{
    *bytes = (pt_bytes){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return pt_fail(report, PT_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    }
    pt_exit result = pt_is_folder(path)
                         ? pt_fail(report, PT_INPUT, "%s: is a folder, a file was expected", path)
                         : read_plain(bytes, file, path, size_max, report);
    (void)fclose(file);
    if (result == PT_OK && bytes->size >= 2 && bytes->data[0] == 0x1f && bytes->data[1] == 0x8b) {
        result = gunzip(bytes, path, size_max, report);
    }
    if (result != PT_OK) {
        pt_bytes_free(bytes);
        return result;
    }
    pt_put_u8(bytes, 0);
    bytes->size--;
    return PT_OK;
}

void pt_gzip(pt_bytes *packed, const uint8_t *data, size_t size)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    /* zlib writes no time and no name here, and "unix" for the system: equal on every machine. */
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        (void)pt_give_up(); /* zlib fails here for lack of memory only */
    }
    uint8_t chunk[CHUNK];
    size_t done = 0;
    int verdict = Z_OK;
    while (verdict != Z_STREAM_END) {
        if (stream.avail_in == 0 && done < size) {
            const size_t step = size - done < (1u << 30) ? size - done : 1u << 30;
            stream.next_in = data + done;
            stream.avail_in = (uInt)step;
            done += step;
        }
        stream.next_out = chunk;
        stream.avail_out = sizeof chunk;
        verdict = deflate(&stream, done == size ? Z_FINISH : Z_NO_FLUSH);
        pt_put(packed, chunk, sizeof chunk - stream.avail_out);
    }
    (void)deflateEnd(&stream);
}
