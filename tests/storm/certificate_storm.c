/* Certificates of the blocks of real histories, and everything that somebody might change in them.
 *
 * For blocks with a successful transaction a certificate is made and must hold. Then bits of it are
 * flipped: each copy must be refused by the seal at the latest. Then bits are flipped and the copy
 * sealed again, and copies are forged by rule (tests/support/certificate_forge.c) from one with a
 * longer path and evidence, and sealed. Such a copy must be refused, or be, byte for byte, what an
 * honest maker with the whole state writes for what it says: then it is another true statement
 * (without evidence, of a shorter path, ..) and counted apart. All else is a false accept.
 *
 * Usage: certificate_storm [--certificates N] [--every N] [--flips all|N] [--sealed all|N]
 *                          [--mutants N] [--seed S] [--states] HISTORY.plh[.gz] ..
 *   N certificates of each history, of every N-th block that qualifies; flips, flips sealed again
 *   and mutants of each. Ctrl-C ends it early, and what it counted is told.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/certificate_forge.h"
#include "tests/support/certificate_tally.h"
#include "tests/support/timing.h"
#include "tools/common/args.h"
#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "vm/base/bytes.h"

enum { FORGERIES_MAX = 64, ASKED_MAX = 8 };
#define ARENA_SIZE (UINT64_C(512) << 20)

typedef struct storm {
    uint64_t certificates, every, flips, sealed, mutants,
        seed; /* as asked; flips of all: UINT64_MAX */
    bool states;
    uint64_t made, seen, until, failures; /* until: where `made` stops in this history */
    tally by_flip, by_sealed_flip, by_forgery[FORGERIES_MAX];
    uint64_t by_status[1024], by_difference[TRUTH_DIFFERENCES];
    pieces from; /* what the copy at hand was made from */
    double verify_s;
    size_t size_sum, size_max, arena_max;
    uint8_t *arena;
    /* of the history under way */
    pt_memory memory;
    pl_chain *chain, *ahead;  /* before and after the block */
    pl_chain *behind;         /* at the base of the certificate before this one */
    pl_history behind_blocks; /* that it has not seen yet */
    pt_bytes headers;
    uint64_t height_max;
    pl_evidence *reports; /* [feed] */
    piece old_report;
    pt_bytes last; /* the certificate before this one */
} storm;

static volatile sig_atomic_t is_over;

static void end_early(int number)
{
    (void)number;
    is_over = 1;
}

/* ---- verifying ---- */

/* Verifies in the arena; the figures are those of the whole. */
static pl_status verify(storm *s, pl_verdict *verdict, const uint8_t *bytes, size_t size)
{
    pl_arena arena;
    pl_verifier *verifier;
    pl_arena_begin(&arena, s->arena, ARENA_SIZE);
    const pl_memory memory = pl_arena_memory(&arena, 0);
    const pl_status status = pl_verify(verdict, &verifier, &memory, bytes, size, NULL);
    pl_verifier_free(verifier);
    s->arena_max = arena.highest > s->arena_max ? arena.highest : s->arena_max;
    return status;
}

/* ---- making ---- */

/* Views about an account at this moment; the claim may need them. */
typedef struct questions {
    pl_certified_view views[ASKED_MAX];
    uint8_t arguments[ASKED_MAX][36];
    unsigned count;
} questions;

static const uint8_t nobody[32] = {0};

/* The transaction with this number; it is there. */
static bool find_tx(pl_tx *tx, const uint8_t *block, size_t size, uint32_t number)
{
    pl_block shape;
    uint32_t where, tx_size = 0;
    const uint8_t *bytes = NULL;
    if (pl_block_decode(&shape, &where, block, size) != PL_OK) {
        return false;
    }
    for (uint32_t i = 0; i <= number; i++) {
        (void)pl_items_next(&shape.transactions, &bytes, &tx_size);
    }
    return pl_tx_decode(tx, bytes, tx_size) == PL_OK;
}

