/* What the files of the forger share. */
#ifndef PL_SUPPORT_CERTIFICATE_FORGE_PARTS_H
#define PL_SUPPORT_CERTIFICATE_FORGE_PARTS_H

#include "tests/support/certificate_forge.h"

/* f->work becomes the base again. */
pieces *forge_start(forge *f);
/* Writes f->work to f->out. Returns true. */
bool forge_join(forge *f);
/* Makes *of a copy in f->scratch, to be changed; returns its bytes. */
uint8_t *forge_copy(forge *f, piece *of);
/* Flips one bit. */
void forge_flip(forge *f, uint8_t *bytes, size_t size);

bool forge_witness_flip(forge *f);
bool forge_row_of_other_key(forge *f);
bool forge_row_moved(forge *f);
bool forge_row_pruned(forge *f);
bool forge_leaf_pruned(forge *f);
bool forge_inner_pruned(forge *f);
bool forge_row_as_leaf(forge *f);
bool forge_emptied(forge *f);
bool forge_needless(forge *f);
bool forge_row_count_change(forge *f);

#endif
