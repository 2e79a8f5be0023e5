/* The facts of a certificate as text: first what was checked, then the story, then what is to be
 * compared by the reader. */
#include <string.h>

#include "tools/report/certificate_facts.h"

/* "key value, key value" of an object of texts. */
static void put_values(pt_bytes *text, const pt_facts *facts, size_t in)
{
    const char *comma = "";
    for (size_t at = in == PT_FACT_NONE ? PT_FACT_NONE : pt_fact_first(facts, in);
         at != PT_FACT_NONE; at = pt_fact_next(facts, at)) {
        pt_put_format(text, "%s%s %s", comma, facts->list[at].key, facts->list[at].text);
        comma = ", ";
    }
}

static void put_object(pt_bytes *text, const pt_facts *facts, size_t in, const char *key)
{
    put_values(text, facts, pt_fact_find(facts, in, key));
}

static void put_steps(pt_bytes *text, const pt_facts *facts)
{
    const size_t steps = pt_fact_find(facts, 0, "steps");
    const char *status = pt_fact_of(facts, 0, "status");
    const bool is_fault = strcmp(status, pl_status_name(PL_FAULT_UNSUPPORTED)) == 0 ||
                          strcmp(status, pl_status_name(PL_FAULT_MEMORY)) == 0;
    const char *stopped = is_fault ? "stopped" : "REFUSED"; /* spec 10 §8: not decided here */
    for (size_t at = pt_fact_first(facts, steps); at != PT_FACT_NONE;
         at = pt_fact_next(facts, at)) {
        const bool passed = strcmp(pt_fact_of(facts, at, "passed"), "true") == 0;
        pt_put_format(text, "  %-8s %-9s %s\n", passed ? "passed" : stopped,
                      pt_fact_of(facts, at, "step"), pt_fact_of(facts, at, "what"));
    }
}

static void put_signers(pt_bytes *text, const pt_facts *facts, size_t price)
{
    const size_t list = pt_fact_find(facts, price, "signed_by");
    if (list == PT_FACT_NONE) {
        return;
    }
    pt_put_format(text, "      quorum %s of %s known signers; signed by\n",
                  pt_fact_of(facts, price, "quorum"), pt_fact_of(facts, price, "signers_known"));
    for (size_t at = pt_fact_first(facts, list); at != PT_FACT_NONE; at = pt_fact_next(facts, at)) {
        pt_put_format(text, "        %s\n", facts->list[at].text);
    }
}

static void put_prices(pt_bytes *text, const pt_facts *facts)
{
    const size_t prices = pt_fact_find(facts, 0, "prices");
    if (prices == PT_FACT_NONE || pt_fact_first(facts, prices) == PT_FACT_NONE) {
        return;
    }
    pt_put_text(text, "\nPrices that were read\n");
    for (size_t at = pt_fact_first(facts, prices); at != PT_FACT_NONE;
         at = pt_fact_next(facts, at)) {
        pt_put_format(text, "  %s %s, of %s, round %s, accepted in block %s\n",
                      pt_fact_of(facts, at, "feed"), pt_fact_of(facts, at, "price"),
                      pt_fact_of(facts, at, "time"), pt_fact_of(facts, at, "round"),
                      pt_fact_of(facts, at, "accepted_in_block"));
        pt_put_format(text, "      proved by %s (%s%s%s)\n", pt_fact_of(facts, at, "proved_by"),
                      pt_fact_of(facts, at, "format"),
                      pt_fact_of(facts, at, "note")[0] == '\0' ? "" : "; ",
                      pt_fact_of(facts, at, "note"));
        put_signers(text, facts, at);
    }
}

static void put_views(pt_bytes *text, const pt_facts *facts)
{
    const size_t views = pt_fact_find(facts, 0, "views");
    if (views == PT_FACT_NONE || pt_fact_first(facts, views) == PT_FACT_NONE) {
        return;
    }
    pt_put_text(text, "\nWhat the contracts answer\n");
    for (size_t at = pt_fact_first(facts, views); at != PT_FACT_NONE;
         at = pt_fact_next(facts, at)) {
        pt_put_format(text, "  %s: %s(", pt_fact_of(facts, at, "moment"),
                      pt_fact_of(facts, at, "view"));
        put_object(text, facts, at, "arguments");
        pt_put_text(text, ")\n      ");
        if (strcmp(pt_fact_of(facts, at, "status"), "OK") == 0) {
            put_object(text, facts, at, "result");
        } else {
            pt_put_text(text, pt_fact_of(facts, at, "status"));
        }
        pt_put_text(text, "\n");
    }
}