static const uint8_t *account_of(const pl_chain *chain, const pl_tx *tx)
{
    const pl_function *function = &pl_chain_code(chain, tx->contract)->functions[tx->function];
    const uint8_t *bytes = tx->arguments;
    for (unsigned i = 0; i < function->parameter_count; i++) {
        if (function->parameters[i].type.class == PL_CLASS_ACCOUNT) {
            return bytes;
        }
        bytes += function->parameters[i].type.size;
    }
    return tx->caller;
}

static void ask(questions *q, uint32_t moment, const pl_tx *tx, uint32_t function,
                const uint8_t *account, size_t size)
{
    uint8_t *arguments = q->arguments[q->count];
    memset(arguments, 0, 36);
    memcpy(arguments + size - 32, account, 32);
    q->views[q->count++] = (pl_certified_view){.moment = moment,
                                               .contract = tx->contract,
                                               .function = (uint16_t)function,
                                               .arguments = arguments,
                                               .arguments_size = (uint16_t)size};
}

/* Bytes of the arguments of a public view about an account, or a market and one; 0: another one. */
static size_t asks_account(const pl_function *function)
{
    const unsigned count = function->parameter_count;
    if (count == 0 || count > 2) {
        return 0;
    }
    const pl_field *last = &function->parameters[count - 1];
    if ((function->flags & PL_FUNCTION_PUBLIC) == 0 ||
        (function->flags & PL_FUNCTION_EFFECT) > PL_EFFECT_VIEW ||
        last->type.class != PL_CLASS_ACCOUNT) {
        return 0;
    }
    return count == 1 ? 32 : (function->parameters[0].type.size == 4 ? 36 : 0);
}

/* Asks the first such view of the transaction's contract, round the transaction. */
static void ask_all(questions *q, const pl_chain *chain, const pl_tx *tx, uint32_t number)
{
    const pl_code *code = pl_chain_code(chain, tx->contract);
    const uint8_t *account = account_of(chain, tx);
    q->count = 0;
    for (uint32_t f = 0; f < code->function_count && q->count == 0; f++) {
        const size_t size = asks_account(&code->functions[f]);
        if (size > 0) {
            ask(q, PL_MOMENT_BASE, tx, f, account, size);
            ask(q, 2 * number + 1, tx, f, account, size);
            ask(q, 2 * number + 2, tx, f, account, size);
            ask(q, PL_MOMENT_END, tx, f, account, size);
        }
    }
}

/* The headers of so many blocks before the base and after the block. */
static void set_path(storm *s, pl_certify *request, uint64_t height, uint64_t margin)
{
    const bool is_block = request->kind == PL_CERTIFIES_BLOCK;
    uint64_t first = is_block && height > 1 ? height - 1 : height;
    uint64_t last = height + margin < s->height_max ? height + margin : s->height_max;
    first = first > margin ? first - margin : 1;
    last = last < height ? height : last;
    request->headers = s->headers.data + (first - 1) * PL_HEADER_SIZE;
    request->header_count = (uint32_t)(last - first + 1);
}

/* Makes a certificate; the chain must be as it was. */
static bool make(storm *s, pl_chain *chain, pt_bytes *out, const pl_certify *request)
{
    pl_certified made;
    pl_head before, after;
    pl_chain_head(&before, chain);
    const pl_status status = pl_chain_certify(&made, chain, request);
    pl_chain_head(&after, chain);
    if (status != PL_OK || memcmp(&before, &after, sizeof before) != 0) {
        printf("FAIL after block %llu: making says %s\n", (unsigned long long)before.height,
               pl_status_name(status));
        s->failures++;
        return false;
    }
    out->size = 0;
    pt_put(out, made.bytes, made.size);
    pl_certified_free(&made, chain);
    return true;
}

/* ---- judging copies ---- */

/* The chain that stands at the base of a certificate: of this one, or of the one before, whose
 * parts were spliced in. */
static pl_chain *chain_at(storm *s, const pl_certificate *of)
{
    pl_head head;
    pl_chain_head(&head, s->behind);
    const uint64_t base = of->height - (of->kind == PL_CERTIFIES_BLOCK);
    return head.height == base ? s->behind : s->chain;
}

