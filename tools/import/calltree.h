/* Liquidation calls cut out of Ethereum execution traces: each a tree of frames. What the frames
 * read (balances, indexes, prices) becomes the beginning of a world, the call a transaction, what
 * they move its expected outcome.
 *
 * The world made of them is one of spec 06 §9, with a contract of its own for each call. */
#ifndef PT_IMPORT_CALLTREE_H
#define PT_IMPORT_CALLTREE_H

#include "tools/common/bytes.h"
#include "tools/common/json.h"

enum {
    PT_CALLS_MAX = 128,
    PT_FRAMES_MAX = 16384,
    PT_FRAME_DEPTH_MAX = 64,
    PT_RESERVES_MAX = 1024,
    PT_ASSETS_MAX = 32 /* of one call: the bits of a user's word that are used here */
};

typedef struct pt_frame {
    uint32_t place[PT_FRAME_DEPTH_MAX]; /* trace_address */
    size_t depth;
    uint8_t from[20], to[20];
    pl_u256 value;
    uint32_t selector; /* 0 when the input is shorter */
    pt_bytes input;    /* after the selector */
    pt_bytes output;
    bool failed;
} pt_frame;

/* One call. */
typedef struct pt_call_tree {
    uint64_t block, tx_index;
    const char *protocol;
    bool reverted;
    pt_frame *frames;
    size_t count;
    json_t *made;     /* {contract, before, after} for the world, or NULL and  */
    char reason[400]; /* why it cannot be modelled, or what came out otherwise */
    pl_u256 covered, seized;
    size_t values; /* of the trace that are compared */
} pt_call_tree;

/* A reserve of Aave v2: address of the token, then of the pool's address provider. */
typedef struct pt_reserve {
    uint8_t token[20], pool[20];
    uint64_t decimals, threshold, bonus;
    char symbol[33];
} pt_reserve;

typedef struct pt_call_file {
    const char *file;
    pt_bytes input;
    pt_json root;
    pt_call_tree *calls;
    size_t count;
    pt_reserve *reserves;
    size_t reserve_count;
    size_t feeds; /* given out so far */
} pt_call_file;

/* Reads and checks the whole file; reserves: a CSV of Aave v2's reserves, or NULL. Errors: PT_INPUT
 * with file, item, frame and what was expected; close it then, too. */
pt_exit pt_call_file_open(pt_call_file *calls, const char *file, const char *reserves,
                          pt_report *report);
void pt_call_file_close(pt_call_file *calls);

/* Fills made, or reason, of every call that has no reason yet; numbers of feeds start anew. */
void pt_call_file_make(pt_call_file *calls);

/* The world file of all calls that were made; two blocks each: prices and what is read before, the
 * call and what is read after. json_decref it. */
json_t *pt_call_file_world(const pt_call_file *calls);

/* ---- between its sources ---- */

/* The N-th word of 32 bytes; false when there is none. */
bool pt_frame_in(pl_u256 *word, const pt_frame *frame, size_t n);
bool pt_frame_out(pl_u256 *word, const pt_frame *frame, size_t n);

/* The address in a word of the input or output; false when it is none. */
bool pt_frame_in_address(uint8_t address[20], const pt_frame *frame, size_t n);

/* The first frame at or after `from` with this selector, to and first argument (NULL: any); its
 * number or count. */
size_t pt_frame_find(const pt_call_tree *call, size_t from, uint32_t selector, const uint8_t *to,
                     const uint8_t *argument);

/* The first frame below `parent` with this selector, or count. */
size_t pt_frame_below(const pt_call_tree *call, size_t parent, uint32_t selector);

/* Makes one call; on output call->made, or a reason. n: its place in the file. */
void pt_call_make_aave(pt_call_file *calls, size_t n);
void pt_call_make_compound(pt_call_file *calls, size_t n);

/* Parts of a world file: a number as text with so many digits after the point; an integer. */
json_t *pt_world_number(const pl_u256 *number, uint32_t scale);
void pt_world_put(json_t *object, const char *key, const pl_u256 *number, uint32_t scale);

/* A feed of this call: its number. */
size_t pt_call_feed(pt_call_file *calls, size_t n, const char *what, const pl_u256 *price);

/* A question before or after the call, with results that the trace shows; values counts them. */
void pt_call_ask(pt_call_tree *call, bool after, size_t n, const char *view, json_t *args,
                 json_t *expect);

/* The name of call n's contract. */
void pt_call_name(char name[32], const pt_call_file *calls, size_t n);

#endif
