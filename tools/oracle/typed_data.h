/* EIP-712: typed data as JSON to the digest that is signed.
 *
 * {domain, primaryType, types, data}, as wallets take it ("message" is taken for "data"). Structs
 * nest, arrays may be fixed or open, at most PT_TYPED_DEPTH deep. */
#ifndef PT_ORACLE_TYPED_DATA_H
#define PT_ORACLE_TYPED_DATA_H

#include "tools/common/bytes.h"
#include "tools/common/json.h"

#define PT_TYPED_DEPTH     24u
#define PT_TYPED_TYPES_MAX 64u
#define PT_TYPED_SIZE_MAX  (4u << 20) /* bytes of one encoded struct or array */

typedef struct pt_typed_data {
    uint8_t domain[32];    /* hash of the domain: its separator               */
    uint8_t type_hash[32]; /* of the primary type                             */
    pt_bytes encoded;      /* type hash and one word per member, primary type */
    uint8_t digest[32];    /* keccak256(19 01 | domain | keccak256(encoded))  */
} pt_typed_data;

/* Errors: PT_INPUT with the key and what was expected there. Free it also after an error. */
pt_exit pt_typed_data_read(pt_typed_data *typed, const pt_json *document, pt_report *report);
void pt_typed_data_free(pt_typed_data *typed);

#endif
