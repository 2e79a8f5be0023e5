/* What a power cut leaves of a sim_disk (sim_disk.h). */
#include <stdlib.h>
#include <string.h>

#include "tests/support/sim_disk.h"

static void *need(void *block)
{
    if (block == NULL) {
        abort();
    }
    return block;
}

static bool stands_in(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    const size_t size = slash != NULL ? (size_t)(slash - path) : 1;
    return strlen(folder) == size && memcmp(slash != NULL ? path : ".", folder, size) == 0;
}

/* True when the sync makes the earlier operation last. */
static bool covers(const sim_op *sync, const sim_op *op)
{
    if (sync->kind == SIM_SYNC) {
        return (op->kind == SIM_WRITE || op->kind == SIM_SIZE) && op->file == sync->file;
    }
    return sync->kind == SIM_SYNC_FOLDER && op->kind >= SIM_NAME && op->kind <= SIM_FOLDER &&
           stands_in(op->path, sync->path);
}

/* The first boundary of sectors inside a write, counted from its start; its size when none. */
static size_t first_boundary(const sim_op *op)
{
    const size_t step = SIM_SECTOR - (size_t)(op->offset % SIM_SECTOR);
    return step < op->size ? step : op->size;
}

static size_t boundaries(const sim_op *op)
{
    const size_t first = first_boundary(op);
    return first == op->size ? 0 : 1 + (op->size - first - 1) / SIM_SECTOR;
}

/* A write: not there, there, zeros, and at each boundary the front alone and the back alone. */
static uint32_t ways_of(const sim_op *op)
{
    return op->kind == SIM_WRITE ? 3 + 2 * (uint32_t)boundaries(op) : 2;
}

void sim_cut_make(sim_cut *cut, const sim_disk *disk, size_t end)
{
    *cut = (sim_cut){.disk = disk, .end = end};
    cut->pending = need(calloc(end + 1, sizeof *cut->pending));
    cut->ways = need(calloc(end + 1, sizeof *cut->ways));
    for (size_t i = 0; i < end; i++) {
        bool lasts = disk->ops[i].kind == SIM_SYNC || disk->ops[i].kind == SIM_SYNC_FOLDER;
        for (size_t later = i + 1; later < end && !lasts; later++) {
            lasts = covers(&disk->ops[later], &disk->ops[i]);
        }
        if (!lasts) {
            cut->pending[cut->count] = i;
            cut->ways[cut->count++] = ways_of(&disk->ops[i]);
        }
    }
}

void sim_cut_free(sim_cut *cut)
{
    free(cut->pending);
    free(cut->ways);
    *cut = (sim_cut){0};
}

uint64_t sim_cut_states(const sim_cut *cut)
{
    uint64_t states = 1;
    for (size_t i = 0; i < cut->count; i++) {
        states = states > UINT64_MAX / cut->ways[i] ? UINT64_MAX : states * cut->ways[i];
    }
    return states;
}

/* Way 1: whole, 2: zeros, odd from 3: the front up to a boundary, even from 4: the back from it. */
static void do_write(sim_file *file, const sim_op *op, uint32_t way)
{
    size_t from = 0, end = op->size;
    if (end == 0) {
        return;
    }
    if (way >= 3) {
        const size_t cut = first_boundary(op) + (way - 3) / 2 * SIM_SECTOR;
        from = way % 2 == 1 ? 0 : cut;
        end = way % 2 == 1 ? cut : op->size;
    }
    if (file->size < op->offset + end) {
        file->bytes = need(realloc(file->bytes, (size_t)op->offset + end + 1));
        memset(file->bytes + file->size, 0, (size_t)op->offset + end - file->size);
        file->size = (size_t)op->offset + end;
    }
    if (way == 2) {
        memset(file->bytes + op->offset, 0, op->size);
    } else {
        memcpy(file->bytes + op->offset + from, op->bytes + from, end - from);
    }
}

static void name(sim_name *names, const char *path, int file)
{
    sim_name *place = NULL;
    for (int i = 0; i < SIM_NAMES; i++) {
        if (strcmp(names[i].path, path) == 0) {
            place = &names[i];
        }
    }
    for (int i = 0; i < SIM_NAMES && place == NULL; i++) {
        place = names[i].path[0] == '\0' ? &names[i] : NULL;
    }
    place = need(place);
    (void)strcpy(place->path, path);
    place->file = file;
}

static void forget(sim_name *names, const char *path)
{
    for (int i = 0; i < SIM_NAMES; i++) {
        if (strcmp(names[i].path, path) == 0) {
            names[i].path[0] = '\0';
        }
    }
}

static void do_op(sim_disk *image, const sim_op *op, uint32_t way)
{
    if (op->kind == SIM_WRITE) {
        do_write(&image->files[op->file], op, way);
    } else if (op->kind == SIM_SIZE) {
        sim_file *file = &image->files[op->file];
        const size_t size = (size_t)op->offset;
        file->bytes = need(realloc(file->bytes, size + 1));
        if (size > file->size) {
            memset(file->bytes + file->size, 0, size - file->size);
        }
        file->size = size;
    } else if (op->kind == SIM_NAME || op->kind == SIM_FOLDER) {
        name(image->names, op->path, op->file);
    } else if (op->kind == SIM_RENAME) {
        forget(image->names, op->path);
        name(image->names, op->to, op->file);
    } else if (op->kind == SIM_REMOVE) {
        forget(image->names, op->path);
    }
}

/* Names in a folder that is not there are not there either. */
static void drop_orphans(sim_name *names)
{
    for (int i = 0; i < SIM_NAMES; i++) {
        bool stands = names[i].path[0] == '\0' || strchr(names[i].path, '/') == NULL;
        for (int k = 0; k < SIM_NAMES && !stands; k++) {
            stands = names[k].file < 0 && names[k].path[0] != '\0' &&
                     stands_in(names[i].path, names[k].path);
        }
        if (!stands) {
            names[i].path[0] = '\0';
        }
    }
}

sim_disk *sim_cut_disk(const sim_cut *cut, const uint32_t *choice)
{
    const sim_disk *from = cut->disk;
    sim_disk *image = need(calloc(1, sizeof *image));
    size_t next = 0;
    image->file_count = from->file_count;
    memcpy(image->names, from->start_names, sizeof image->names);
    for (int i = 0; i < from->start_count; i++) {
        const sim_op whole = {.size = from->start_files[i].size,
                              .bytes = from->start_files[i].bytes};
        do_write(&image->files[i], &whole, 1);
    }
    for (size_t i = 0; i < cut->end; i++) {
        const bool is_pending = next < cut->count && cut->pending[next] == i;
        const uint32_t way = is_pending ? choice[next++] : 1;
        if (way != 0) {
            do_op(image, &from->ops[i], way);
        }
    }
    drop_orphans(image->names);
    sim_disk *disk = sim_disk_copy(image);
    for (int i = 0; i < image->file_count; i++) {
        free(image->files[i].bytes);
    }
    free(image);
    return disk;
}
