/* certificate: every error of spec 10, each with its step and why. A row changes a true certificate
 * in one way. */
#include <stdio.h>

#include "tests/unit/certificate_change.h"

enum { HEIGHT = 4 };

static trail way;
static pl_chain *full;      /* stands before block HEIGHT */
static blob rich, plain;    /* with views and evidence; without */
static blob first_block;    /* of height 1 */
static blob state, genesis; /* kind state */

/* ---- the certificates that are changed ---- */

static blob make_rich(void)
{
    static const question k7 = {{0, 0, 0, 0, 0, 0, 0, 7}}, eth = {{0}};
    const pl_certified_view views[] = {view_of(PL_MOMENT_BASE, TINY_PRICE, &eth),
                                       view_of(1, TINY_GET, &k7), view_of(2, TINY_GET, &k7),
                                       view_of(PL_MOMENT_END, TINY_HEIGHT, NULL)};
    pl_block block;
    uint32_t where, size;
    const uint8_t *report;
    pl_certify request = request_of(&way, HEIGHT);
    request.headers = way.headers + (HEIGHT - 3) * PL_HEADER_SIZE; /* one more on each side */
    request.header_count = 4;
    request.views = views;
    request.view_count = 4;
    assert_int_equal(pl_block_decode(&block, &where, way.blocks[HEIGHT - 2], way.sizes[HEIGHT - 2]),
                     PL_OK);
    assert_true(pl_items_next(&block.reports, &report, &size));
    const pl_evidence evidence = {TINY_ETH, report, size};
    request.evidence = &evidence;
    request.evidence_count = 1;
    pl_certified facts;
    const blob made = certify(full, &request, &facts);
    assert_int_equal(facts.evidence_dropped, 0);
    return made;
}

static int begin(void **unused)
{
    set_up(unused);
    make_trail(&way);
    full = stand(&way, HEIGHT - 1);
    rich = make_rich();
    pl_certify request = request_of(&way, HEIGHT);
    plain = certify(full, &request, NULL);
    request = state_request_of(&way, HEIGHT - 1);
    state = certify(full, &request, NULL);
    pl_chain *chain = start(false);
    request = request_of(&way, 1);
    first_block = certify(chain, &request, NULL);
    request = state_request_of(&way, 0);
    genesis = certify(chain, &request, NULL);
    pl_chain_free(chain);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    free(rich.data);
    free(plain.data);
    free(state.data);
    free(first_block.data);
    free(genesis.data);
    stop(full);
    free_trail(&way);
    return 0;
}

/* ---- changing ---- */

/* Raw bytes: one byte of a true one made another. */
static void expect_byte(const blob *of, size_t at, uint8_t value, const char *text)
{
    const blob copy = {copy_of(of->data, of->size), of->size};
    copy.data[at] = value;
    assert_string_equal(verdict_of(&copy), text);
    free(copy.data);
}

/* A view of the rich one asks for a row instead; of so many keys one leads where nothing is told.
 */
static void expect_lacking(unsigned number, const char *text)
{
    const char *verdict = "";
    for (unsigned k = 0; k < 256 && strcmp(verdict, text) != 0; k++) {
        pt_bytes joined = {0};
        take(&rich);
        const piece asked = w.views[number];
        w.views[number] = w.views[1];
        uint8_t *view = edit(&w.views[number]);
        memcpy(view, asked.bytes, 4);
        view[18] = 1;
        view[19] = (uint8_t)k;
        memset(view + w.views[number].size - 8, 0, 8); /* an absent row reads as 0 */
        pieces_join(&joined, &w);
        const blob certificate = {joined.data, joined.size};
        verdict = verdict_of(&certificate);
        pt_bytes_free(&joined);
    }
    assert_string_equal(verdict, text);
}

/* ---- shape ---- */

