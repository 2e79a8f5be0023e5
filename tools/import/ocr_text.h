/* The page that lies beside imported transmissions. */
#ifndef PT_IMPORT_OCR_TEXT_H
#define PT_IMPORT_OCR_TEXT_H

#include "tools/import/ocr_file.h"
#include "vm/plimsoll.h"

/* What stands on the tape, which block is which, and what was left away and why. reads: of
 * latestAnswer, checked. free() it. */
char *pt_ocr_readme(const pt_ocr_file *file, const char *path, size_t reads, const pl_chain *chain);

#endif
