/* Wycheproof's cases on processors without a JSON library.
 *
 * stdin, a line a case: bitcoin|p1363 valid|invalid NAME KEY MESSAGE SIGNATURE, the last three in
 * hex, "-" for nothing. Ends with "N passed, N failed"; a case that fails is named. Exit 2: the
 * input has another form. */
#include <stdio.h>
#include <string.h>

#include "tests/support/wycheproof.h"

enum { LINE_ROOM = 1 << 16 };

static char line[LINE_ROOM];

/* In place: hex digits become bytes. Returns their number, or SIZE_MAX. */
static size_t unhex(uint8_t *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 0;
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    for (; text[0] != '\0'; text += 2) {
        const char *high = strchr(digits, text[0]);
        const char *low = text[1] == '\0' ? NULL : strchr(digits, text[1]);
        if (high == NULL || low == NULL) {
            return SIZE_MAX;
        }
        out[size++] = (uint8_t)((unsigned)(high - digits) << 4 | (unsigned)(low - digits));
    }
    return size;
}

static int bad_input(unsigned long row)
{
    fprintf(stderr, "curve_rows: line %lu has another form\n", row);
    return 2;
}

int main(void)
{
    static uint8_t key[LINE_ROOM], message[LINE_ROOM], signature[LINE_ROOM];
    unsigned long row = 0, passed = 0, failed = 0;
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *fields[6];
        char *rest = line;
        row++;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < 6; i++) {
            fields[i] = rest;
            rest = rest == NULL ? NULL : strchr(rest, ' ');
            if (rest != NULL) {
                *rest++ = '\0';
            }
        }
        if (fields[5] == NULL || rest != NULL || unhex(key, fields[3]) != 65) {
            return bad_input(row);
        }
        wycheproof_case asked = {.message = message,
                                 .signature = signature,
                                 .is_bitcoin = strcmp(fields[0], "bitcoin") == 0,
                                 .is_valid = strcmp(fields[1], "valid") == 0};
        memcpy(asked.public_key, key, sizeof asked.public_key);
        asked.message_size = unhex(message, fields[4]);
        asked.signature_size = unhex(signature, fields[5]);
        if (asked.message_size == SIZE_MAX || asked.signature_size == SIZE_MAX) {
            return bad_input(row);
        }
        const char *wrong = wycheproof_check(&asked);
        if (wrong != NULL) {
            printf("%s: %s\n", fields[2], wrong);
        }
        *(wrong == NULL ? &passed : &failed) += 1;
    }
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
