#include "tools/oracle/rules.h"

#include <string.h>

/* Rules of reading, then of the feed. A letter each, so that the order of a format is a word. */
static const struct {
    char letter;
    const char *text;
    pl_status statuses[8]; /* that say this rule failed */
} rules[] = {
    {'f',
     "the bytes have the form of the format",
     {PL_REJECT_TRUNCATED, PL_REJECT_TRAILING, PL_REJECT_MAGIC, PL_REJECT_VERSION, PL_REJECT_LIMIT,
      PL_REJECT_NON_CANONICAL, PL_REJECT_TYPE}},
    {'c',
     "its signer set is known and active",
     {PL_REJECT_SIGNER_SET, PL_REJECT_SIGNER_SET_OVER, PL_REJECT_CONFIG}},
    {'q', "enough members signed", {PL_REJECT_QUORUM, PL_REJECT_UNSIGNED}},
    {'s',
     "every signature is a member's",
     {PL_REJECT_RECOVERY_ID, PL_REJECT_SIGNATURE_RANGE, PL_REJECT_HIGH_S, PL_REJECT_SIGNATURE,
      PL_REJECT_UNKNOWN_SIGNER}},
    {'d',
     "signers stand in order, none twice",
     {PL_REJECT_SIGNER_DUPLICATE, PL_REJECT_SIGNER_ORDER, PL_REJECT_SIGNER}},
    {'n', "the announced nonces are used", {PL_REJECT_NONCE}},
    {'t', "all parts have one time", {PL_REJECT_TIME_MISMATCH}},
    {'v',
     "the values stand in order, each observer once",
     {PL_REJECT_VALUE_ORDER, PL_REJECT_DUPLICATE, PL_REJECT_ORDER, PL_REJECT_RANGE}},
    {'e', "it comes from the expected emitter", {PL_REJECT_EMITTER}},
    {'m', "its messages lead to the signed root", {PL_REJECT_MERKLE}},
    {'k', "it is a message with a price", {PL_REJECT_MESSAGE_TYPE}},
    {'b', "it is about the expected feed", {PL_REJECT_SUBJECT}},
    {'B', "the signatures are over the expected feed, whose name is not sent", {PL_OK}},
    {'P', "it has a price", {PL_REJECT_NO_VALUE}},
    {'O', "it is newer than the last accepted one", {PL_REJECT_REPLAY, PL_REJECT_ROUND}},
    {'A',
     "it is neither too old nor from the future",
     {PL_REJECT_STALE, PL_REJECT_FUTURE, PL_REJECT_EXPIRED, PL_REJECT_REPORT_TIME}},
    {'Z', "the price can be written at the decimals", {PL_REJECT_EXPONENT, PL_REJECT_DECIMALS}},
    {'X', "strict: low s, nothing behind, nobody counted twice", {PL_OK}},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

/* The order in which each adapter asks (spec 09). Letters in brackets are asked entry by entry:
 * when one of them fails, the others are open. */
static const char *const orders[PL_FEED_FORMATS] = {
    [PL_FEED_UNSIGNED] = "fbZOA",
    [PL_FEED_NATIVE] = "fbZOAcdqs",
    [PL_FEED_OCR1] = "fcq(sd)v",
    [PL_FEED_OCR2] = "fcq(sd)v",
    [PL_FEED_DATA_STREAMS] = "fcq(sd)b",
    [PL_FEED_VAA] = "fcq(sd)",
    [PL_FEED_PNAU] = "fcq(sd)e(mk)b",
    [PL_FEED_REDSTONE] = "fc(st)q",
    [PL_FEED_MEDIAN_POKE] = "fcq(svd)B",
    [PL_FEED_MEDIAN_MESSAGE] = "fcsqb",
    [PL_FEED_OPEN_ORACLE] = "fkcsqb",
    [PL_FEED_API3] = "fcsqb",
    [PL_FEED_STORK] = "fcsqb",
    [PL_FEED_LAZER] = "fcsqb",
    [PL_FEED_SCRIBE] = "fcqdsB",
    [PL_FEED_BAND] = "fcs",
    [PL_FEED_DLC_ATTESTATION] = "fc(sn)qb",
    [PL_FEED_DLC_ANNOUNCEMENT] = "fcsq",
    [PL_FEED_EIP712] = "fbc(sd)q",
};

static const char policy_order[] = "POAZ";

static size_t rule_of(char letter)
{
    size_t i = 0;
    while (rules[i].letter != letter) {
        i++;
    }
    return i;
}

static bool says(size_t rule, pl_status status)
{
    for (size_t i = 0; i < 8 && status != PL_OK; i++) {
        if (rules[rule].statuses[i] == status) {
            return true;
        }
    }
    return false;
}

/* Letters of one order as lines. *failed: a rule before them failed; set when one of them does. */
static void add_lines(pt_rule_line *lines, size_t *count, bool *failed, const char *order,
                      pl_status status)
{
    size_t block = 0; /* where the open bracket began */
    bool in_block = false;
    for (const char *c = order; *c != '\0' && *count < PT_RULES_MAX - 1; c++) {
        if (*c == '(' || *c == ')') {
            in_block = *c == '(';
            block = *count;
            continue;
        }
        const size_t rule = rule_of(*c);
        pt_rule_line *line = &lines[(*count)++];
        *line = (pt_rule_line){rules[rule].text, *failed ? PT_RULE_OPEN : PT_RULE_OK};
        if (!*failed && says(rule, status)) {
            line->state = PT_RULE_FAILED;
            *failed = true;
            for (size_t i = block; in_block && i + 1 < *count; i++) {
                lines[i].state = PT_RULE_OPEN;
            }
        }
    }
}

/* Bytes are read to their end only when nothing else failed: until then the form is open. */
static void settle_form(pt_rule_line *lines, pt_check_stage stage, pl_status status)
{
    if (stage == PT_STAGE_READ && status != PL_OK && lines[0].state == PT_RULE_OK) {
        lines[0].text = "the bytes have the form of the format, as far as they were read";
    }
}

/* Nothing was given to ask this rule with. */
static bool is_unasked(char letter, const pt_check_end *end)
{
    return (letter == 'O' && !end->has_last) || (letter == 'A' && !end->has_clock) ||
           (letter == 'b' && !end->has_feed) || (letter == 'c' && !end->has_set);
}

/* What was not asked is not passed; what the format words otherwise is said so. */
static void word_lines(pt_rule_line *lines, size_t count, const pt_check_end *end)
{
    static const char may_be_unasked[] = "OAbc";
    for (size_t i = 0; i < count; i++) {
        const char *text = lines[i].text;
        for (const char *c = may_be_unasked; *c != '\0'; c++) {
            if (lines[i].state == PT_RULE_OK && text == rules[rule_of(*c)].text &&
                is_unasked(*c, end)) {
                lines[i].state = PT_RULE_SKIPPED;
            }
        }
        if (text == rules[rule_of('q')].text &&
            (pl_formats[end->format].flags & PL_FORMAT_EXACT) != 0) {
            lines[i].text = "exactly as many members signed as the quorum says";
        }
    }
}

size_t pt_rule_lines(pt_rule_line lines[PT_RULES_MAX], const pt_check_end *end)
{
    size_t count = 0;
    bool failed = false;
    const bool has_policy = (pl_formats[end->format].flags & PL_FORMAT_TRANSPORT) == 0 &&
                            end->format > PL_FEED_NATIVE; /* whose order has these rules in it */
    const bool reads = end->stage == PT_STAGE_READ && !end->is_strict_error;
    const pl_status read = reads ? end->status : PL_OK;
    add_lines(lines, &count, &failed, orders[end->format], read);
    if (read != PL_OK && !failed) { /* a rule that no line names */
        lines[count++] = (pt_rule_line){pl_status_sentence(read), PT_RULE_FAILED};
        failed = true;
    }
    settle_form(lines, end->stage, read);
    if (has_policy) {
        pl_status policy = read == PL_OK && !end->is_strict_error ? end->status : PL_OK;
        if (end->stage == PT_STAGE_ORDER) {
            policy = PL_REJECT_REPLAY; /* a Maker Median calls it stale */
        }
        add_lines(lines, &count, &failed, policy_order, policy);
    }
    if (end->strict && end->format > PL_FEED_NATIVE) {
        const pt_rule_state state = end->is_strict_error ? PT_RULE_FAILED : PT_RULE_OK;
        lines[count++] = (pt_rule_line){rules[rule_of('X')].text, failed ? PT_RULE_OPEN : state};
    }
    word_lines(lines, count, end);
    return count;
}

static const struct {
    pl_status status;
    const char *hint;
} hints[] = {
    {PL_REJECT_TRUNCATED, "was all of it copied? plim oracle inspect shows where it ends"},
    {PL_REJECT_TRAILING, "something stands behind the report; paste the report alone"},
    {PL_REJECT_MAGIC, "is --format right? plim oracle inspect tries all of them"},
    {PL_REJECT_VERSION, "is --format right? a newer version of the format is not known here"},
    {PL_REJECT_NON_CANONICAL, "is --format right? a word holds more than its type allows"},
    {PL_REJECT_TYPE, "this kind of message is not read here; plim oracle inspect shows its parts"},
    {PL_REJECT_RECOVERY_ID, "the recovery byte was damaged or stands at another place"},
    {PL_REJECT_SIGNATURE_RANGE, "r or s was damaged; nobody signed this"},
    {PL_REJECT_HIGH_S, "the same signature with a low s exists; somebody turned this one over"},
    {PL_REJECT_SIGNATURE, "the signed bytes or the signature were changed, or --feed (native: "
                          "--world) is another than the signed one"},
    {PL_REJECT_DECIMALS, "the feed has other decimals than the report"},
    {PL_REJECT_ROUND, "a report of this round or a later one was accepted before (--last)"},
    {PL_REJECT_REPORT_TIME, "the report is ahead of --at by more than --max-ahead"},
    {PL_REJECT_UNSIGNED, "the report carries no signature at all"},
    {PL_REJECT_UNKNOWN_SIGNER, "the signed bytes were changed, or --signers is not the set that "
                               "signed; plim oracle inspect shows the recovered signers"},
    {PL_REJECT_SIGNER_DUPLICATE, "one signer counts once; where a set is read by first bytes, two "
                                 "members may share one"},
    {PL_REJECT_SIGNER_ORDER, "the signatures were sorted anew or one was put in twice"},
    {PL_REJECT_SIGNER, "an index points past the set: is it another set of the same network?"},
    {PL_REJECT_QUORUM, "count the signers below: fewer than --quorum, or, where exactly the quorum "
                       "is wanted, more"},
    {PL_REJECT_SIGNER_SET, "give the set that the report names: --guardian-set or another file"},
    {PL_REJECT_SIGNER_SET_OVER,
     "the set was replaced before --at; ask for a report of the new one"},
    {PL_REJECT_CONFIG, "the report belongs to another configuration: compare it with --config"},
    {PL_REJECT_VALUE_ORDER, "the observations were changed after they were sorted"},
    {PL_REJECT_MERKLE, "a message or its proof was changed, or belongs to another update"},
    {PL_REJECT_EMITTER, "the guardians signed it, but somebody else published it"},
    {PL_REJECT_MESSAGE_TYPE, "the message with this id is another kind (a TWAP, for example)"},
    {PL_REJECT_SUBJECT, "plim oracle inspect lists the feeds that are in it"},
    {PL_REJECT_TIME_MISMATCH, "packages of two moments were put together"},
    {PL_REJECT_STALE, "the report is older than --max-age, or not newer than --last"},
    {PL_REJECT_FUTURE, "the report is ahead of --at by more than --max-ahead: is a clock wrong?"},
    {PL_REJECT_EXPIRED, "the report says until when it may be used; ask for a new one"},
    {PL_REJECT_REPLAY, "a report as new as this one was accepted before (--last)"},
    {PL_REJECT_NONCE, "the oracle signed with another nonce than it announced"},
    {PL_REJECT_EXPONENT, "choose --decimals so that the price fits, or leave it out"},
    {PL_REJECT_NO_VALUE, "the signatures hold, but there is no price for this feed in it"},
    {PL_REJECT_DUPLICATE, "an entry stands twice in the signed part"},
    {PL_REJECT_RANGE, "a number of the signed part is outside what the format allows"},
    {PL_REJECT_LIMIT, "a count or size is larger than any report of this format has"},
};

/* The feed's name, or the signer's own address, is in the digest and not in the bytes: a wrong one
 * gives another key. */
static const char *unsent_hint(pl_status status, unsigned format)
{
    const bool is_signature = status == PL_REJECT_UNKNOWN_SIGNER || status == PL_REJECT_SIGNATURE;
    if (is_signature && (format == PL_FEED_MEDIAN_POKE || format == PL_FEED_SCRIBE)) {
        return "is --feed right? Its name is signed but not sent, so with another one no signer "
               "fits; if it is, --signers is not the set that signed, or bytes were changed";
    }
    if (is_signature && format == PL_FEED_STORK) {
        return "is --signers right? The signer's address is signed but not sent; if it is, the "
               "signed bytes were changed";
    }
    if (status == PL_REJECT_SUBJECT && format == PL_FEED_EIP712) {
        return "--feed is the whole subject of spec 09 in hex; plim oracle sign --json prints it";
    }
    if (status == PL_REJECT_MAGIC && format == PL_FEED_REDSTONE) {
        return "was its end copied? Call data may stand before a RedStone payload, nothing behind "
               "it";
    }
    return NULL;
}

const char *pt_rule_sentence(pl_status status, unsigned format)
{
    if (status == PL_REJECT_MAGIC && format == PL_FEED_REDSTONE) {
        return "the input does not end with the marker 000002ed57011e0000";
    }
    if (status == PL_REJECT_QUORUM && (pl_formats[format].flags & PL_FORMAT_EXACT) != 0) {
        return "not exactly as many signers as the feed's quorum";
    }
    return pl_status_sentence(status);
}

const char *pt_rule_hint(pl_status status, unsigned format)
{
    if (unsent_hint(status, format) != NULL) {
        return unsent_hint(status, format);
    }
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (hints[i].status != status) {
            continue;
        }
        if (status == PL_REJECT_QUORUM && (pl_formats[format].flags & PL_FORMAT_EXACT) == 0) {
            return "count the signers below: fewer distinct ones than --quorum";
        }
        if (status == PL_REJECT_NO_VALUE && format == PL_FEED_DLC_ATTESTATION) {
            return "a number needs the announced nonces, which alone bind a digit to its place: "
                   "--feed is the whole subject of spec 09 in hex";
        }
        return hints[i].hint;
    }
    return "plim oracle inspect shows every part of the report";
}
