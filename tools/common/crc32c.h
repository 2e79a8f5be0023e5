/* CRC-32C (Castagnoli): tells a torn or damaged record from a whole one. It proves nothing against
 * somebody who wants to deceive. */
#ifndef PT_COMMON_CRC32C_H
#define PT_COMMON_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of size bytes; 0xe3069283 for the nine characters "123456789". */
uint32_t pt_crc32c(const uint8_t *bytes, size_t size);

#endif
