/* The curve layer against published suites: crypto_vectors FOLDER.
 *
 * Reads the files of FOLDER that the table in main names and ends with "N passed, N failed"; a file
 * that is not there is a failure. A row that fails is named by file and number. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <secp256k1.h>

#include "tests/support/curve_signer.h"
#include "tests/support/wycheproof.h"
#include "vm/base/keccak.h"
#include "vm/base/sha256.h"
#include "vm/oracle/curve.h"

enum { BYTES_MAX = 8192, LINE_ROOM = 4096 };

typedef struct bytes {
    uint8_t at[BYTES_MAX];
    size_t size;
} bytes;

typedef struct score {
    const char *file;
    size_t row;
    unsigned passed, failed;
} score;

static void judge(score *tally, bool holds, const char *what)
{
    if (holds) {
        tally->passed++;
        return;
    }
    tally->failed++;
    printf("%s: row %zu: %s\n", tally->file, tally->row, what);
}

static void must(bool holds, const char *file, const char *what)
{
    if (!holds) {
        fprintf(stderr, "crypto_vectors: %s: %s\n", file, what);
        exit(1);
    }
}

/* Hex digits, with or without 0x. */
static bytes unhex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    bytes out = {.size = 0};
    must(text != NULL, "hex", "a text is missing");
    text += strncmp(text, "0x", 2) == 0 ? 2 : 0;
    must(strlen(text) % 2 == 0 && strlen(text) / 2 <= BYTES_MAX, "hex", "odd or too long");
    for (; *text != '\0'; text += 2) {
        unsigned value = 0;
        for (unsigned i = 0; i < 2; i++) {
            const char *digit = strchr(digits, tolower((unsigned char)text[i]));
            must(digit != NULL, "hex", "no hex digit");
            value = value << 4 | (unsigned)(digit - digits);
        }
        out.at[out.size++] = (uint8_t)value;
    }
    return out;
}

static bytes hex_of(const json_t *object, const char *key)
{
    return unhex(json_string_value(json_object_get(object, key)));
}

static bool is_equal(const bytes *wanted, const uint8_t *found, size_t size)
{
    return wanted->size == size && memcmp(wanted->at, found, size) == 0;
}

static const secp256k1_context *context(void)
{
    static secp256k1_context *made = NULL;
    if (made == NULL) {
        made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    }
    return made;
}

static signer signer_of_secret(const bytes *secret)
{
    signer key;
    secp256k1_pubkey point;
    size_t size = sizeof key.public_key;
    must(secret->size == sizeof key.secret, "secret", "size");
    memcpy(key.secret, secret->at, sizeof key.secret);
    must(secp256k1_ec_pubkey_create(context(), &point, key.secret), "secret", "not below n");
    secp256k1_ec_pubkey_serialize(context(), key.public_key, &size, &point,
                                  SECP256K1_EC_COMPRESSED);
    return key;
}

/* The suite for Bitcoin counts high s as invalid, the other one does not. */
static void check_wycheproof_row(score *tally, const bytes *key, const json_t *test,
                                 bool is_bitcoin)
{
    const bytes message = hex_of(test, "msg"), signature = hex_of(test, "sig");
    const char *result = json_string_value(json_object_get(test, "result"));
    wycheproof_case asked = {.message = message.at,
                             .message_size = message.size,
                             .signature = signature.at,
                             .signature_size = signature.size,
                             .is_valid = strcmp(result, "valid") == 0,
                             .is_bitcoin = is_bitcoin};
    must(key->size == sizeof asked.public_key, tally->file, "a key of another size");
    memcpy(asked.public_key, key->at, sizeof asked.public_key);
    const char *wrong = wycheproof_check(&asked);
    judge(tally, wrong == NULL, wrong);
}

static void check_wycheproof(score *tally, const json_t *root, bool is_bitcoin)
{
    size_t i, j;
    json_t *group, *test;
    json_array_foreach(json_object_get(root, "testGroups"), i, group)
    {
        const bytes key = hex_of(json_object_get(group, "publicKey"), "uncompressed");
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            tally->row = (size_t)json_integer_value(json_object_get(test, "tcId"));
            check_wycheproof_row(tally, &key, test, is_bitcoin);
        }
    }
}

static void check_bitcoin(score *tally, const json_t *root)
{
    check_wycheproof(tally, root, true);
}

static void check_p1363(score *tally, const json_t *root)
{
    check_wycheproof(tally, root, false);
}

static void check_hashes(score *tally, const json_t *root)
{
    json_t *row;
    json_array_foreach(json_object_get(root, "vectors"), tally->row, row)
    {
        const bytes data = hex_of(row, "data"), keccak = hex_of(row, "keccak256"),
                    sha = hex_of(row, "sha256");
        uint8_t hash[32];
        pl_keccak_of(hash, data.at, data.size);
        judge(tally, is_equal(&keccak, hash, sizeof hash), "another keccak256");
        pl_sha256_of(hash, data.at, data.size);
        judge(tally, is_equal(&sha, hash, sizeof hash), "another sha256");
    }
}

