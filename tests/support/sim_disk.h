/* A disk made of memory, behind the table of tools/common/disk.h. It records every operation, can
 * refuse any call, and makes every state that a power cut after any operation may leave.
 *
 * What a power cut leaves: a write, a change of size or a name that was synced is there. One that
 * was not is there or not, each for itself, whatever came after it; a write may also be there in
 * part, cut at a multiple of 512 bytes, its front or its back, or be a hole of zeros of its size.
 */
#ifndef PL_SUPPORT_SIM_DISK_H
#define PL_SUPPORT_SIM_DISK_H

#include "tools/common/disk.h"

enum { SIM_PATH = 64, SIM_FILES = 256, SIM_NAMES = 64, SIM_OPEN = 16, SIM_SECTOR = 512 };

typedef enum sim_kind {
    SIM_WRITE,
    SIM_SIZE, /* truncate */
    SIM_NAME, /* path now names the file (a new one) */
    SIM_RENAME,
    SIM_REMOVE,
    SIM_FOLDER,
    SIM_SYNC,
    SIM_SYNC_FOLDER
} sim_kind;

typedef struct sim_op {
    sim_kind kind;
    int file;
    uint64_t offset; /* SIM_SIZE: the new size */
    size_t size;
    uint8_t *bytes;
    char path[SIM_PATH], to[SIM_PATH];
} sim_op;

typedef struct sim_file {
    uint8_t *bytes;
    size_t size;
} sim_file;

typedef struct sim_name {
    char path[SIM_PATH]; /* "" : none */
    int file;            /* -1: a folder */
} sim_name;

/* What a call that was chosen does, once (SIM_FULL: from then on, every call that needs room). */
typedef enum sim_fault { SIM_NO_FAULT, SIM_ERROR, SIM_SHORT, SIM_FULL } sim_fault;

typedef struct sim_disk {
    pt_disk table; /* hand &table to pt_disk_use; the struct must not move */
    sim_file files[SIM_FILES];
    int file_count;
    sim_name names[SIM_NAMES];
    int open[SIM_OPEN]; /* file, or -1 */
    bool locked[SIM_OPEN];
    sim_op *ops;
    size_t op_count;
    sim_file *start_files; /* of the image that it began with, for the states after a cut */
    sim_name start_names[SIM_NAMES];
    int start_count;
    uint64_t calls; /* of the table so far */
    uint64_t fault_at;
    sim_fault fault;
    int fault_error;
    const char *fault_call; /* the call that was chosen and happened: "write"; NULL: none yet */
} sim_disk;

/* An empty disk, on which the folder "." stands. */
sim_disk *sim_disk_new(void);
/* A disk with what another one shows now; nothing of it is pending. */
sim_disk *sim_disk_copy(const sim_disk *disk);
void sim_disk_free(sim_disk *disk);

/* Handles that are open now. */
int sim_disk_open_count(const sim_disk *disk);

/* The bytes of a file, NULL when nothing stands at path. */
const sim_file *sim_disk_file(const sim_disk *disk, const char *path);

/* ---- after a power cut ---- */

/* The operations before op number `end` that were not synced by then, with the number of ways each
 * may have ended. */
typedef struct sim_cut {
    const sim_disk *disk;
    size_t end;
    size_t count;
    size_t *pending; /* operation numbers */
    uint32_t *ways;  /* 0 is "not there", 1 "there" */
} sim_cut;

void sim_cut_make(sim_cut *cut, const sim_disk *disk, size_t end);
void sim_cut_free(sim_cut *cut);
/* The product of the ways, at most UINT64_MAX. */
uint64_t sim_cut_states(const sim_cut *cut);
/* The disk after the cut when pending operation i ended in way choice[i]. */
sim_disk *sim_cut_disk(const sim_cut *cut, const uint32_t *choice);

#endif
