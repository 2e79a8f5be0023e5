/* Certificates changed in one way: their pieces, edited, joined and sealed again. */
#ifndef PL_TEST_CERTIFICATE_CHANGE_H
#define PL_TEST_CERTIFICATE_CHANGE_H

#include "tests/support/certificate_pieces.h"
#include "tests/unit/certificate_parts.h"

static pieces w; /* what a row changes */
static uint8_t room[1 << 16];
static size_t room_used;

static inline void take(const blob *from)
{
    room_used = 0;
    assert_true(pieces_of(&w, from->data, from->size));
}

/* A copy of a piece to be changed. */
static inline uint8_t *edit(piece *of)
{
    uint8_t *copy = room + room_used;
    assert_true(of->size <= sizeof room - room_used);
    memcpy(copy, of->bytes, of->size);
    *of = (piece){copy, of->size};
    room_used += of->size;
    return copy;
}

static inline void put_claim(uint8_t kind, uint32_t transaction, const uint8_t *account,
                             uint16_t view)
{
    w.claim[0] = kind;
    pl_store_u32(w.claim + 1, transaction);
    memcpy(w.claim + 5, account, 32);
    pl_store_u16(w.claim + 37, view);
}

#define EXPECT_OF(certificate, text, ...)                                                          \
    do {                                                                                           \
        take(certificate);                                                                         \
        __VA_ARGS__;                                                                               \
        expect(text);                                                                              \
    } while (0)

static inline void expect(const char *text)
{
    pt_bytes joined = {0};
    pieces_join(&joined, &w);
    const blob certificate = {joined.data, joined.size};
    assert_string_equal(verdict_of(&certificate), text);
    pt_bytes_free(&joined);
}

/* The first bytes of a certificate under a seal that fits. */
static inline void expect_sealed(const uint8_t *bytes, size_t size, const char *text)
{
    pt_bytes parts = {0};
    pt_put(&parts, bytes, size);
    certificate_seal(&parts);
    const blob certificate = {parts.data, parts.size};
    assert_string_equal(verdict_of(&certificate), text);
    pt_bytes_free(&parts);
}

#endif
