/* Every bound of the core, each with its reason.
 * A change here is a change of meaning: spec 02 §7. */
#ifndef PL_BASE_LIMITS_H
#define PL_BASE_LIMITS_H

#include "vm/base/assume.h"

/* The rules of this build. It enters every state root, so that roots of different rules differ. */
#define PL_SEMANTICS_ID 1u

/* State: a key fits a cache line pair, a row fits a page quarter. */
#define PL_KEY_FIELDS_MAX    4u
#define PL_ROW_FIELDS_MAX    64u
#define PL_INDEX_FIELDS_MAX  4u
#define PL_TABLE_INDEXES_MAX 4u
#define PL_KEY_SIZE_MAX      (32u * PL_KEY_FIELDS_MAX)
#define PL_ROW_SIZE_MAX      1024u
#define PL_ORDER_SIZE_MAX    (32u * (PL_KEY_FIELDS_MAX + PL_INDEX_FIELDS_MAX))

/* Code: register, jump and constant numbers are 16-bit operands. */
#define PL_CODE_SIZE_MAX     (4u << 20)
#define PL_NAME_SIZE_MAX     63u
#define PL_CONSTANTS_MAX     4096u
#define PL_ENUMS_MAX         64u
#define PL_ENUM_VARIANTS_MAX 255u
#define PL_TABLES_MAX        128u
#define PL_ERRORS_MAX        512u
#define PL_EVENTS_MAX        256u
#define PL_IMPORTS_MAX       256u
#define PL_FUNCTIONS_MAX     1024u
#define PL_FUNCTION_CODE_MAX 32768u
#define PL_PARAMETERS_MAX    32u
#define PL_RESULTS_MAX       64u
#define PL_ARGUMENTS_MAX     32u
#define PL_REGISTERS_MAX     2048u

/* Execution: frames live in memory taken before the first instruction, 32 bytes a register. */
#define PL_CALL_DEPTH_MAX      64u
#define PL_STACK_REGISTERS_MAX 32768u
#define PL_EVENTS_PER_TX_MAX   1024u
#define PL_WRITES_PER_TX_MAX   65536u

/* World and blocks. A world fits the u32 in front of it in a history; a gas limit ends in hours. */
#define PL_WORLD_SIZE_MAX        UINT32_MAX
#define PL_LABELS_MAX            (1u << 20)
#define PL_GAS_MAX               (UINT64_C(1) << 40)
#define PL_CONTRACTS_MAX         256u
#define PL_FEEDS_MAX             4096u
#define PL_SIGNERS_MAX           64u /* of a native feed; other formats have up to 255 members */
#define PL_SUBJECT_SIZE_MAX      2048u
#define PL_SIGNER_SETS_MAX       256u
#define PL_BLOCK_SIZE_MAX        (16u << 20)
#define PL_REPORTS_PER_BLOCK_MAX 4096u
#define PL_TXS_PER_BLOCK_MAX     65536u
#define PL_GENESIS_ROWS_MAX      (64u << 20)

_Static_assert(PL_REGISTERS_MAX <= UINT16_MAX, "a register number is a 16-bit operand");
_Static_assert(PL_FUNCTION_CODE_MAX <= UINT16_MAX, "a jump target is a 16-bit operand");
_Static_assert(PL_REGISTERS_MAX <= PL_STACK_REGISTERS_MAX, "the largest frame fits the stack");
_Static_assert(PL_ROW_SIZE_MAX >= 8u * 32u, "a row holds at least eight words");

#endif