/* The nonces that the tests' signer uses: RFC 6979 over SHA-256. */
static void check_nonces(score *tally, const json_t *root)
{
    static const struct {
        const char *key;
        unsigned counter;
    } nonces[] = {{"k0", 0}, {"k1", 1}, {"k15", 15}};
    json_t *row;
    json_array_foreach(root, tally->row, row)
    {
        const char *message = json_string_value(json_object_get(row, "message"));
        const bytes secret = hex_of(row, "d");
        uint8_t digest[32], nonce[32];
        pl_sha256_of(digest, (const uint8_t *)message, strlen(message));
        for (size_t i = 0; i < sizeof nonces / sizeof nonces[0]; i++) {
            const bytes wanted = hex_of(row, nonces[i].key);
            const int done = secp256k1_nonce_function_rfc6979(nonce, digest, secret.at, NULL, NULL,
                                                              nonces[i].counter);
            judge(tally, done && is_equal(&wanted, nonce, sizeof nonce), nonces[i].key);
        }
    }
}

/* secret, digest, signature: what the tests sign is that signature, and the core accepts it. */
static void check_triples(score *tally, const json_t *root)
{
    json_t *row;
    json_array_foreach(json_object_get(root, "valid"), tally->row, row)
    {
        const bytes secret = hex_of(row, "d"), digest = hex_of(row, "m"),
                    wanted = hex_of(row, "signature");
        const signer key = signer_of_secret(&secret);
        uint8_t signature[65], plain[64], wanted_address[20], address[20];
        must(digest.size == 32 && wanted.size == 64, tally->file, "sizes");
        signer_sign_recoverable(signature, &key, digest.at);
        signer_sign(plain, &key, digest.at);
        judge(tally, is_equal(&wanted, signature, 64) && is_equal(&wanted, plain, 64), "signing");
        signer_address(wanted_address, &key);
        judge(tally,
              pl_signature_bounds(wanted.at) == PL_OK &&
                  pl_recover_address(address, digest.at, wanted.at, wanted.at + 32,
                                     signature[64]) == PL_OK &&
                  memcmp(address, wanted_address, sizeof address) == 0,
              "recovery");
    }
}

static void check_json(score *total, const char *folder, const char *file,
                       void (*check)(score *, const json_t *))
{
    char path[1024];
    json_error_t error;
    score one = {.file = file};
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    must(root != NULL, path, error.text);
    check(&one, root);
    json_decref(root);
    must(one.passed + one.failed > 0, path, "no row was found");
    printf("%-55s %5u passed, %u failed of this file\n", file, one.passed, one.failed);
    total->passed += one.passed;
    total->failed += one.failed;
}

/* Cuts the next field off a line; fields of this file have no quoted commas before the comment. */
static char *next_field(char **rest)
{
    char *field = *rest;
    char *end = strchr(field, ',');
    must(end != NULL, "BIP-340", "a field is missing");
    *end = '\0';
    *rest = end + 1;
    return field;
}

/* index, secret key, public key, aux_rand, message, signature, verification result, comment */
static void check_bip340_row(score *tally, char *line)
{
    char *rest = line;
    tally->row = (size_t)strtoul(next_field(&rest), NULL, 10);
    (void)next_field(&rest);
    const bytes key = unhex(next_field(&rest));
    (void)next_field(&rest);
    const bytes message = unhex(next_field(&rest)), signature = unhex(next_field(&rest));
    const bool valid = strcmp(next_field(&rest), "TRUE") == 0;
    must(key.size == 32 && signature.size == 64, tally->file, "sizes");
    judge(tally,
          (pl_bip340_check(key.at, message.at, message.size, signature.at) == PL_OK) == valid,
          rest);
}

static void check_bip340(score *total, const char *folder)
{
    char path[1024], line[LINE_ROOM];
    score one = {.file = "bip340_test_vectors.csv"};
    (void)snprintf(path, sizeof path, "%s/%s", folder, one.file);
    FILE *file = fopen(path, "r");
    must(file != NULL && fgets(line, sizeof line, file) != NULL, path, "cannot be read");
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        check_bip340_row(&one, line);
    }
    (void)fclose(file);
    must(one.passed + one.failed > 0, path, "no row was found");
    printf("%-55s %5u passed, %u failed of this file\n", one.file, one.passed, one.failed);
    total->passed += one.passed;
    total->failed += one.failed;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: crypto_vectors FOLDER\n");
        return 2;
    }
    score total = {.file = argv[1]};
    check_json(&total, argv[1], "wycheproof_ecdsa_secp256k1_sha256_bitcoin_test.json",
               check_bitcoin);
    check_json(&total, argv[1], "wycheproof_ecdsa_secp256k1_sha256_p1363_test.json", check_p1363);
    check_json(&total, argv[1], "ecdsa_d_m_signature.json", check_triples);
    check_json(&total, argv[1], "rfc6979_secp256k1.json", check_nonces);
    check_json(&total, argv[1], "keccak256_sha256.json", check_hashes);
    check_bip340(&total, argv[1]);
    printf("%u passed, %u failed\n", total.passed, total.failed);
    return total.failed == 0 ? 0 : 1;
}
