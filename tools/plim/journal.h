/* The journal of a replay: one record for each block done, appended, each bound to the one before.
 * spec 11 §2
 *
 * It holds no state: a replay is deterministic, so a resumed run computes the state again from a
 * checkpoint (generations.h) and compares every root with what the journal says was there. */
#ifndef PT_PLIM_JOURNAL_H
#define PT_PLIM_JOURNAL_H

#include "tools/common/report.h"
#include "tools/plim/run.h"

enum { PT_JOURNAL_INVARIANTS = 1 }; /* a flag: invariants are checked and counted */

/* What a journal belongs to. All of it must agree when a run goes on. */
typedef struct pt_journal_id {
    uint16_t semantics;
    uint16_t flags;
    uint8_t world_id[32];
    uint8_t history_hash[32];
    uint8_t expect_hash[32]; /* zeros: nothing was compared */
} pt_journal_id;

/* Of an open run. */
pt_journal_id pt_journal_id_of(const pt_run *run, uint16_t flags);

typedef struct pt_journal_record {
    uint64_t height;
    uint8_t block_hash[32];
    uint32_t block_size;
    uint8_t state_root[32];
    uint8_t link[32]; /* filled by append and read */
} pt_journal_record;

typedef struct pt_journal {
    char *folder, *path;
    int lock, file;    /* -1: not open */
    uint64_t height;   /* of the last record; 0: none */
    uint64_t durable;  /* records up to this height are on the disk */
    uint8_t start[32]; /* link before the first record: the hash of the head */
    uint8_t link[32];  /* of the last record */
    bool failed;       /* a write or sync failed: nothing more is written */
} pt_journal;

/* What happened on the way that is no failure: one sentence for people. */
typedef void (*pt_note_sink)(void *context, const char *text);
typedef struct pt_notes {
    pt_note_sink sink; /* NULL: nobody listens */
    void *context;
} pt_notes;
void pt_note(const pt_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the folder's lock; makes folder and lock when make_folder is set. On output: *exists tells
 * whether a journal stands in it, which is then open with its head checked against id; it is to be
 * scanned next. pt_journal_close is due in any case. Errors: PT_INPUT (also: in use), PT_LIMIT. */
pt_exit pt_journal_open(pt_journal *journal, bool *exists, const char *folder, bool make_folder,
                        const pt_journal_id *id, pt_report *report);

/* Writes the head of a new journal. */
pt_exit pt_journal_begin(pt_journal *journal, const pt_journal_id *id, pt_report *report);

/* Reads every record. The first bad one, and all after it, is cut off with a note: a torn tail. A
 * bad one at or below `floor`, the height that a manifest vouches for, is damage: PT_INPUT. */
pt_exit pt_journal_scan(pt_journal *journal, uint64_t floor, const pt_notes *notes,
                        pt_report *report);

/* The record of a height from 1 to journal->height. */
pt_exit pt_journal_read(pt_journal_record *record, pt_journal *journal, uint64_t height,
                        pt_report *report);

/* Appends the record of height journal->height + 1 and sets its link. It is done, in the sense that
 * no power cut takes it back, after the next sync. */
pt_exit pt_journal_append(pt_journal *journal, pt_journal_record *record, pt_report *report);
pt_exit pt_journal_sync(pt_journal *journal, pt_report *report);

void pt_journal_close(pt_journal *journal);

#endif
