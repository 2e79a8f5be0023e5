#include "tools/plim/subject.h"

#include <string.h>

#include "tools/common/value.h"
#include "tools/plim/health.h"
#include "vm/base/bytes.h"

static bool is_one_of(pl_name name, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        if (pt_name_is(name, list[i])) {
            return true;
        }
    }
    return false;
}

void pt_subject_of(uint8_t account[32], uint32_t *market, const pl_chain *chain, const pl_tx *tx)
{
    static const char *const whose[] = {"user",  "borrower", "usr",    "urn",        "who",
                                        "owner", "account",  "target", "accounts_0", NULL};
    static const char *const others[] = {"to",  "recipient",  "receiver", "absorber",
                                         "kpr", "liquidator", "manager",  NULL};
    const pl_code *code = pl_chain_code(chain, tx->contract);
    bool is_found = false, is_sure = false;
    size_t offset = 0;
    *market = 0;
    memcpy(account, tx->caller, 32);
    if (code == NULL || tx->function >= code->function_count) {
        return;
    }
    const pl_function *function = &code->functions[tx->function];
    for (uint8_t i = 0; i < function->parameter_count; i++) {
        const pl_field *field = &function->parameters[i];
        if (offset + field->type.size > tx->arguments_size) {
            return;
        }
        const uint8_t *value = tx->arguments + offset;
        const bool sure = is_one_of(field->name, whose);
        if (field->type.class == PL_CLASS_ACCOUNT && !is_one_of(field->name, others) &&
            (!is_found || (sure && !is_sure))) {
            memcpy(account, value, 32);
            is_found = true;
            is_sure = sure;
        }
        if (pt_names_a_market(field)) {
            *market = pl_load_u32(value);
        }
        offset += field->type.size;
    }
}

/* True if the name contains the word, which is in small letters. */
static bool contains_word(pl_name name, const char *word)
{
    const size_t size = strlen(word);
    for (size_t at = 0; at + size <= name.size; at++) {
        size_t i = 0;
        while (i < size && (name.text[at + i] | 0x20) == word[i]) {
            i++;
        }
        if (i == size) {
            return true;
        }
    }
    return false;
}

static bool ends_with(pl_name name, const char *ending)
{
    const size_t size = strlen(ending);
    return name.size >= size && memcmp(name.text + name.size - size, ending, size) == 0;
}

/* NewLiquidationIncentive, LiquidationSet and their like tell of a parameter, Liquidatable and
 * Liquidating of what may come. */
static bool announces(pl_name name)
{
    return (name.size > 3 && memcmp(name.text, "New", 3) == 0) || ends_with(name, "Set") ||
           ends_with(name, "Changed") || ends_with(name, "Updated") || ends_with(name, "able") ||
           ends_with(name, "ing");
}

/* Those whose name says so, and those of Maker and Comet, whose names say it otherwise. */
static bool says_liquidation(pl_name name)
{
    static const char *const others[] = {"Bark", "Bite", "AbsorbDebt", NULL};
    return is_one_of(name, others) || (!announces(name) && contains_word(name, "liquidat"));
}

/* Liquity's event Liquidation sums up the TroveLiquidated of one call, each of which counts. */
static bool is_sum_of_others(const pl_code *code, pl_name name)
{
    bool others = false;
    for (uint32_t e = 0; e < code->event_count; e++) {
        others = others || pt_name_is(code->events[e].name, "TroveLiquidated");
    }
    return others && pt_name_is(name, "Liquidation");
}

bool pt_event_is_liquidation(const pl_code *code, uint32_t event)
{
    const pl_name name = code->events[event].name;
    return says_liquidation(name) && !is_sum_of_others(code, name);
}
