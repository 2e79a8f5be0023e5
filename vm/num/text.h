/* Numbers as text, spec 01 §8: one strict form in, one canonical form out.
 *
 * Parsers take exactly `size` bytes. They return REJECT_NUMBER and put the offset of the first byte
 * that cannot belong to a number (or size, if the text stops too early) in *offset; a value too
 * large reports the digit that makes it so. On success *offset is size. offset may be NULL.
 * Printers write at most PL_NUM_TEXT_MAX bytes, no terminator, and return how many. */
#ifndef PL_NUM_TEXT_H
#define PL_NUM_TEXT_H

#include "vm/num/i256.h"

#define PL_NUM_SCALE_MAX 77u /* digits after the point: 10^77 < 2^256 */
#define PL_NUM_TEXT_MAX  80u /* sign, 78 digits, point */

/* "0", or digits without a leading zero; signed: "-" may come first, but not before "0". */
PL_MUST_USE pl_status pl_u256_parse_dec(pl_u256 *r, size_t *offset, const char *text, size_t size);
PL_MUST_USE pl_status pl_i256_parse_dec(pl_i256 *r, size_t *offset, const char *text, size_t size);

/* "0x" and 1 to 64 hex digits of either case, no leading zero unless the number is "0x0". */
PL_MUST_USE pl_status pl_u256_parse_hex(pl_u256 *r, size_t *offset, const char *text, size_t size);

/* value * 10^scale for a decimal with at most scale (<= 77) digits after the point: at scale 2,
 * "1.25" is 125 and "1.5" is 150. The part before the point follows the rule of parse_dec; a point
 * must be followed by a digit. Signed zero ("-0.00") is rejected. */
PL_MUST_USE pl_status pl_u256_parse_scaled(pl_u256 *r, size_t *offset, const char *text,
                                           size_t size, uint32_t scale);
PL_MUST_USE pl_status pl_i256_parse_scaled(pl_i256 *r, size_t *offset, const char *text,
                                           size_t size, uint32_t scale);

size_t pl_u256_print_dec(char text[PL_NUM_TEXT_MAX], const pl_u256 *a);
size_t pl_i256_print_dec(char text[PL_NUM_TEXT_MAX], const pl_i256 *a);
size_t pl_u256_print_hex(char text[PL_NUM_TEXT_MAX], const pl_u256 *a); /* lower case */

/* Exactly scale digits after the point (no point for scale 0); the _trim form drops trailing zeros
 * and a point left bare. scale <= 77. */
size_t pl_u256_print_scaled(char text[PL_NUM_TEXT_MAX], const pl_u256 *a, uint32_t scale);
size_t pl_i256_print_scaled(char text[PL_NUM_TEXT_MAX], const pl_i256 *a, uint32_t scale);
size_t pl_u256_print_scaled_trim(char text[PL_NUM_TEXT_MAX], const pl_u256 *a, uint32_t scale);
size_t pl_i256_print_scaled_trim(char text[PL_NUM_TEXT_MAX], const pl_i256 *a, uint32_t scale);

#endif
