#include "tools/common/crc32c.h"

#define POLYNOMIAL 0x82f63b78u /* 0x1edc6f41 with its bits reversed */

static uint32_t table[256];

static void fill_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ ((value & 1u) != 0 ? POLYNOMIAL : 0u);
        }
        table[i] = value;
    }
}

uint32_t pt_crc32c(const uint8_t *bytes, size_t size)
{
    if (table[1] == 0) { /* that of 1 is not zero */
        fill_table();
    }
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xffu];
    }
    return ~crc;
}