static void shapes(void **unused)
{
    (void)unused;
    assert_string_equal(verdict_of(&rich), "done OK");
    expect_byte(&rich, 0, 'X', "shape MAGIC");
    expect_byte(&rich, 5, 2, "shape VERSION");
    EXPECT_OF(&rich, "shape TYPE", w.kind = 3); /* kinds are 1 and 2 */
    const size_t parts = rich.size - PL_SEAL_SIZE;
    for (size_t size = 6; size < parts; size += size < 200 || size + 1000 > parts ? 1 : 37) {
        expect_sealed(rich.data, size, "shape TRUNCATED");
    }
    expect_sealed(rich.data, parts, "done OK");
    uint8_t *longer = malloc(parts + 1);
    assert_non_null(longer);
    memcpy(longer, rich.data, parts);
    longer[parts] = 0;
    expect_sealed(longer, parts + 1, "shape TRAILING");
    free(longer);
    EXPECT_OF(&rich, "shape MAGIC", w.first[0] = 'X');
    EXPECT_OF(&rich, "shape VERSION", w.first[5] = 9);
    EXPECT_OF(&state, "shape LIMIT", w.body = (piece){room, 1}); /* a state has no body */
    pl_verdict verdict;
    pl_verifier *verifier;
    assert_int_equal(pl_verify(&verdict, &verifier, &counted.memory, rich.data,
                               PL_CERTIFICATE_SIZE_MAX + 1u, NULL),
                     PL_REJECT_LIMIT); /* not read at all */
    assert_null(verifier);
}

/* spec 10 §2: a certificate is its bytes, down to the last bit. */
static void seals(void **unused)
{
    (void)unused;
    const size_t head = 6; /* what is read before the seal: magic and format */
    for (size_t i = 0; i < rich.size; i++) {
        expect_byte(&rich, i, rich.data[i] ^ (uint8_t)(1u << i % 8),
                    i < 4      ? "shape MAGIC"
                    : i < head ? "shape VERSION"
                               : "shape CHECK");
    }
    for (size_t size = 0; size < rich.size; size += size < 200 ? 1 : 37) {
        const blob cut = {rich.data, size};
        assert_string_equal(verdict_of(&cut),
                            size < head + PL_SEAL_SIZE ? "shape TRUNCATED" : "shape CHECK");
    }
    pt_bytes longer = {0};
    pt_put(&longer, rich.data, rich.size);
    pt_put_u8(&longer, 0);
    const blob appended = {longer.data, longer.size};
    assert_string_equal(verdict_of(&appended), "shape CHECK");
    pt_bytes_free(&longer);

    pl_verdict verdict; /* what it is called */
    uint8_t seal[PL_SEAL_SIZE];
    pl_certificate_seal(seal, rich.data, rich.size - PL_SEAL_SIZE);
    assert_int_equal(verify_with(&verdict, rich.data, rich.size, NULL), PL_OK);
    assert_memory_equal(verdict.id, seal, sizeof seal);
    assert_memory_equal(rich.data + rich.size - PL_SEAL_SIZE, seal, sizeof seal);
}

static void views_and_claims_in_shape(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "shape ORDER", w.views[1] = w.views[2]); /* one twice */
    EXPECT_OF(&rich, "shape ORDER", (w.views[3] = w.views[0], w.view_count = 4));
    EXPECT_OF(&rich, "shape ORDER", (w.evidence[1] = w.evidence[0], w.evidence_count = 2));
    EXPECT_OF(&state, "shape RANGE", {
        take(&rich); /* a view of moment 0 in a certificate of a state */
        const piece before = w.views[0];
        take(&state);
        w.views[0] = before;
        w.view_count = 1;
    });
    EXPECT_OF(&rich, "shape TYPE", put_claim(5, UINT32_MAX, nobody, UINT16_MAX));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(0, 0, nobody, UINT16_MAX));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(0, UINT32_MAX, nobody, 0));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(0, UINT32_MAX, rich.data, UINT16_MAX));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(1, 0, rich.data, UINT16_MAX));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(3, 0, rich.data, 0));
    EXPECT_OF(&rich, "shape CLAIM", put_claim(3, UINT32_MAX, rich.data, 4)); /* there are 4 */
    EXPECT_OF(&state, "shape CLAIM", put_claim(1, 0, nobody, UINT16_MAX));
}

