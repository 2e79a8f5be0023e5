/* base/sha256: published vectors, every split of a stream, and every tag from its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/base/sha256_many.h"

static void check_hex(const uint8_t hash[32], const char *hex)
{
    char text[65];
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    assert_string_equal(text, hex);
}

/* FIPS 180-2 appendix B and the NIST example of the empty string. */
static const struct {
    const char *text;
    const char *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t hash[32];
        pl_sha256_of(hash, (const uint8_t *)vectors[i].text, strlen(vectors[i].text));
        check_hex(hash, vectors[i].hex);
    }
}

static void a_million_letters(void **state)
{
    (void)state;
    uint8_t letters[1000];
    uint8_t hash[32];
    memset(letters, 'a', sizeof letters);
    pl_sha256 sha;
    pl_sha256_begin(&sha);
    for (int i = 0; i < 1000; i++) {
        pl_sha256_add(&sha, letters, sizeof letters);
    }
    pl_sha256_end(&sha, hash);
    check_hex(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Sizes around block ends, each split in two places: the buffer must not matter. */
static void any_split_gives_the_same_hash(void **state)
{
    (void)state;
    uint8_t bytes[260];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 + 3);
    }
    for (size_t size = 0; size <= sizeof bytes; size += size % 64 < 50 && size > 70 ? 13 : 1) {
        uint8_t whole[32];
        pl_sha256_of(whole, bytes, size);
        for (size_t first = 0; first <= size; first++) {
            uint8_t parts[32];
            const size_t second = (size - first) / 2;
            pl_sha256 sha;
            pl_sha256_begin(&sha);
            pl_sha256_add(&sha, bytes, first);
            pl_sha256_add(&sha, bytes + first, second);
            pl_sha256_add(&sha, bytes + first + second, size - first - second);
            pl_sha256_end(&sha, parts);
            assert_memory_equal(parts, whole, 32);
        }
    }
}

/* tagged(tag, data) from its definition, with plain hashes only. */
static void tagged_by_definition(uint8_t hash[32], const char *text, const uint8_t *data,
                                 size_t size)
{
    uint8_t bytes[64 + 300];
    assert_true(size <= 300);
    pl_sha256_of(bytes, (const uint8_t *)text, strlen(text));
    memcpy(bytes + 32, bytes, 32);
    memcpy(bytes + 64, data, size);
    pl_sha256_of(hash, bytes, 64 + size);
}

static const struct {
    const char *text;
    const pl_tag *tag;
} tags[] = {
#define TAG(name, text, ...) {text, &pl_tag_##name},
#include "vm/base/sha256_tags.def"
#undef TAG
};

static void tags_follow_from_their_text(void **state)
{
    (void)state;
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(255 - i % 256);
    }
    assert_int_equal(sizeof tags / sizeof tags[0], 14); /* as many as spec 04 §1 lists */
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        pl_tag computed;
        pl_sha256_tag(&computed, tags[i].text, strlen(tags[i].text));
        assert_memory_equal(computed.words, tags[i].tag->words, sizeof computed.words);
        for (size_t size = 0; size <= sizeof data; size += size < 140 ? 1 : 11) {
            uint8_t expected[32], got[32];
            tagged_by_definition(expected, tags[i].text, data, size);
            pl_tagged_of(got, tags[i].tag, data, size);
            assert_memory_equal(got, expected, 32);
        }
    }
}

static void pairs_are_tagged_hashes(void **state)
{
    (void)state;
    uint8_t pair[64], expected[32], got[32];
    for (size_t i = 0; i < sizeof pair; i++) {
        pair[i] = (uint8_t)(i * 5 + 1);
    }
    tagged_by_definition(expected, "plimsoll/node", pair, 64);
    pl_tagged_pair(got, &pl_tag_node, pair);
    assert_memory_equal(got, expected, 32);
    pl_sha256_tagged64(got, &pl_tag_node, pair, pair + 32);
    assert_memory_equal(got, expected, 32);
    pl_sha256_tagged64(got, &pl_tag_node, pair + 32, pair);
    assert_memory_not_equal(got, expected, 32);
    pl_tagged_pair(pair, &pl_tag_node, pair); /* the result may overlap the input */
    assert_memory_equal(pair, expected, 32);
}

/* One and two blocks take a shorter way where the processor has one; the streaming interface never
 * does, so it is the judge. */