static void put_transactions(pt_bytes *text, const pt_facts *facts)
{
    const size_t list = pt_fact_find(facts, 0, "transactions");
    if (list == PT_FACT_NONE || pt_fact_first(facts, list) == PT_FACT_NONE) {
        return;
    }
    pt_put_text(text, "\nTransactions of the block\n");
    for (size_t at = pt_fact_first(facts, list); at != PT_FACT_NONE; at = pt_fact_next(facts, at)) {
        pt_put_format(text, "  %s: %s(", pt_fact_of(facts, at, "transaction"),
                      pt_fact_of(facts, at, "call"));
        put_object(text, facts, at, "arguments");
        pt_put_format(text, ") by %s: %s, gas %s\n", pt_fact_of(facts, at, "caller"),
                      pt_fact_of(facts, at, "status"), pt_fact_of(facts, at, "gas_used"));
        if (pt_fact_of(facts, at, "error")[0] != '\0') {
            pt_put_format(text, "      refused: %s(", pt_fact_of(facts, at, "error"));
            put_object(text, facts, at, "error_arguments");
            pt_put_text(text, ")\n");
        }
        const size_t events = pt_fact_find(facts, at, "events");
        for (size_t e = pt_fact_first(facts, events); e != PT_FACT_NONE;
             e = pt_fact_next(facts, e)) {
            pt_put_format(text, "      %s: ", pt_fact_of(facts, e, "event"));
            put_object(text, facts, e, "arguments");
            pt_put_text(text, "\n");
        }
    }
}

static void put_identity(pt_bytes *text, const pt_facts *facts)
{
    const size_t world = pt_fact_find(facts, 0, "world");
    const size_t block = pt_fact_find(facts, 0, "block");
    if (world == PT_FACT_NONE || block == PT_FACT_NONE) {
        return;
    }
    pt_put_text(text, "\nTo be compared with what you know of this chain\n");
    pt_put_format(text, "  world        %s  %s\n", pt_fact_of(facts, world, "id"),
                  pt_fact_of(facts, world, "name"));
    const size_t contracts = pt_fact_find(facts, world, "contracts");
    for (size_t at = pt_fact_first(facts, contracts); at != PT_FACT_NONE;
         at = pt_fact_next(facts, at)) {
        pt_put_format(text, "  code         %s  %s\n", pt_fact_of(facts, at, "code"),
                      pt_fact_of(facts, at, "name"));
    }
    pt_put_format(text, "  block %-6s %s  %s\n", pt_fact_of(facts, block, "height"),
                  pt_fact_of(facts, block, "hash"), pt_fact_of(facts, block, "time"));
    if (strcmp(pt_fact_of(facts, block, "path_to"), pt_fact_of(facts, block, "height")) != 0 &&
        pt_fact_of(facts, block, "path_to")[0] != '\0') {
        pt_put_format(text, "  block %-6s %s  end of the header path\n",
                      pt_fact_of(facts, block, "path_to"),
                      pt_fact_of(facts, block, "path_to_hash"));
    }
    pt_put_format(text, "  root before  %s\n", pt_fact_of(facts, block, "root_before"));
    if (strcmp(pt_fact_of(facts, 0, "true"), "true") == 0) { /* else nothing led to them */
        pt_put_format(text, "  root after   %s\n", pt_fact_of(facts, block, "root_after"));
        pt_put_format(text, "  certificate  %s\n", pt_fact_of(facts, 0, "certificate"));
    }
}

void pt_certificate_text(pt_bytes *text, const pt_facts *facts)
{
    put_steps(text, facts);
    if (pt_fact_of(facts, 0, "claim")[0] != '\0') {
        pt_put_format(text, "\n%s\n", pt_fact_of(facts, 0, "claim"));
    }
    put_prices(text, facts);
    put_views(text, facts);
    put_transactions(text, facts);
    put_identity(text, facts);
    if (strcmp(pt_fact_of(facts, 0, "true"), "true") == 0) {
        pt_put_text(text,
                    "\nIt proves: from this state, under these contracts and signers, this "
                    "follows. It does not "
                    "prove\nthat this is the chain you mean (compare the hashes) nor that a signed "
                    "price was right.\n");
    }
}
