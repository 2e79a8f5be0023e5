/* Comparing one replayed block with what was recorded: bytes first, words only for a difference. */
#ifndef PT_PLIM_COMPARE_H
#define PT_PLIM_COMPARE_H

#include "tools/plim/classes.h"
#include "tools/plim/run.h"

/* The first difference, in words. */
typedef struct pt_difference {
    bool exists;
    uint64_t height;
    char transaction[200]; /* "repay(asset USDC, amount 5, ...)", or "" */
    char where[200]; /* "reserve_state(asset USDC)", "result of transaction 0", "event 2 ..."  */
    char field[72];
    char expected[PL_ROW_SIZE_MAX];
    char computed[PL_ROW_SIZE_MAX];
    char likely[160]; /* which field of the record is probably wrong; or "" */
} pt_difference;

typedef struct pt_tally {
    uint64_t blocks, transactions, ok, rejects;
    uint64_t reverts; /* undone by the contract, by its own errors and by traps */
    uint64_t traps;   /* of these, by traps: what an EVM calls a panic          */
    uint64_t reports_accepted, reports_refused;
    uint64_t events, liquidations, gas;
    uint64_t compared;   /* values: one per result field, event, outcome, value of an export */
    uint64_t mismatches; /* of those */
    uint64_t no_reason;  /* outcomes whose record says only that the call was refused */
    uint64_t explained;  /* values of an export that a rule of their column explains */
    uint64_t compared_blocks;
    pt_difference first;
} pt_tally;

/* Called for every difference. */
typedef void (*pt_difference_sink)(void *context, const pt_difference *difference);

typedef struct pt_compare {
    pt_run *run;
    pt_tally tally;
    pt_record record; /* the next one that was not compared yet */
    bool has_record;
    size_t record_at; /* where it begins in the expectations file */
    pt_classes classes;
    uint8_t *liquidation_events; /* bit per (contract, event): its name says so */
    uint32_t *event_bases;       /* [contract]: first bit of its events */
    pt_difference_sink sink;
    void *sink_context;
} pt_compare;

/* Starts before the next block of the run. */
void pt_compare_open(pt_compare *compare, pt_run *run, pt_difference_sink sink, void *context);
void pt_compare_close(pt_compare *compare);

/* Counts the block and compares it with its record, if there is one. The chain must stand at this
 * block. Errors: PT_INPUT (receipts that do not decode, a query that the world lacks), PT_LIMIT. */
pt_exit pt_compare_block(pt_compare *compare, const pl_block_result *result, pt_report *report);

/* The same for a block that was refused for its root or receipts hash: only outcomes and events,
 * since its state is gone; they often tell where it went wrong. */
pt_exit pt_compare_refused(pt_compare *compare, const pl_block_result *result, pt_report *report);

/* "name(field value, ...)" of a call. */
void pt_call_text(char *text, size_t size, const pl_chain *chain, uint32_t contract,
                  uint32_t function, const uint8_t *arguments, size_t arguments_size);

#endif