/* What the copy says, said by an honest maker: the same bytes? */
static bool is_another_truth(storm *s, const uint8_t *bytes, size_t size)
{
    static pl_certified_view views[VIEWS_MAX];
    static pl_evidence evidence[EVIDENCE_MAX];
    pl_certificate of;
    size_t offset;
    pt_bytes headers = {0}, block = {0}, honest = {0};
    pl_header header;
    if (pl_certificate_decode(&of, &offset, bytes, size) != PL_OK || of.view_count > VIEWS_MAX ||
        of.evidence_count > EVIDENCE_MAX) {
        return false;
    }
    pl_chain *const chain = chain_at(s, &of);
    pl_certify request = {.kind = of.kind,
                          .without_world = of.world == NULL,
                          .header_count = of.header_count,
                          .views = views,
                          .view_count = of.view_count,
                          .evidence = evidence,
                          .evidence_count = of.evidence_count,
                          .claim = of.claim};
    for (uint32_t i = 0; i < of.header_count; i++) {
        uint8_t encoded[PL_HEADER_SIZE];
        pl_certificate_header(&header, &of, pl_load_u64(of.first_header + 38) + i);
        pl_header_encode(encoded, &header);
        pt_put(&headers, encoded, sizeof encoded);
    }
    request.headers = headers.data;
    if (of.kind == PL_CERTIFIES_BLOCK) {
        uint8_t encoded[PL_HEADER_SIZE];
        pl_certificate_header(&header, &of, of.height);
        pl_header_encode(encoded, &header);
        pt_put(&block, encoded, sizeof encoded);
        pt_put(&block, of.body, of.body_size);
        request.block = block.data;
        request.block_size = block.size;
    }
    offset = 0;
    for (uint32_t i = 0; pl_certificate_view_next(&views[i], &offset, &of); i++) {
    }
    offset = 0;
    for (uint32_t i = 0; pl_certificate_evidence_next(&evidence[i], &offset, &of); i++) {
    }
    const bool same = make(s, chain, &honest, &request) && honest.size == size &&
                      memcmp(honest.data, bytes, size) == 0;
    pt_bytes_free(&headers);
    pt_bytes_free(&block);
    pt_bytes_free(&honest);
    return same;
}

/* One changed copy: refused, another truth, or a failure. */
static void judge(storm *s, tally *of, const char *name, const uint8_t *bytes, size_t size)
{
    pl_verdict verdict;
    of->tried++;
    const pl_status status = verify(s, &verdict, bytes, size);
    of->by_step[verdict.step]++;
    s->by_status[status < 1024 ? status : 1023]++;
    if (pl_is_reject(status)) {
        of->refused++;
    } else if (status == PL_OK && of != &s->by_flip && is_another_truth(s, bytes, size)) {
        of->other++;
        s->by_difference[truth_differs(&s->from, bytes, size)]++;
    } else {
        of->failed++;
        if (s->failures++ < 20) {
            printf("FAIL %s after block %llu: %s\n", name,
                   (unsigned long long)verdict.certificate.height, pl_status_name(status));
        }
    }
}