/* ---- world ---- */

static void worlds(void **unused)
{
    (void)unused;
    pl_verdict verdict;
    EXPECT_OF(&rich, "world MAGIC", edit(&w.world)[0] = 'X');
    EXPECT_OF(&rich, "world WORLD_MISMATCH", edit(&w.world)[24] ^= 1); /* in its seed */
    EXPECT_OF(&rich, "world WORLD_MISMATCH", w.first[6] ^= 1);
    EXPECT_OF(&rich, "world UNSUPPORTED", w.world.size = 0); /* nobody has it */

    take(&rich);
    w.world.size = 0;
    pt_bytes joined = {0};
    pieces_join(&joined, &w);
    pl_verify_options options = {.world = open_world, .world_size = open_size};
    assert_int_equal(verify_with(&verdict, joined.data, joined.size, &options), PL_OK);
    options.world = auth_world; /* another one */
    options.world_size = auth_size;
    assert_int_equal(verify_with(&verdict, joined.data, joined.size, &options),
                     PL_REJECT_WORLD_MISMATCH);
    assert_int_equal(verdict.step, PL_VERIFY_WORLD);
    pt_bytes_free(&joined);

    take(&rich); /* where: in the certificate, not in the world */
    w.world.size--;
    joined = (pt_bytes){0};
    pieces_join(&joined, &w);
    pl_world loaded;
    pl_world_error where;
    assert_int_equal(pl_world_load(&loaded, &where, &counted.memory, w.world.bytes, w.world.size),
                     verify_with(&verdict, joined.data, joined.size, NULL));
    size_t at = 0;
    while (memcmp(joined.data + at, w.world.bytes, 32) != 0) {
        at++;
    }
    assert_true(where.offset > 0);
    assert_int_equal(verdict.offset, at + where.offset);
    pt_bytes_free(&joined);
}

/* The container of the first contract gets a symbol section, an empty one of two bytes: 0 files,
 * then per function no names and a line for every instruction. */
static void symbols(void **unused)
{
    (void)unused;
    const pl_code *code = pl_chain_code(full, 1);
    const size_t at = (size_t)(code->body + code->body_size - pl_chain_world(full)->bytes);
    pt_bytes section = {0}, world = {0};
    pt_put_u16(&section, 1);
    pt_put_u8(&section, 1);
    pt_put_u8(&section, 'f');
    for (unsigned i = 0; i < code->function_count; i++) {
        pt_put_u16(&section, 0);
        for (uint32_t j = 0; j < code->functions[i].instruction_count; j++) {
            pt_put_u16(&section, 0);
            pt_put_u32(&section, 1);
        }
    }
    const size_t container = at - code->body_size - 12;
    pt_put(&world, open_world, container - 4);
    pt_put_u32(&world, (uint32_t)(12 + code->body_size + 4 + section.size));
    pt_put(&world, open_world + container, 12 + code->body_size);
    pt_put_u32(&world, (uint32_t)section.size);
    pt_put(&world, section.data, section.size);
    pt_put(&world, open_world + at + 4, open_size - at - 4);
    EXPECT_OF(&rich, "world SYMBOLS", (w.world = (piece){world.data, world.size}));

    pl_verdict verdict; /* the reader may bring them: they are under no hash */
    pt_bytes joined = {0};
    take(&rich);
    w.world.size = 0;
    pieces_join(&joined, &w);
    const pl_verify_options options = {.world = world.data, .world_size = world.size};
    assert_int_equal(verify_with(&verdict, joined.data, joined.size, &options), PL_OK);
    pt_bytes_free(&joined);

    pl_chain *chain; /* and a maker leaves them out */
    pl_block_result result;
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world.data, world.size), PL_OK);
    for (unsigned i = 0; i < HEIGHT - 1; i++) {
        assert_int_equal(pl_chain_replay_block(&result, chain, way.blocks[i], way.sizes[i], NULL),
                         PL_OK);
    }
    const pl_certify request = request_of(&way, HEIGHT);
    const blob made = certify(chain, &request, NULL);
    assert_int_equal(made.size, plain.size);
    assert_memory_equal(made.data, plain.data, plain.size);
    free(made.data);
    pl_chain_free(chain);
    pt_bytes_free(&section);
    pt_bytes_free(&world);
}