static void short_ways_give_the_same_hash(void **state)
{
    (void)state;
    uint8_t bytes[128 + 4], expected[32], got[32];
    uint64_t random = 1;
    for (unsigned round = 0; round < 4000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            bytes[i] = round % 8 == 0 ? (uint8_t) - (int)(random >> 63) : (uint8_t)(random >> 56);
        }
        const pl_tag *tag = tags[round % (sizeof tags / sizeof tags[0])].tag;
        uint8_t *const data = bytes + round % 4; /* any alignment */
        const size_t size = round % 2 == 0 ? 64 : round / 2 % 129;
        pl_sha256 sha;
        pl_sha256_begin_tagged(&sha, tag);
        pl_sha256_add(&sha, data, size);
        pl_sha256_end(&sha, expected);
        pl_tagged_of(got, tag, data, size);
        assert_memory_equal(got, expected, 32);
        if (size == 64) {
            pl_tagged_pair(got, tag, data);
            assert_memory_equal(got, expected, 32);
        }
        pl_tagged_of(data, tag, data, size);
        assert_memory_equal(data, expected, 32);
    }
}

#define MANY 70u

/* Many at once are what each is alone: every count, any alignment, each hash over its own pair. */
static void many_pairs_are_single_pairs(void **state)
{
    (void)state;
    static uint8_t pairs[MANY][64 + 3], hashes[MANY][PL_HASH_SIZE], expected[MANY][PL_HASH_SIZE];
    pl_pair_job jobs[MANY];
    uint64_t random = 2;
    for (unsigned round = 0; round < 300; round++) {
        const size_t count = round % (MANY + 1);
        const pl_tag *tag = tags[round % (sizeof tags / sizeof tags[0])].tag;
        for (size_t i = 0; i < count; i++) {
            uint8_t *const pair = pairs[i] + (i + round) % 4;
            for (size_t k = 0; k < 64; k++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
                pair[k] = (i + round) % 9 == 0 ? (uint8_t) - (int)(random >> 63)
                                               : (uint8_t)(random >> 56);
            }
            pl_sha256 sha;
            pl_sha256_begin_tagged(&sha, tag);
            pl_sha256_add(&sha, pair, 64);
            pl_sha256_end(&sha, expected[i]);
            jobs[i] = (pl_pair_job){round % 3 == 0 ? pair : hashes[i], pair};
        }
        pl_tagged_pairs(tag, jobs, count);
        for (size_t i = 0; i < count; i++) {
            assert_memory_equal(jobs[i].hash, expected[i], PL_HASH_SIZE);
        }
    }
}

/* Messages of all sizes, mixed, with heads of all sizes, in batches of any count. */
static void queued_messages_are_single_messages(void **state)
{
    (void)state;
    static pl_tagged_queue queue;
    static uint8_t hashes[MANY][PL_HASH_SIZE], expected[MANY][PL_HASH_SIZE];
    uint8_t bytes[300];
    uint64_t random = 3;
    for (unsigned round = 0; round < 1500; round++) {
        const size_t count = round % (MANY + 1);
        const pl_tag *tag = tags[round % (sizeof tags / sizeof tags[0])].tag;
        pl_tagged_queue_begin(&queue, tag);
        for (size_t i = 0; i < count; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            const size_t head_size = random >> 60 < 8 ? 0 : (random >> 40) % 33;
            const size_t limit = round % 2 == 0 ? 130 : sizeof bytes - 32;
            const size_t size = (random >> 20) % (limit + 1);
            for (size_t k = 0; k < head_size + size; k++) {
                bytes[k] = (uint8_t)((random >> k % 50) + k);
            }
            pl_sha256 sha;
            pl_sha256_begin_tagged(&sha, tag);
            pl_sha256_add(&sha, bytes, head_size + size);
            pl_sha256_end(&sha, expected[i]);
            pl_tagged_queue_add(&queue, hashes[i], head_size == 0 ? NULL : bytes, head_size,
                                size == 0 ? NULL : bytes + head_size, size);
        }
        memset(bytes, 0xee, sizeof bytes); /* what was added is not looked at again */
        pl_tagged_queue_end(&queue);
        assert_memory_equal(hashes, expected, count * PL_HASH_SIZE);
    }
}

/* Computed once with another implementation: tagged("plimsoll/node", 64 zero bytes). */
static void a_tagged_vector(void **state)
{
    (void)state;
    const uint8_t zeros[64] = {0};
    uint8_t hash[32];
    pl_tagged_pair(hash, &pl_tag_node, zeros);
    check_hex(hash, "579937d860c335b5c8396ad6a0c218ed71b334c81bddadfa252961e282c362d2");
    pl_tagged_of(hash, &pl_tag_root, (const uint8_t *)"abc", 3);
    check_hex(hash, "d02f9d70c62bc9edadfc90009744c7315ee3a87c93ca54ab1c4d192a5390e031");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(any_split_gives_the_same_hash),
        cmocka_unit_test(tags_follow_from_their_text),
        cmocka_unit_test(pairs_are_tagged_hashes),
        cmocka_unit_test(short_ways_give_the_same_hash),
        cmocka_unit_test(many_pairs_are_single_pairs),
        cmocka_unit_test(queued_messages_are_single_messages),
        cmocka_unit_test(a_tagged_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