static void flip_bits(storm *s, const pt_bytes *certificate, forge *f)
{
    const size_t bits = certificate->size * 8;
    const uint64_t count = s->flips == UINT64_MAX ? bits : s->flips;
    for (uint64_t i = 0; i < count && is_over == 0; i++) {
        const size_t bit = s->flips == UINT64_MAX ? (size_t)i : forge_pick(f, bits);
        certificate->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        judge(s, &s->by_flip, "a flipped bit", certificate->data, certificate->size);
        certificate->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* The same, but not of the seal, which is made anew. */
static void flip_sealed(storm *s, const pt_bytes *certificate, forge *f)
{
    const size_t parts = certificate->size - PL_SEAL_SIZE;
    const uint64_t count = s->sealed == UINT64_MAX ? parts * 8 : s->sealed;
    pt_bytes copy = {0};
    pt_put(&copy, certificate->data, parts);
    for (uint64_t i = 0; i < count && is_over == 0; i++) {
        const size_t bit = s->sealed == UINT64_MAX ? (size_t)i : forge_pick(f, parts * 8);
        copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        certificate_seal(&copy);
        judge(s, &s->by_sealed_flip, "a flipped bit, sealed", copy.data, copy.size);
        copy.size = parts;
        copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    pt_bytes_free(&copy);
}

static bool is_equal(const pt_bytes *a, piece b)
{
    return a->size == b.size && memcmp(a->data, b.bytes, b.size) == 0;
}

static void forge_copies(storm *s, forge *f)
{
    for (uint64_t done = 0; done < s->mutants && is_over == 0;) {
        const unsigned i = forge_pick(f, forgery_count);
        tally *of = &s->by_forgery[i];
        done++;
        if (!forgeries[i].make(f)) {
            continue;
        }
        const piece last = {s->last.data, s->last.size};
        if (is_equal(&f->out, f->certificate) || is_equal(&f->out, last)) {
            of->same++; /* nothing was changed, or all was spliced */
            continue;
        }
        judge(s, of, forgeries[i].name, f->out.data, f->out.size);
    }
}

/* ---- one certificate ---- */

static bool must_hold(storm *s, const pt_bytes *certificate)
{
    pl_verdict verdict;
    const double start = timing_now();
    const pl_status status = verify(s, &verdict, certificate->data, certificate->size);
    s->verify_s += timing_now() - start;
    s->size_sum += certificate->size;
    s->size_max = certificate->size > s->size_max ? certificate->size : s->size_max;
    if (status != PL_OK) {
        printf("FAIL block %llu: its own certificate ends at %s with %s\n",
               (unsigned long long)verdict.certificate.height, pl_verify_step_name(verdict.step),
               pl_status_name(status));
        s->failures++;
    }
    return status == PL_OK;
}

/* Brings the chain behind to this height. */
static void follow(storm *s, uint64_t height)
{
    const uint8_t *block;
    size_t size;
    pl_head head;
    pl_block_result result;
    pl_chain_head(&head, s->behind);
    for (; head.height < height; head.height++) {
        if (pl_history_next(&s->behind_blocks, &block, &size) != PL_OK || block == NULL ||
            pl_chain_replay_block(&result, s->behind, block, size, NULL) != PL_OK) {
            s->failures++; /* the others went this way */
            return;
        }
    }
}

/* Makes a plain one for flips and a rich one for forging, and tries both. */
static void try_request(storm *s, pl_certify *request, uint64_t height)
{
    pt_bytes plain = {0}, rich = {0};
    pieces base, other;
    const uint32_t feeds = pl_chain_world(s->chain)->feed_count;
    pl_evidence *evidence = pt_take_zeroed(feeds + 1u, sizeof *evidence);
    set_path(s, request, height, 0);
    if (make(s, s->chain, &plain, request) && must_hold(s, &plain)) {
        forge f = {.chain = s->chain, .random = s->seed + s->made, .old_report = s->old_report};
        s->made++;
        flip_bits(s, &plain, &f);
        if (pieces_of(&s->from, plain.data, plain.size)) {
            flip_sealed(s, &plain, &f);
        }
        set_path(s, request, height, 2);
        for (uint32_t i = 0; i < feeds && i < EVIDENCE_MAX; i++) {
            if (s->reports[i].report_size > 0) {
                evidence[request->evidence_count++] = s->reports[i];
            }
        }
        request->evidence = evidence;
        f.base = &base;
        f.other = pieces_of(&other, s->last.data, s->last.size) ? &other : NULL;
        if (s->mutants > 0 && make(s, s->chain, &rich, request) && must_hold(s, &rich) &&
            pieces_of(&base, rich.data, rich.size) && forge_begin(&f)) {
            f.certificate = (piece){rich.data, rich.size};
            s->from = base;
            forge_copies(s, &f);
        }
        forge_end(&f);
        s->last.size = 0;
        pt_put(&s->last, rich.data, rich.size);
        follow(s, height - (request->kind == PL_CERTIFIES_BLOCK));
    }
    free(evidence);
    pt_bytes_free(&plain);
    pt_bytes_free(&rich);
}

/* The first transaction with status OK; PL_NONE: none. */
static uint32_t first_good(const pl_block_result *result)
{
    pl_receipt receipt;
    uint32_t number = 0;
    for (size_t at = 0; at < result->receipts_size;) {
        if (pl_receipts_next(&receipt, &at, result->receipts, result->receipts_size) != PL_OK) {
            return PL_NONE;
        }
        if (receipt.kind == PL_RECEIPT_TRANSACTION) {
            if (receipt.status == PL_OK) {
                return number;
            }
            number++;
        }
    }
    return PL_NONE;
}

static void try_block(storm *s, const pl_block_result *result, const uint8_t *block, size_t size)
{
    const uint32_t number = first_good(result);
    questions q = {0};
    pl_tx tx = {0};
    if (number == PL_NONE || s->made >= s->until || s->seen++ % s->every != 0 ||
        !find_tx(&tx, block, size, number)) {
        return;
    }
    ask_all(&q, s->chain, &tx, number);
    pl_certify request = {.kind = PL_CERTIFIES_BLOCK,
                          .block = block,
                          .block_size = size,
                          .views = q.views,
                          .view_count = (uint16_t)q.count,
                          .claim = {PL_CLAIM_TRANSACTION, number, nobody, UINT16_MAX}};
    if (s->states) { /* the state before the block, asked the last of the questions */
        const bool asks = q.count > 0;
        request = (pl_certify){.kind = PL_CERTIFIES_STATE,
                               .views = asks ? q.views + q.count - 1 : NULL,
                               .view_count = asks,
                               .claim = {PL_CLAIM_BLOCK, UINT32_MAX, nobody, UINT16_MAX}};
        if (result->height > 1) {
            try_request(s, &request, result->height - 1);
        }
        return;
    }
    try_request(s, &request, result->height);
}

/* ---- one history ---- */

static void keep_reports(storm *s, const pl_block_result *result, const uint8_t *bytes, size_t size)
{
    pl_block block;
    pl_receipt receipt;
    uint32_t where, report_size;
    const uint8_t *report;
    size_t at = 0;
    if (pl_block_decode(&block, &where, bytes, size) != PL_OK) {
        return;
    }
    while (pl_items_next(&block.reports, &report, &report_size) &&
           pl_receipts_next(&receipt, &at, result->receipts, result->receipts_size) == PL_OK) {
        if (receipt.status == PL_OK) {
            pl_evidence *of = &s->reports[receipt.feed];
            s->old_report = (piece){of->report, of->report_size};
            *of = (pl_evidence){receipt.feed, report, report_size};
        }
    }
}

static void read_headers(storm *s, const pl_history *history)
{
    pl_history walk = *history;
    const uint8_t *block;
    size_t size;
    s->headers.size = 0;
    s->height_max = 0;
    while (pl_history_next(&walk, &block, &size) == PL_OK && block != NULL &&
           size >= PL_HEADER_SIZE) {
        pt_put(&s->headers, block, PL_HEADER_SIZE);
        s->height_max++;
    }
}

static bool run_blocks(storm *s, pl_history *history)
{
    const uint8_t *block;
    size_t size;
    while (s->made < s->until && is_over == 0 && pl_history_next(history, &block, &size) == PL_OK &&
           block != NULL) {
        pl_block_result result, again;
        if (pl_chain_replay_block(&result, s->ahead, block, size, NULL) != PL_OK) {
            return false;
        }
        try_block(s, &result, block, size);
        if (pl_chain_replay_block(&again, s->chain, block, size, NULL) != PL_OK) {
            return false;
        }
        keep_reports(s, &result, block, size);
    }
    return true;
}

static bool run_history(storm *s, const char *path)
{
    pt_bytes bytes = {0};
    pt_report report = {0};
    pl_history history;
    if (pt_file_read(&bytes, path, PT_FILE_SIZE_MAX, &report) != PT_OK ||
        pl_history_open(&history, bytes.data, bytes.size) != PL_OK ||
        pl_chain_create(&s->chain, NULL, &s->memory.memory, history.world, history.world_size) !=
            PL_OK ||
        pl_chain_create(&s->ahead, NULL, &s->memory.memory, history.world, history.world_size) !=
            PL_OK ||
        pl_chain_create(&s->behind, NULL, &s->memory.memory, history.world, history.world_size) !=
            PL_OK) {
        printf("certificate_storm: cannot open %s %s\n", path, report.line);
        return false;
    }
    s->reports = pt_take_zeroed(pl_chain_world(s->chain)->feed_count + 1u, sizeof *s->reports);
    s->old_report = (piece){NULL, 0};
    s->seen = 0;
    s->until = s->made + s->certificates;
    read_headers(s, &history);
    s->last.size = 0;
    s->behind_blocks = history;
    const bool ran = run_blocks(s, &history);
    pl_chain_free(s->chain);
    pl_chain_free(s->ahead);
    pl_chain_free(s->behind);
    free(s->reports);
    free(bytes.data);
    return ran;
}

/* ---- figures ---- */

static void print_statuses(const storm *s)
{
    for (unsigned i = 0; i < 1024; i++) {
        if (s->by_status[i] > 0) {
            printf("  %-16s %10llu\n", pl_status_name((pl_status)i),
                   (unsigned long long)s->by_status[i]);
        }
    }
}

static void print_figures(const storm *s)
{
    tally all = {0};
    printf("  %-34s %10s %10s %8s %8s %7s\n", "", "tried", "refused", "other", "same", "failed");
    tally_print("one bit flipped", &s->by_flip);
    tally_print("one bit flipped, sealed", &s->by_sealed_flip);
    for (unsigned i = 0; i < forgery_count; i++) {
        tally_print(forgeries[i].name, &s->by_forgery[i]);
        tally_add(&all, &s->by_forgery[i]);
    }
    tally_print("all mutants", &all);
    tally_print_steps(&s->by_flip, &s->by_sealed_flip, &all);
    print_statuses(s);
    truths_print(s->by_difference);
    const double count = s->made == 0 ? 1 : (double)s->made * (s->mutants > 0 ? 2 : 1);
    printf("%llu certificates, %.0f bytes in the mean, %zu at most, %.2f ms to verify, %zu bytes "
           "of memory at most\n",
           (unsigned long long)s->made, (double)s->size_sum / count, s->size_max,
           1000 * s->verify_s / count, s->arena_max);
    printf("%llu flips: %llu refused; %llu flips sealed again: %llu refused, %llu other truths; "
           "%llu mutants: %llu refused, %llu other truths; %llu false accepts or failures\n",
           (unsigned long long)s->by_flip.tried, (unsigned long long)s->by_flip.refused,
           (unsigned long long)s->by_sealed_flip.tried,
           (unsigned long long)s->by_sealed_flip.refused,
           (unsigned long long)s->by_sealed_flip.other, (unsigned long long)all.tried,
           (unsigned long long)all.refused, (unsigned long long)all.other,
           (unsigned long long)s->failures);
}

static bool take_option(storm *s, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint64_t *number;
    } options[] = {{"--certificates", &s->certificates},
                   {"--every", &s->every},
                   {"--flips", &s->flips},
                   {"--sealed", &s->sealed},
                   {"--mutants", &s->mutants},
                   {"--seed", &s->seed}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(name, options[i].name) == 0) {
            if (strcmp(value, "all") == 0) {
                *options[i].number = UINT64_MAX;
                return true;
            }
            return pt_parse_u64(options[i].number, value);
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    static storm s = {
        .certificates = 4, .every = 7, .flips = 500, .sealed = 500, .mutants = 2000, .seed = 1};
    bool ran = forgery_count <= FORGERIES_MAX, any = false;
    (void)signal(SIGINT, end_early);
    s.arena = malloc(ARENA_SIZE);
    pt_memory_init(&s.memory, PT_MEMORY_LIMIT_DEFAULT);
    for (int i = 1; i < argc && ran && s.arena != NULL; i++) {
        if (strcmp(argv[i], "--states") == 0) {
            s.states = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            ran = i + 1 < argc && take_option(&s, argv[i], argv[i + 1]) && s.every > 0;
            i++;
        } else {
            any = true;
            ran = run_history(&s, argv[i]);
        }
    }
    if (ran && !any) {
        ran = run_history(&s, "fixtures/histories/aave-v3-seed-5/history.plh.gz");
    }
    print_figures(&s);
    pt_bytes_free(&s.headers);
    pt_bytes_free(&s.last);
    free(s.arena);
    return !ran || s.failures > 0 || s.made == 0;
}