/* ---- headers ---- */

static void headers(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "headers HEIGHT", w.height += 2);
    EXPECT_OF(&rich, "headers HEIGHT", w.height = 2); /* its base would be 1 */
    EXPECT_OF(&rich, "headers HEIGHT", w.height = 0);
    EXPECT_OF(&rich, "headers HEIGHT", (w.has_header = false, w.link_count = 0));
    EXPECT_OF(&rich, "headers HEIGHT", memset(w.first + 38, 0, 8));
    EXPECT_OF(&rich, "headers HEIGHT", memset(w.first + 38, 0xff, 8)); /* the path would wrap */
    EXPECT_OF(&rich, "headers HEIGHT", w.link_count = 1);              /* 2 and 3, but not 4 */
    EXPECT_OF(&first_block, "headers PARENT", w.first[54] ^= 1);
    EXPECT_OF(&rich, "headers TIME", memset(w.links[0], 0, 8));
    EXPECT_OF(&genesis, "headers HEIGHT", w.height = 1);
    EXPECT_OF(&genesis, "headers HEIGHT", {
        w.has_header = true;
        memcpy(w.first, way.headers, PL_HEADER_SIZE);
    });
    EXPECT_OF(&state, "headers HEIGHT", w.height++);
}

/* ---- witness ---- */

static void witnesses(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "witness TRUNCATED", w.witness.size -= 1);
    EXPECT_OF(&rich, "witness TRUNCATED", w.witness.size = 0);
    EXPECT_OF(&rich, "witness PROOF_SHAPE", edit(&w.witness)[8] = 5);
    EXPECT_OF(&rich, "witness PROOF_ROOT", w.links[0][40] ^= 1); /* the root of the base's header */
    EXPECT_OF(&first_block, "witness PROOF_SHAPE", w.witness = (piece){room, 9});
    take(&rich);
    nodes list = {0};
    assert_true(nodes_of(&list, full, w.witness));
    uint32_t row = 0;
    while (list.list[row].kind != 3) {
        row++;
    }
    const size_t at = list.list[row].at;
    EXPECT_OF(&rich, "witness PROOF_SHAPE", edit(&w.witness)[at + 6] = 99); /* no such table */
    EXPECT_OF(&rich, "witness PROOF_SHAPE", edit(&w.witness)[at + 1] = 99); /* no such contract */
    EXPECT_OF(&rich, "witness TRAILING", {
        memcpy(room, w.witness.bytes, w.witness.size);
        w.witness = (piece){room, w.witness.size + 1};
    });
    nodes_free(&list);
}

/* ---- block ---- */

static void blocks(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "block TRUNCATED", w.body.size -= 1);
    EXPECT_OF(&rich, "block BODY_HASH", edit(&w.body)[w.body.size - 5] ^= 1);
    EXPECT_OF(&rich, "block RECEIPTS_ROOT", w.links[1][72] ^= 1);
    EXPECT_OF(&rich, "block STATE_ROOT", w.links[1][40] ^= 1);
    EXPECT_OF(&rich, "block STATE_ROOT", w.first[150] ^= 1); /* block 2 and all hashes from there */
    EXPECT_OF(&rich, "block RANGE", pl_store_u32(edit(&w.views[2]), 9)); /* 4 transactions */
    EXPECT_OF(&rich, "block VIEW", edit(&w.views[1])[w.views[1].size - 1] ^= 1);
    EXPECT_OF(&rich, "block VIEW", edit(&w.views[2])[w.views[2].size - 1] ^= 1);
    expect_lacking(1, "block WITNESS_LACKS");
    EXPECT_OF(&first_block, "block TIME", memset(w.first + 46, 0, 8)); /* before the world's */
}

