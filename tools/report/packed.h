/* Certificates in files: packed (spec 10 §2) or plain. */
#ifndef PT_REPORT_PACKED_H
#define PT_REPORT_PACKED_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

/* Appends the packed form of a certificate. */
void pt_certificate_pack(pt_bytes *packed, const uint8_t *bytes, size_t size);

/* On output: the certificate of a file's bytes, unpacked when they are packed. name is for the
 * message. Errors: PT_INPUT. */
pt_exit pt_certificate_unpack(pt_bytes *certificate, const uint8_t *bytes, size_t size,
                              const char *name, pt_report *report);

#endif
