/* Files of captured transmit calls: read, checked against themselves, made into call data again. */
#ifndef PT_IMPORT_OCR_FILE_H
#define PT_IMPORT_OCR_FILE_H

#include "tools/common/bytes.h"
#include "tools/common/json.h"
#include "vm/num/i256.h"

enum { PT_OCR_ORACLES = 31, PT_OCR_ITEMS_MAX = 16384 };

/* What became of a transmission, and what it is here. */
typedef enum pt_ocr_fate {
    PT_OCR_ACCEPTED,   /* and accepted here                                            */
    PT_OCR_REPLAY,     /* reverted, and refused here: its round was accepted before it */
    PT_OCR_UNEXPLAINED /* reverted; the data does not say why                          */
} pt_ocr_fate;

typedef struct pt_transmission {
    uint64_t block, tx_index; /* of Ethereum */
    uint8_t aggregator[20];
    bool reverted;
    pt_bytes call;      /* the call data, selector first */
    uint8_t config[16]; /* configuration digest          */
    uint64_t order;     /* epoch * 256 + round           */
    pl_i256 median;
    unsigned oracles; /* highest observer number + 1   */
    unsigned signer_count;
    uint8_t signers[PT_OCR_ORACLES][20]; /* in the order of the signatures */
    pt_ocr_fate fate;
    uint32_t feed;
} pt_transmission;

typedef struct pt_ocr_file {
    pt_transmission *items; /* in ascending order of block and tx_index */
    size_t count;
    uint64_t signatures; /* of all items; each recovers to an address                    */
    uint64_t rounded;    /* numbers of `derived` that agree only as far as a double goes */
} pt_ocr_file;

/* Everything that the file says twice must agree: `derived` with the report.
 * fate: ACCEPTED, or REPLAY when an accepted report of the same aggregator and configuration, and
 * of the same or a later round, stands before it. feed is left 0.
 * Errors: PT_INPUT with item and key, PT_LIMIT; free it then, too. */
pt_exit pt_ocr_file_read(pt_ocr_file *file, const char *path, pt_report *report);
void pt_ocr_file_free(pt_ocr_file *file);

/* One read of latestAnswer that follows an accepted transmission in its block. */
typedef struct pt_ocr_read {
    size_t item;  /* the transmission whose answer it must have got */
    bool is_last; /* nothing was accepted for the aggregator later in the block */
} pt_ocr_read;

typedef struct pt_ocr_reads {
    pt_ocr_read *reads; /* in the order of the file */
    size_t count;
} pt_ocr_reads;

/* Looks for calls of latestAnswer() in a file of call trees. Errors: PT_INPUT, also when a read got
 * another answer than the transmission before it gave. */
pt_exit pt_ocr_calls_read(pt_ocr_reads *reads, const char *path, const pt_ocr_file *file,
                          pt_report *report);
void pt_ocr_reads_free(pt_ocr_reads *reads);

/* Hex digits after 0x: size bytes. Errors: PT_INPUT. */
pt_exit pt_ocr_hex(uint8_t *bytes, size_t size, const pt_json *object, const char *key,
                   pt_report *report);

#endif
