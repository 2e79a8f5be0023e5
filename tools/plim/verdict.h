/* What a replay found, as a table for people and one JSON object for programs. */
#ifndef PT_PLIM_VERDICT_H
#define PT_PLIM_VERDICT_H

#include "tools/plim/compare.h"

typedef struct pt_verdict {
    const char *name; /* as given on the command line */
    pt_run run;       /* open during the replay only */
    pt_compare compare;
    pt_tally tally;                 /* the fields from here on are filled by settle */
    pt_classes classes;             /* of the values of an export */
    pt_difference refused;          /* a root or receipts hash that differs; ends the replay */
    pt_difference broken_invariant; /* where: contract.invariant */
    uint64_t invariants_checked;
    uint64_t elapsed_ms;
    pl_head head;
    uint8_t world_id[32];
    char world_name[64];
    uint8_t history_hash[32];
    uint64_t block_total, first_height;
    bool has_expectations, stand_in, unsigned_prices;
    const char *signed_by; /* its prices; NULL: the world has no feeds */
    char source[200];      /* of the expectations */
    char *failure;         /* why this one of several could not be verified, or NULL */
    bool continued;        /* with a journal: the counts are of all blocks from the first on */
    bool assembled;        /* out of segments: head and first_height are set */
    bool wants_roots;      /* keep the root after every block, for the JSON */
    pt_bytes roots;        /* 32 bytes each, from first_height on */
} pt_verdict;

/* Takes what is worth keeping out of run and compare and closes both. Also after a failure. */
void pt_verdict_settle(pt_verdict *verdict);

void pt_verdict_free(pt_verdict *verdict);

bool pt_verdict_is_identical(const pt_verdict *verdict);

/* The object that --json prints for one history; json_decref it. */
json_t *pt_verdict_json(const pt_verdict *verdict);

void pt_verdict_print_table(const pt_verdict *verdicts, size_t count);
void pt_verdict_print_json(const pt_verdict *verdicts, size_t count);

#endif
