#include "tools/report/packed.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "vm/chain/certificate.h"

void pt_certificate_pack(pt_bytes *packed, const uint8_t *bytes, size_t size)
{
    uLongf room = compressBound((uLong)size);
    uint8_t head[PL_PACKED_HEAD_SIZE];
    uint8_t *stream = pt_take(room);
    if (compress2(stream, &room, bytes, (uLong)size, 9) != Z_OK) {
        (void)pt_give_up(); /* room is what zlib asked for: only memory can lack */
    }
    pl_packed_head(head, size, stream, room);
    pt_put(packed, head, sizeof head);
    pt_put(packed, stream, room);
    free(stream);
}

pt_exit pt_certificate_unpack(pt_bytes *certificate, const uint8_t *bytes, size_t size,
                              const char *name, pt_report *report)
{
    const uint8_t *stream;
    size_t stream_size, wanted;
    if (size >= 4 && memcmp(bytes, "PLCT", 4) == 0) {
        pt_put(certificate, bytes, size);
        return PT_OK;
    }
    if (size >= 4 && memcmp(bytes, "PLCP", 4) == 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: not a certificate: a checkpoint, which plim replay --resume reads",
                       name);
    }
    const pl_status status = pl_packed_open(&stream, &stream_size, &wanted, bytes, size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: not a certificate", name);
    }
    uint8_t *plain = pt_take(wanted + 1); /* one more: a stream that gives more is seen */
    uLongf given = (uLongf)wanted + 1;
    uLong used = (uLong)stream_size;
    const int verdict = uncompress2(plain, &given, stream, &used);
    const bool fits = verdict == Z_OK && given == wanted && used == stream_size;
    if (fits) {
        pt_put(certificate, plain, wanted);
    }
    free(plain);
    return fits ? PT_OK
                : pt_fail(report, PT_INPUT,
                          "%s: not a certificate: its zlib stream does not give the %zu bytes that "
                          "it promises; fetch the file again",
                          name, wanted);
}