/* ---- views, evidence, claim, whole ---- */

static void views(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[0])[w.views[0].size - 1] ^= 1);
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[3])[w.views[3].size - 1] ^= 1);
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[3])[7] = 99);         /* no such contract */
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[3])[9] = TINY_PUT);   /* no view             */
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[3])[9] = TINY_HOLDS); /* not public          */
    EXPECT_OF(&rich, "views VIEW", edit(&w.views[3])[9] = TINY_GET);   /* arguments are missing */
    EXPECT_OF(&rich, "views VIEW", pl_store_u16(edit(&w.views[3]) + 12, PL_TRAP_REVERT));
    expect_lacking(0, "views WITNESS_LACKS");
    expect_lacking(3, "views WITNESS_LACKS");
}

/* An answer with one more byte behind it. */
static void longer_answer(void **unused)
{
    (void)unused;
    take(&rich);
    const size_t size = w.views[3].size, at = 4 + 4 + 2 + 2 + 2; /* of its result's size */
    uint8_t *view = edit(&w.views[3]);
    view[size] = 0;
    pl_store_u16(view + at, (uint16_t)(pl_load_u16(view + at) + 1));
    w.views[3].size = size + 1;
    expect("views VIEW");
}

/* The first report of a block. */
static pl_evidence report_of(unsigned number)
{
    pl_block block;
    uint32_t where;
    pl_evidence found = {.feed = TINY_ETH};
    assert_int_equal(pl_block_decode(&block, &where, way.blocks[number], way.sizes[number]), PL_OK);
    assert_true(pl_items_next(&block.reports, &found.report, &found.report_size));
    return found;
}

/* A price of the block itself has its report in the body. */
static void evidence_of_the_block_itself(void **unused)
{
    (void)unused;
    const question eth = word(TINY_ETH);
    const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &eth);
    const pl_evidence own = report_of(4);
    pl_chain *chain = stand(&way, 4);
    pl_certify request = request_of(&way, 5);
    pl_certified facts;
    request.views = &view;
    request.view_count = 1;
    request.evidence = &own;
    request.evidence_count = 1;
    const blob certificate = certify(chain, &request, &facts);
    assert_int_equal(facts.evidence_dropped, 1);
    pt_bytes entry = {0};
    pt_put_u32(&entry, own.feed);
    pt_put_u32(&entry, own.report_size);
    pt_put(&entry, own.report, own.report_size);
    EXPECT_OF(&certificate, "done OK", (void)0);
    EXPECT_OF(&certificate, "evidence EVIDENCE", {
        w.evidence[0] = (piece){entry.data, entry.size};
        w.evidence_count = 1;
    });
    pt_bytes_free(&entry);
    free(certificate.data);
    pl_chain_free(chain);
}

/* Two reports of one price and time: only the round tells which one stands in the state. */
static void evidence_of_another_round(void **unused)
{
    (void)unused;
    static tiny_body body;
    const question eth = word(TINY_ETH);
    const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &eth);
    pl_chain *chain = start(false);
    pl_block_result result;
    pl_block block;
    pl_evidence reports[2] = {{.feed = TINY_ETH}, {.feed = TINY_ETH}};
    uint32_t where;
    tiny_body_begin(&body);
    add_report(&body, chain, TINY_ETH, 1, 1000, 100);
    add_report(&body, chain, TINY_ETH, 2, 1000, 100);
    tiny_body_transactions(&body);
    seal(&result, chain, 1000, &body);
    assert_int_equal(pl_block_decode(&block, &where, result.block, result.block_size), PL_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(pl_items_next(&block.reports, &reports[i].report, &reports[i].report_size));
        pl_certified facts;
        const pl_certify request = {.kind = PL_CERTIFIES_STATE,
                                    .headers = result.block,
                                    .header_count = 1,
                                    .views = &view,
                                    .view_count = 1,
                                    .evidence = &reports[i],
                                    .evidence_count = 1,
                                    .claim = plain_claim};
        const blob certificate = certify(chain, &request, &facts);
        assert_int_equal(facts.evidence_dropped, i == 0);
        assert_string_equal(verdict_of(&certificate), "done OK");
        free(certificate.data);
    }
    pl_chain_free(chain);
}

