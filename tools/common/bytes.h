/* Growable byte strings to write, and a bounded reader. Big-endian, as every format of spec 06.
 *
 * When malloc fails the program ends with exit code 4; temporary files are removed on the way out
 * (file.h). */
#ifndef PT_COMMON_BYTES_H
#define PT_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pt_bytes {
    uint8_t *data;
    size_t size;
    size_t room;
} pt_bytes;

/* Says that memory is used up and ends the program with exit code 4; never returns. */
void *pt_give_up(void) __attribute__((noreturn));

/* malloc, calloc and realloc that end the program instead of returning NULL. */
void *pt_take(size_t size);
void *pt_take_zeroed(size_t count, size_t size);
void *pt_resize(void *block, size_t size);

/* A zero-terminated copy; free() it. */
char *pt_copy_text(const char *text, size_t size);

void pt_put(pt_bytes *bytes, const void *data, size_t size);
void pt_put_u8(pt_bytes *bytes, uint8_t value);
void pt_put_u16(pt_bytes *bytes, uint16_t value);
void pt_put_u32(pt_bytes *bytes, uint32_t value);
void pt_put_u64(pt_bytes *bytes, uint64_t value);
void pt_put_text(pt_bytes *bytes, const char *text); /* without its zero                 */
void pt_put_format(pt_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));             /* text of any length               */
void pt_put_text16(pt_bytes *bytes, const char *text); /* size u16 | text; at most 65535   */
void pt_bytes_free(pt_bytes *bytes);

/* Overwrites the u32 or u16 that was put at offset: for counts and sizes known only afterwards. */
void pt_set_u16(pt_bytes *bytes, size_t offset, uint16_t value);
void pt_set_u32(pt_bytes *bytes, size_t offset, uint32_t value);

/* Reads from data[at .. size). A read past the end gives zero (or NULL) and sets failed, which
 * stays. */
typedef struct pt_reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
} pt_reader;

uint8_t pt_get_u8(pt_reader *reader);
uint16_t pt_get_u16(pt_reader *reader);
uint32_t pt_get_u32(pt_reader *reader);
uint64_t pt_get_u64(pt_reader *reader);
const uint8_t *pt_get(pt_reader *reader, size_t size);

#endif
