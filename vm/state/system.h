/* The system's own tables (contract 0): what the chain writes and the machine reads. spec 04 §6 */
#ifndef PL_STATE_SYSTEM_H
#define PL_STATE_SYSTEM_H

#include "vm/state/schema.h"

/* Table numbers within contract 0. A world adds these tables first, in this order, so that they are
 * also their world numbers. */
#define PL_SYSTEM_CHAIN       0u
#define PL_SYSTEM_PRICES      1u
#define PL_SYSTEM_NONCES      2u
#define PL_SYSTEM_CONTRACTS   3u
#define PL_SYSTEM_ACCEPTED    4u
#define PL_SYSTEM_NEXT        5u
#define PL_SYSTEM_CURRENT     6u
#define PL_SYSTEM_OBSERVED    7u
#define PL_SYSTEM_TABLE_COUNT 8u

extern const pl_table pl_system_tables[PL_SYSTEM_TABLE_COUNT];

/* chain: no key, one row. */
#define PL_CHAIN_WORLD    0u  /* bytes32 */
#define PL_CHAIN_HEIGHT   32u /* u64     */
#define PL_CHAIN_TIME     40u /* u64     */
#define PL_CHAIN_PARENT   48u /* bytes32 */
#define PL_CHAIN_ROW_SIZE 80u

/* prices: key feed u32. */
#define PL_PRICES_KEY_SIZE 4u
#define PL_PRICES_PRICE    0u  /* int 32 */
#define PL_PRICES_DECIMALS 32u /* u8     */
#define PL_PRICES_TIME     33u /* u64    */
#define PL_PRICES_ROUND    41u /* u64    */
#define PL_PRICES_HEIGHT   49u /* u64    */
#define PL_PRICES_ROW_SIZE 57u

/* nonces: key account. */
#define PL_NONCES_KEY_SIZE 32u
#define PL_NONCES_NONCE    0u /* u64 */
#define PL_NONCES_ROW_SIZE 8u

/* contracts: key number u32. */
#define PL_CONTRACTS_KEY_SIZE 4u
#define PL_CONTRACTS_NAME     0u  /* symbol  */
#define PL_CONTRACTS_CODE     32u /* bytes32 */
#define PL_CONTRACTS_ROW_SIZE 64u

/* accepted, next, current: key and row begin as those of prices. spec 05 §7 */
#define PL_ACCEPTED_SET      PL_PRICES_ROW_SIZE /* u16 */
#define PL_ACCEPTED_ROW_SIZE (PL_PRICES_ROW_SIZE + 2u)
#define PL_NEXT_HOP          PL_PRICES_ROW_SIZE /* u64 */
#define PL_NEXT_ROW_SIZE     (PL_PRICES_ROW_SIZE + 8u)

/* observed: key feed u32, time u64. */
#define PL_OBSERVED_TIME     4u
#define PL_OBSERVED_KEY_SIZE 12u
#define PL_OBSERVED_PRICE    0u  /* int 32 */
#define PL_OBSERVED_TOTAL    32u /* int 32 */
#define PL_OBSERVED_ROW_SIZE 64u

#endif