static void evidence(void **unused)
{
    (void)unused;
    const size_t report = 8; /* after feed and size */
    EXPECT_OF(&rich, "evidence EVIDENCE", edit(&w.evidence[0])[w.evidence[0].size - 1] ^= 1);
    EXPECT_OF(&rich, "evidence EVIDENCE", edit(&w.evidence[0])[report + 0] = 2); /* version */
    EXPECT_OF(&rich, "evidence EVIDENCE", edit(&w.evidence[0])[report + 4] = 1); /* another feed */
    EXPECT_OF(&rich, "evidence EVIDENCE", edit(&w.evidence[0])[3] = 1);
    EXPECT_OF(&rich, "evidence EVIDENCE", edit(&w.evidence[0])[3] = 99); /* no such feed */
    EXPECT_OF(&rich, "evidence EVIDENCE",
              { /* of an older price */
                pl_block block;
                uint32_t where, size;
                const uint8_t *bytes;
                assert_int_equal(pl_block_decode(&block, &where, way.blocks[0], way.sizes[0]),
                                 PL_OK);
                assert_true(pl_items_next(&block.reports, &bytes, &size));
                assert_int_equal(size, w.evidence[0].size - report);
                memcpy(edit(&w.evidence[0]) + report, bytes, size);
              });
    EXPECT_OF(&rich, "done OK", w.evidence_count = 0); /* it is not needed for truth */
    EXPECT_OF(&plain, "evidence EVIDENCE", { /* of a price that the witness does not tell */
                                             take(&rich);
                                             const piece kept = w.evidence[0];
                                             take(&plain);
                                             w.evidence[0] = kept;
                                             w.evidence_count = 1;
    });
}

static void claims(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "done OK", put_claim(1, 0, nobody, UINT16_MAX));
    EXPECT_OF(&rich, "claim CLAIM", put_claim(1, 1, nobody, UINT16_MAX)); /* it reverted */
    EXPECT_OF(&rich, "claim CLAIM", put_claim(1, 4, nobody, UINT16_MAX)); /* there are 4 */
    EXPECT_OF(&rich, "claim CLAIM", put_claim(1, UINT32_MAX, nobody, UINT16_MAX));
    EXPECT_OF(&rich, "claim CLAIM", put_claim(2, 0, nobody, 1)); /* the view is about no account */
    EXPECT_OF(&rich, "claim CLAIM", put_claim(3, UINT32_MAX, nobody, 3));
    EXPECT_OF(&rich, "claim CLAIM", put_claim(4, UINT32_MAX, nobody, 3));
}

static void whole(void **unused)
{
    (void)unused;
    EXPECT_OF(&rich, "whole WITNESS_EXTRA", { /* the price is told, and nobody asks for it */
                                              memmove(&w.views[0], &w.views[1],
                                                      3 * sizeof *w.views);
                                              w.view_count = 3;
                                              w.evidence_count = 0;
    });
    take(&rich); /* and evidence is nobody who asks */
    memmove(&w.views[0], &w.views[1], 3 * sizeof *w.views);
    w.view_count = 3;
    expect("whole WITNESS_EXTRA");
}

static void the_bound_on_gas(void **unused)
{
    (void)unused;
    const uint64_t needed = 4 * PL_CERTIFICATE_VIEW_GAS + 4 * 9000 + 2 * TINY_HOOK_GAS;
    pl_verdict verdict;
    pl_verify_options options = {.gas_max = needed};
    assert_int_equal(verify_with(&verdict, rich.data, rich.size, &options), PL_OK);
    options.gas_max--;
    assert_int_equal(verify_with(&verdict, rich.data, rich.size, &options), PL_FAULT_UNSUPPORTED);
    assert_int_equal(verdict.step, PL_VERIFY_BLOCK);
    options.gas_max = 4 * 9000 + 2 * TINY_HOOK_GAS; /* without views */
    assert_int_equal(verify_with(&verdict, plain.data, plain.size, &options), PL_OK);
    options.gas_max--;
    assert_int_equal(verify_with(&verdict, plain.data, plain.size, &options), PL_FAULT_UNSUPPORTED);
}

