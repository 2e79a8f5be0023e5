/* Stored values and text: exact decimals with the scale of the schema, names where there are any.
 */
#ifndef PT_COMMON_VALUE_H
#define PT_COMMON_VALUE_H

#include <stdbool.h>

#include "tools/common/bytes.h"
#include "vm/plimsoll.h"

#define PT_VALUE_TEXT_MAX 128

/* Where names come from. Both may be NULL. */
typedef struct pt_names {
    const pl_code *code;   /* enum variants                  */
    const pl_chain *chain; /* labels of accounts and signers */
} pt_names;

/* Writes the value of type.size bytes as text: integers as decimals with type.scale digits after
 * the point, accounts by label, symbols as they are, bytes as hex. Returns text. */
const char *pt_value_text(char text[PT_VALUE_TEXT_MAX], pt_names names, pl_type type,
                          const uint8_t *bytes);

/* The same without the point: integers as they are stored. */
const char *pt_value_raw_text(char text[PT_VALUE_TEXT_MAX], pt_names names, pl_type type,
                              const uint8_t *bytes);

/* As pt_value_text, but a small number that the world has a name for is shown by that name: a note
 * label whose value is pt_asset_label's names the assets of a market. */
const char *pt_field_text(char text[PT_VALUE_TEXT_MAX], pt_names names, const pl_field *field,
                          const uint8_t *bytes);

/* True for the largest number of 32 bytes, which the language calls u256.max. */
bool pt_is_everything(pl_type type, const uint8_t *bytes);

/* The value of the note label that names asset `number`. */
void pt_asset_label(uint8_t value[32], uint8_t number);

/* The value of the note label whose text says what the world's times count, where they are not
 * seconds since 1970: "block number". */
void pt_time_label(uint8_t value[32]);

#define PT_BLOCK_TIME_MAX 160

/* A time for people: the date in UTC, or the number with what the world's note says it counts.
 * Before 2015 no chain with contracts stood, so a smaller number is no date. Returns text. */
const char *pt_block_time_text(char text[PT_BLOCK_TIME_MAX], const pl_chain *chain,
                               uint64_t time_s);

/* "name value, name value, ..." of consecutive stored fields; ends early rather than read past
 * size. Appends to text, no zero. */
void pt_values_text(pt_bytes *text, pt_names names, const pl_field *fields, size_t count,
                    const uint8_t *bytes, size_t size);

/* Appends number (of int types: two's complement) in the stored form of type; false when it does
 * not fit (too narrow, bool above 1). */
bool pt_value_put(pt_bytes *bytes, pl_type type, const pl_u256 *number);

/* The 32 bytes of a symbol: text, then zeros. False when text is longer or not 0x21..0x7e. */
bool pt_symbol(uint8_t symbol[32], const char *text);

/* 2 * size hex digits and a zero. */
void pt_hex(char *text, const uint8_t *bytes, size_t size);

/* True when the name is exactly text. */
bool pt_name_is(pl_name name, const char *text);

#endif
