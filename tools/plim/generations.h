/* The checkpoints of a journalled replay: the newest two, and a manifest that names them. spec 11
 * §3
 *
 * A generation is a checkpoint (spec 06 §8), which proves itself, and what was counted up to it,
 * which the manifest holds under its hash. A new one never touches a file that the manifest names.
 */
#ifndef PT_PLIM_GENERATIONS_H
#define PT_PLIM_GENERATIONS_H

#include "tools/plim/journal.h"

enum { PT_GENERATIONS = 2, PT_GENERATION_SLOTS = 3 };

typedef struct pt_generation {
    uint8_t slot; /* of its file, checkpoint-SLOT.plc */
    uint64_t height;
    uint8_t state_root[32];
    uint8_t link[32]; /* of the journal's record of this height */
    pt_bytes counts;  /* counts.h */
} pt_generation;

typedef struct pt_generations {
    const char *folder; /* the journal's */
    uint8_t start[32];  /* of the journal they belong to */
    size_t count;
    pt_generation list[PT_GENERATIONS]; /* newest first */
} pt_generations;

/* Reads the manifest of an open journal, if there is one. pt_generations_free is due in any case.
 * Errors: PT_INPUT for one that is damaged or of another journal, PT_LIMIT. */
pt_exit pt_generations_open(pt_generations *made, const pt_journal *journal, pt_report *report);
void pt_generations_free(pt_generations *made);

/* The checkpoint file of a generation; free() it. */
char *pt_generation_path(const pt_generations *made, uint8_t slot);

/* The bytes of its checkpoint, not checked. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_generation_read(pt_bytes *bytes, const pt_generations *made, size_t index,
                           pt_report *report);

/* Writes the state of the chain as the newest generation; the one before stays, the one before that
 * goes. Its height is above that of the newest one; link is that of its record, which is synced.
 * counts is taken over on success. Errors: PT_LIMIT or PT_INPUT, and both old generations are as
 * they were. */
pt_exit pt_generation_write(pt_generations *made, pl_chain *chain, const uint8_t link[32],
                            pt_bytes *counts, pt_report *report);

/* Forgets one that does not verify; its file is written over later. */
void pt_generation_drop(pt_generations *made, size_t index);

#endif
