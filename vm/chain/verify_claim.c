/* What a certificate says about its block or state. spec 10 §7 */
#include "vm/base/assume.h"
#include "vm/chain/certified.h"
#include "vm/chain/chain.h"
#include "vm/num/pow.h"

#define HEALTH_SCALE 18u /* of a health factor that declares none */

static bool is_named(pl_name name, const char *text)
{
    return name.size == strlen(text) && memcmp(name.text, text, name.size) == 0;
}

/* ---- transactions ---- */

/* Transaction `number` of the certificate's body. */
static bool find_tx(pl_tx *tx, const pl_certificate *of, uint32_t number)
{
    pl_block block;
    uint32_t where, size;
    const uint8_t *bytes;
    const pl_status status = pl_body_decode(&block, &where, of->body, of->body_size);
    PL_ASSERT(status == PL_OK); /* it was replayed */
    for (uint32_t i = 0; pl_items_next(&block.transactions, &bytes, &size); i++) {
        if (i == number) {
            const pl_status decoded = pl_tx_decode(tx, bytes, size);
            PL_ASSERT(decoded == PL_OK);
            return true;
        }
    }
    return false;
}

/* Receipt of transaction `number`, which the body has; it and everything in it lives as long as the
 * result. */
static void find_receipt(pl_receipt *receipt, const pl_block_result *block, uint32_t number)
{
    uint32_t seen = 0;
    size_t offset = 0;
    do {
        const pl_status status =
            pl_receipts_next(receipt, &offset, block->receipts, block->receipts_size);
        PL_ASSERT(status == PL_OK); /* the replay wrote one for every transaction */
    } while (receipt->kind != PL_RECEIPT_TRANSACTION || seen++ != number);
}

/* How many of these fields are of class account; *found the bytes of the last, when there is one.
 */
static uint32_t accounts(const uint8_t **found, const pl_field *fields, uint32_t count,
                         const uint8_t *bytes)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (fields[i].type.class == PL_CLASS_ACCOUNT) {
            *found = bytes;
            number++;
        }
        bytes += fields[i].type.size;
    }
    return number;
}

static bool has_account(const pl_field *fields, uint32_t count, const uint8_t *bytes,
                        const uint8_t *account)
{
    for (uint32_t i = 0; i < count; i++) {
        if (fields[i].type.class == PL_CLASS_ACCOUNT && memcmp(bytes, account, 32) == 0) {
            return true;
        }
        bytes += fields[i].type.size;
    }
    return false;
}

static bool events_have_account(const pl_chain *chain, const pl_receipt *receipt,
                                const uint8_t *account)
{
    for (size_t offset = 0; offset < receipt->events_size;) {
        pl_event event;
        const pl_status status = pl_event_next(&event, &offset, receipt);
        PL_ASSERT(status == PL_OK); /* the machine wrote it */
        const pl_signature *signature = &pl_chain_code(chain, event.contract)->events[event.event];
        if (has_account(signature->fields, signature->count, event.arguments, account)) {
            return true;
        }
    }
    return false;
}

/* The transaction has status OK and, unless account is NULL, names the account. */
static bool has_run(const pl_chain *chain, const pl_certificate *of, const pl_block_result *block,
                    uint32_t number, const uint8_t *account)
{
    pl_tx tx;
    pl_receipt receipt;
    if (!find_tx(&tx, of, number)) {
        return false;
    }
    find_receipt(&receipt, block, number);
    if (receipt.status != PL_OK) {
        return false;
    }
    if (account == NULL) {
        return true;
    }
    const pl_function *function = &pl_chain_code(chain, tx.contract)->functions[tx.function];
    return has_account(function->parameters, function->parameter_count, tx.arguments, account) ||
           events_have_account(chain, &receipt, account);
}

/* ---- views ---- */

/* value < 10^scale. */
static bool is_below_one(const pl_field *field, const uint8_t *bytes)
{
    pl_u256 value, one;
    const pl_u256 ten = pl_u256_from_u64(10);
    pl_u256_load_be(&value, bytes, field->type.size);
    const uint32_t scale = field->type.scale == 0 ? HEALTH_SCALE : field->type.scale;
    const pl_status fits = pl_u256_pow(&one, &ten, scale);
    PL_ASSERT(fits == PL_OK); /* a scale is at most 77 */
    return pl_u256_lt(&value, &one);
}

/* What the answer says. Returns false when it says neither. */
static bool says(bool *below, const pl_function *function, const uint8_t *result)
{
    if (is_named(function->name, "is_liquidatable") && function->result_count == 1 &&
        function->results[0].type.class == PL_CLASS_BOOL) {
        *below = result[0] != 0;
        return true;
    }
    for (uint32_t i = 0; i < function->result_count; i++) {
        const pl_field *field = &function->results[i];
        if (field->type.class == PL_CLASS_UINT &&
            (is_named(field->name, "health_factor") || is_named(field->name, "hf"))) {
            *below = is_below_one(field, result);
            return true;
        }
        result += field->type.size;
    }
    return false;
}

/* The claim's view, asked at this moment about the claim's account, says what is claimed. */
static bool view_says(const pl_chain *chain, const pl_certificate *of, uint64_t moment, bool below)
{
    pl_certified_view view;
    size_t offset = 0;
    for (uint32_t i = 0; i <= of->claim.view; i++) {
        const bool is_there = pl_certificate_view_next(&view, &offset, of);
        PL_ASSERT(is_there); /* the claim's form says so */
    }
    if (view.moment != moment || view.status != PL_OK) {
        return false;
    }
    const pl_function *function = &pl_chain_code(chain, view.contract)->functions[view.function];
    const uint8_t *account = NULL;
    bool said = false;
    return accounts(&account, function->parameters, function->parameter_count, view.arguments) ==
               1 &&
           memcmp(account, of->claim.account, 32) == 0 && says(&said, function, view.result) &&
           said == below;
}

/* ---- the claim ---- */

static bool holds(const pl_chain *chain, const pl_certificate *of, const pl_block_result *block)
{
    const pl_certified_claim *claim = &of->claim;
    switch ((pl_claim_kind)claim->kind) {
    case PL_CLAIM_BLOCK:
        return true;
    case PL_CLAIM_TRANSACTION:
        return has_run(chain, of, block, claim->transaction, NULL);
    case PL_CLAIM_TRIGGER:
        return has_run(chain, of, block, claim->transaction, claim->account) &&
               view_says(chain, of, pl_moment_of(claim->transaction, false), true);
    case PL_CLAIM_BELOW:
    case PL_CLAIM_NOT_BELOW:
        break;
    }
    return view_says(chain, of, PL_MOMENT_END, claim->kind == PL_CLAIM_BELOW);
}

pl_status pl_claim_check(const pl_chain *chain, const pl_certificate *certificate,
                         const pl_block_result *block)
{
    return holds(chain, certificate, block) ? PL_OK : PL_REJECT_CLAIM;
}
