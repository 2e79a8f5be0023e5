/* certificate: what a claim says, and who is meant. spec 10 §7 */
#include <stdio.h>

#include "tests/unit/certificate_source.h"

enum { BEFORE, AFTER, END, MOMENTS };

/* Health is what was set, in millionths where it has a scale; 10^6 and 10^18 are the lines. */
static const char source[] =
    "contract book;\n"
    "type eth = amount<ETH, 6>;\n"
    "event Seized(number: u64, of: account, by_whom: account);\n"
    "table rows[who: account] { health: u64 = 0; }\n"
    "public tx set(who: account, health: u64) { rows[who].health = health; }\n"
    "public tx seize(who: account, other: account) {\n"
    "    rows[who].health = 2000000;\n"
    "    emit Seized(1, who, other);\n"
    "}\n"
    "public tx lose(number: u64) { emit Seized(number, caller, caller); }\n"
    "public view is_liquidatable(who: account) -> bool { return rows[who].health < 1000000; }\n"
    "public view scaled(who: account) -> (first: u64, hf: eth) {\n"
    "    return (0, eth.raw(rows[who].health));\n"
    "}\n"
    "public view plain(who: account) -> (health_factor: u256) {\n"
    "    return (rows[who].health as u256) * 1000000000000;\n"
    "}\n"
    "public view mute(who: account) -> (health: u64) { return rows[who].health; }\n"
    "public view pair(who: account, other: account) -> (hf: u64) { return rows[who].health; }\n"
    "public view inverse(who: account) -> (hf: u256) { return div_down(1, rows[who].health); }\n"
    "public view nobody() -> (hf: u64) { return 0; }\n";

static uint8_t a[32], b[32],
    c[32]; /* below the line; at it; who sends everything and has nothing */
static pt_bytes world;
static pl_block_result sealed;
static uint8_t *block;

/* A call of c with two arguments. */
static void add_two(tiny_body *body, const char *function, const uint8_t *first, size_t first_size,
                    const uint8_t *second, size_t second_size)
{
    uint8_t arguments[64];
    memcpy(arguments, first, first_size);
    memcpy(arguments + first_size, second, second_size);
    add_tx(body, c, function, arguments, first_size + second_size);
}

/* Block 1: set a below, b above. Block 2: seize a (told of b), set a below again, lose. */
static int begin(void **state)
{
    (void)state;
    static tiny_body body;
    uint8_t low[8], high[8];
    counted_memory_init(&counted);
    memcpy(a, "a", 1);
    memcpy(b, "b", 1);
    memcpy(c, "c", 1);
    pl_store_u64(low, 999999);
    pl_store_u64(high, 1000000);
    make_world(&world, source);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_two(&body, "set", a, 32, low, 8);
    add_two(&body, "set", b, 32, high, 8);
    seal(&sealed, chain, 1000, &body);
    pt_bytes headers = {0};
    pt_put(&headers, sealed.block, PL_HEADER_SIZE);

    pl_chain *ahead; /* seals block 2; the other stays */
    pl_block_result again;
    assert_int_equal(pl_chain_create(&ahead, NULL, &counted.memory, world.data, world.size), PL_OK);
    assert_int_equal(pl_chain_replay_block(&again, ahead, sealed.block, sealed.block_size, NULL),
                     PL_OK);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_two(&body, "seize", a, 32, b, 32);
    add_two(&body, "set", a, 32, low, 8);
    add_tx(&body, c, "lose", low, 8);
    seal(&sealed, ahead, 1001, &body);
    pt_put(&headers, sealed.block, PL_HEADER_SIZE);
    pt_put(&headers, sealed.block, sealed.block_size); /* two headers, then block 2 */
    sealed.block_size = headers.size - 2 * PL_HEADER_SIZE;
    block = headers.data;
    pl_chain_free(ahead);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pl_chain_free(chain);
    assert_int_equal(counted.out, 0);
    free(block);
    pt_bytes_free(&world);
    return 0;
}

/* The verdict of block 2 with one view about `who` at a moment, and a claim. */
static const char *claim(uint8_t kind, uint32_t transaction, const uint8_t *account,
                         const char *function, uint32_t moment, const uint8_t *who)
{
    static char text[64];
    uint8_t arguments[64] = {0};
    const uint16_t number = function_of(function);
    const size_t size = 32u * pl_chain_code(chain, 1)->functions[number].parameter_count;
    memcpy(arguments, who, 32);
    memcpy(arguments + 32, who, 32);
    const pl_certified_view view = {.moment = moment,
                                    .contract = 1,
                                    .function = number,
                                    .arguments = arguments,
                                    .arguments_size = (uint16_t)size};
    const pl_certify request = {.kind = PL_CERTIFIES_BLOCK,
                                .headers = block,
                                .header_count = 2,
                                .block = block + 2 * PL_HEADER_SIZE,
                                .block_size = sealed.block_size,
                                .views = &view,
                                .view_count = 1,
                                .claim = {kind, transaction, account, 0}};
    const blob certificate = certify(chain, &request, NULL);
    snprintf(text, sizeof text, "%s", verdict_of(&certificate));
    free(certificate.data);
    return text;
}

