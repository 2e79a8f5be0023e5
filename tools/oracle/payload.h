/* A report as people have it: hex, base64 or raw bytes, in a file, on stdin or on the command line,
 * alone or inside the input of a transaction. */
#ifndef PT_ORACLE_PAYLOAD_H
#define PT_ORACLE_PAYLOAD_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

#define PT_PAYLOAD_SIZE_MAX (UINT64_C(1) << 20) /* bytes of a report with its call data */

typedef struct pt_payload {
    pt_bytes bytes;
    const char *name;    /* where it came from: a path, "stdin" or "the command line" */
    const char *written; /* "hex", "base64", "binary" or "Etherscan's view" */
    size_t updates;      /* answer of a price service: how many updates are in it; else 0 */
} pt_payload;

/* word: 0x and hex digits, base64 of at least 40 letters, "-" for stdin, or a path.
 * Errors: PT_INPUT. */
pt_exit pt_payload_read(pt_payload *payload, const char *word, pt_report *report);
/* The same for a path alone. */
pt_exit pt_payload_read_file(pt_payload *payload, const char *path, pt_report *report);
void pt_payload_free(pt_payload *payload);

/* A report inside a call: where it is and what was around it. */
typedef struct pt_wrapping {
    size_t offset, size; /* the report */
    size_t reports;      /* how many stand beside each other; this is the first */
    char what[96];       /* "updatePriceFeeds(bytes[])"; empty: nothing is around it */
} pt_wrapping;

/* Finds the report in the input of a transaction. Formats whose report is itself call data
 * (transmit, poke) or stands at its end (RedStone) are left as they are. */
void pt_payload_unwrap(pt_wrapping *wrapping, const uint8_t *data, size_t size);

/* How many reports stand beside the one that was found; nobody looks at them. */
size_t pt_payload_others(const pt_payload *payload, const pt_wrapping *wrapping);

#endif
