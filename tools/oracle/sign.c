#include "tools/oracle/sign.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/file.h"
#include "tools/oracle/feed.h"
#include "vm/oracle/curve.h"

enum { KEY_FILE_MAX = 1 << 16, KEY_DIGITS = 64 };

/* Writes that the compiler may not leave out. */
static void wipe(void *bytes, size_t size)
{
    volatile uint8_t *at = bytes;
    while (size-- > 0) {
        *at++ = 0;
    }
}

static bool looks_like_key(const char *text)
{
    const size_t size = strspn(text, "0123456789abcdefABCDEFx");
    return size >= KEY_DIGITS && text[size] == '\0';
}

static pt_exit check_file(const char *path, pt_report *report)
{
    struct stat info;
    if (looks_like_key(path) && stat(path, &info) != 0) {
        return pt_fail(report, PT_INPUT,
                       "a key on the command line can be read by everybody on this machine and "
                       "stays in the history of the shell; put it into a file of mode 0600");
    }
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return pt_fail(report, PT_INPUT, "%s: there is no key file of this name", path);
    }
    if ((info.st_mode & 077) != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: others can read or write this key file (mode %04o); chmod 600 it, and "
                       "think about a new key",
                       path, (unsigned)(info.st_mode & 07777));
    }
    if (info.st_uid != geteuid()) {
        return pt_fail(report, PT_INPUT, "%s: this key file belongs to another user", path);
    }
    return PT_OK;
}

static pt_exit add_key(pt_keys *keys, const char *word, size_t size, const char *path, size_t line,
                       pt_report *report)
{
    char text[KEY_DIGITS + 3];
    size_t found = 0;
    if (keys->count == PT_KEYS_MAX) {
        return pt_fail(report, PT_INPUT, "%s:%zu: more than %u keys", path, line, PT_KEYS_MAX);
    }
    uint8_t *secret = keys->secrets[keys->count];
    bool good = size < sizeof text;
    if (good) {
        memcpy(text, word, size);
        text[size] = '\0';
        good = pt_oracle_hex(secret, &found, 32, text) && found == 32 &&
               secp256k1_ec_seckey_verify(keys->context, secret) == 1;
        wipe(text, sizeof text);
    }
    keys->count += good ? 1 : 0;
    return good ? PT_OK /* the message does not show what stands there: it may be a key */
                : pt_fail(report, PT_INPUT,
                          "%s:%zu: a private key of 64 hex digits, between 1 and the order of the "
                          "group, is expected",
                          path, line);
}

static pt_exit add_keys(pt_keys *keys, const char *text, const char *path, pt_report *report)
{
    size_t line = 1;
    while (*text != '\0') {
        const size_t size = strcspn(text, " \t\r\n#");
        if (size != 0) {
            PT_TRY(add_key(keys, text, size, path, line, report));
        }
        text += size;
        text += *text == '#' ? strcspn(text, "\n") : 0;
        line += *text == '\n' ? 1 : 0;
        text += *text == '\0' ? 0 : 1;
    }
    return keys->count != 0 ? PT_OK : pt_fail(report, PT_INPUT, "%s: there is no key in it", path);
}

pt_exit pt_keys_read(pt_keys *keys, const char *path, pt_report *report)
{
    pt_bytes bytes;
    memset(keys, 0, sizeof *keys);
    PT_TRY(check_file(path, report));
    keys->context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    if (keys->context == NULL) {
        return pt_fail(report, PT_LIMIT, "the signing library cannot be used here");
    }
    PT_TRY(pt_file_read(&bytes, path, KEY_FILE_MAX, report));
    const pt_exit result = add_keys(keys, (const char *)bytes.data, path, report);
    wipe(bytes.data, bytes.size);
    pt_bytes_free(&bytes);
    return result;
}

void pt_keys_forget(pt_keys *keys)
{
    if (keys->context != NULL) {
        secp256k1_context_destroy(keys->context);
    }
    wipe(keys, sizeof *keys);
}

void pt_key_public(uint8_t compressed[33], uint8_t address[20], const pt_keys *keys, size_t number)
{
    secp256k1_pubkey key;
    pl_public_key parsed;
    size_t size = 33;
    memset(compressed, 0, 33);
    memset(address, 0, 20);
    if (secp256k1_ec_pubkey_create(keys->context, &key, keys->secrets[number]) == 1 &&
        secp256k1_ec_pubkey_serialize(keys->context, compressed, &size, &key,
                                      SECP256K1_EC_COMPRESSED) == 1 &&
        pl_public_key_parse(&parsed, compressed) == PL_OK) {
        pl_address_of_key(address, &parsed);
    }
}

pt_exit pt_key_sign(uint8_t signature[65], const pt_keys *keys, size_t number,
                    const uint8_t digest[32], pt_report *report)
{
    secp256k1_ecdsa_recoverable_signature made;
    int parity = 0;
    if (secp256k1_ecdsa_sign_recoverable(keys->context, &made, digest, keys->secrets[number], NULL,
                                         NULL) != 1 ||
        secp256k1_ecdsa_recoverable_signature_serialize_compact(keys->context, signature, &parity,
                                                                &made) != 1 ||
        parity > 1) {
        return pt_fail(report, PT_LIMIT, "the signing library refused to sign");
    }
    signature[64] = (uint8_t)parity;
    return PT_OK;
}