#define SAYS(text, ...) assert_string_equal(claim(__VA_ARGS__), text)
#define TRIGGER         PL_CLAIM_TRIGGER
#define BELOW           PL_CLAIM_BELOW, UINT32_MAX
#define NOT_BELOW       PL_CLAIM_NOT_BELOW, UINT32_MAX
#define AT_END          PL_MOMENT_END

static void triggers(void **state)
{
    (void)state;
    SAYS("done OK", TRIGGER, 0, a, "is_liquidatable", 1, a);
    SAYS("done OK", TRIGGER, 0, a, "scaled", 1, a);              /* 0.999999 */
    SAYS("done OK", TRIGGER, 0, a, "plain", 1, a);               /* 10^18 when there is no scale */
    SAYS("claim CLAIM", TRIGGER, 0, a, "is_liquidatable", 2, a); /* after it */
    SAYS("claim CLAIM", TRIGGER, 0, a, "is_liquidatable", 0, a); /* of the base */
    SAYS("claim CLAIM", TRIGGER, 1, a, "is_liquidatable", 3, a); /* healed by then */
    SAYS("claim CLAIM", TRIGGER, 0, b, "is_liquidatable", 1, b); /* at the line: not below */
    SAYS("claim CLAIM", TRIGGER, 0, a, "is_liquidatable", 1, b); /* asked about another */
    SAYS("claim CLAIM", TRIGGER, 0, c, "is_liquidatable", 1, c); /* below, but not named */
    SAYS("claim CLAIM", TRIGGER, 2, a, "is_liquidatable", 5, a); /* below, named by others */
    SAYS("claim CLAIM", TRIGGER, 3, a, "is_liquidatable", AT_END, a); /* no such transaction */
    SAYS("claim CLAIM", TRIGGER, 0, a, "mute", 1, a);                 /* says nothing */
    SAYS("claim CLAIM", TRIGGER, 0, a, "pair", 1, a);                 /* about two accounts */
    SAYS("claim CLAIM", TRIGGER, 0, a, "nobody", 1, a);               /* about none */
}

static void lines(void **state)
{
    (void)state;
    SAYS("done OK", BELOW, a, "is_liquidatable", AT_END, a);
    SAYS("done OK", BELOW, c, "plain", AT_END, c); /* an account that never was: 0 */
    SAYS("done OK", NOT_BELOW, b, "is_liquidatable", AT_END, b);
    SAYS("done OK", NOT_BELOW, b, "scaled", AT_END, b); /* 1 is not below 1 */
    SAYS("done OK", NOT_BELOW, b, "plain", AT_END, b);
    SAYS("claim CLAIM", NOT_BELOW, a, "is_liquidatable", AT_END, a);
    SAYS("claim CLAIM", BELOW, b, "scaled", AT_END, b);
    SAYS("claim CLAIM", BELOW, a, "is_liquidatable", 6, a); /* after the last transaction */
    SAYS("claim CLAIM", BELOW, b, "is_liquidatable", AT_END, a);
    SAYS("claim CLAIM", BELOW, a, "mute", AT_END, a);
    SAYS("claim CLAIM", NOT_BELOW, a, "mute", AT_END, a);
    SAYS("claim CLAIM", BELOW, c, "inverse", AT_END, c); /* the view fails: it says nothing */
}

/* An account is all its bytes: one that differs in any of them is not who was asked about. */
static void accounts_are_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        uint8_t other[32];
        memcpy(other, a, 32);
        other[i] ^= 1;
        SAYS("claim CLAIM", BELOW, other, "is_liquidatable", AT_END, a);
    }
}

/* Block 2's last transaction has no account among its arguments, but an event of it has. */
static void named_by_an_event(void **state)
{
    (void)state;
    SAYS("done OK", TRIGGER, 2, c, "is_liquidatable", 5, c);
    SAYS("claim CLAIM", TRIGGER, 1, c, "is_liquidatable", 3, c); /* the sender alone is not named */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers),
        cmocka_unit_test(lines),
        cmocka_unit_test(named_by_an_event),
        cmocka_unit_test(accounts_are_whole),
    };
    return cmocka_run_group_tests_name("certificate claims", tests, begin, end);
}