/* vm/verify.h: only three steps read at a place that they can name. */
static void where_it_ended(void **unused)
{
    (void)unused;
    pl_verdict verdict;
    const pl_verify_options options = {.gas_max = 1};
    assert_int_equal(verify_with(&verdict, rich.data, rich.size, &options), PL_FAULT_UNSUPPORTED);
    assert_int_equal(verdict.step, PL_VERIFY_BLOCK);
    assert_int_equal(verdict.offset, 0);
    for (unsigned i = 0; i < 4; i++) {
        static const pl_verify_step steps[] = {PL_VERIFY_HEADERS, PL_VERIFY_BLOCK, PL_VERIFY_VIEWS,
                                               PL_VERIFY_CLAIM};
        pt_bytes joined = {0};
        take(&rich);
        w.links[0][0] ^= i == 0; /* a time far ahead of the next one */
        w.links[1][40] ^= i == 1;
        edit(&w.views[3])[w.views[3].size - 1] ^= i == 2;
        put_claim(i == 3 ? PL_CLAIM_TRANSACTION : 0, i == 3 ? 4 : UINT32_MAX, nobody, UINT16_MAX);
        pieces_join(&joined, &w);
        assert_true(pl_is_reject(verify_with(&verdict, joined.data, joined.size, NULL)));
        assert_int_equal(verdict.step, steps[i]);
        assert_int_equal(verdict.offset, 0);
        if (i == 2) { /* the last of four views */
            assert_int_equal(verdict.index, 3);
        }
        pt_bytes_free(&joined);
    }
}

/* ---- packed ---- */

static void packed(void **unused)
{
    (void)unused;
    uint8_t bytes[PL_PACKED_HEAD_SIZE + 3] = {0};
    const uint8_t *deflated;
    size_t deflated_size, size;
    memcpy(bytes + PL_PACKED_HEAD_SIZE, "abc", 3);
    pl_packed_head(bytes, 3300, bytes + PL_PACKED_HEAD_SIZE, 3);
#define OPEN pl_packed_open(&deflated, &deflated_size, &size, bytes, sizeof bytes)
    assert_int_equal(OPEN, PL_OK);
    assert_true(deflated == bytes + PL_PACKED_HEAD_SIZE && deflated_size == 3 && size == 3300);
    assert_int_equal(pl_packed_open(&deflated, &deflated_size, &size, bytes, 41),
                     PL_REJECT_TRUNCATED);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 4;
        assert_int_equal(OPEN, i < 4   ? PL_REJECT_MAGIC
                               : i < 6 ? PL_REJECT_VERSION
                               : i < 8 ? PL_REJECT_LIMIT
                                       : PL_REJECT_CHECK);
        bytes[i] ^= 4;
    }
    pl_packed_head(bytes, 3301, bytes + PL_PACKED_HEAD_SIZE, 3); /* 1100 times, and one more */
    assert_int_equal(OPEN, PL_REJECT_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(seals),
        cmocka_unit_test(views_and_claims_in_shape),
        cmocka_unit_test(worlds),
        cmocka_unit_test(symbols),
        cmocka_unit_test(headers),
        cmocka_unit_test(witnesses),
        cmocka_unit_test(blocks),
        cmocka_unit_test(views),
        cmocka_unit_test(longer_answer),
        cmocka_unit_test(evidence_of_the_block_itself),
        cmocka_unit_test(evidence_of_another_round),
        cmocka_unit_test(evidence),
        cmocka_unit_test(claims),
        cmocka_unit_test(whole),
        cmocka_unit_test(the_bound_on_gas),
        cmocka_unit_test(where_it_ended),
        cmocka_unit_test(packed),
    };
    return cmocka_run_group_tests_name("certificate errors", tests, begin, end);
}
