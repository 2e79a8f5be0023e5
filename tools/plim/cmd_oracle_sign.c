/* plim oracle sign: make reports, for tests and simulations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/value.h"
#include "tools/oracle/feed.h"
#include "tools/oracle/look.h"
#include "tools/oracle/sign.h"
#include "tools/oracle/typed_data.h"
#include "tools/plim/commands.h"
#include "tools/plim/oracle_words.h"
#include "vm/num/text.h"
#include "vm/oracle/native.h"

enum { DATA_FILE_MAX = 4 << 20, NO_WORD = 255 };

typedef struct signing {
    pt_keys keys;
    pt_bytes wire; /* the report, or words and signatures */
    pt_bytes subject;
    uint8_t digest[32];
    const pt_args *args;
} signing;

static pt_exit needs(const char **value, const pt_args *args, const char *name, pt_report *report)
{
    *value = pt_args_value(args, name);
    return *value != NULL
               ? PT_OK
               : pt_fail(report, PT_USAGE, "%s is needed; see plim oracle sign --help", name);
}

/* ---- native ---- */

static pt_exit read_price(uint8_t price[32], uint64_t decimals, const pt_args *args,
                          pt_report *report)
{
    const char *text;
    pl_i256 value;
    PT_TRY(needs(&text, args, "--price", report));
    if (pl_i256_parse_scaled(&value, NULL, text, strlen(text), (uint32_t)decimals) != PL_OK ||
        pl_u256_store_be(price, 32, &value) != PL_OK) {
        return pt_fail(report, PT_USAGE,
                       "--price %.80s: a number with at most %llu digits after the point is meant",
                       text, (unsigned long long)decimals);
    }
    return PT_OK;
}

/* Signer i of the feed is key i of the file. */
static pt_exit add_native_signatures(signing *s, pt_report *report)
{
    uint64_t place = 0;
    uint8_t signature[65];
    PT_TRY(pt_args_u64(&place, s->args, "--place", 0, PT_KEYS_MAX - 1, report));
    if (place + s->keys.count > PT_KEYS_MAX) {
        return pt_fail(report, PT_USAGE, "a native feed has at most %u signers", PT_KEYS_MAX);
    }
    pt_put_u8(&s->wire, (uint8_t)s->keys.count);
    for (size_t i = 0; i < s->keys.count; i++) {
        PT_TRY(pt_key_sign(signature, &s->keys, i, s->digest, report));
        pt_put_u8(&s->wire, (uint8_t)(place + i));
        pt_put(&s->wire, signature, 64);
    }
    return PT_OK;
}

/* All that is missing, at once. */
static pt_exit needs_all(const pt_args *args, pt_report *report)
{
    static const char *const names[] = {"--world", "--round", "--time", "--price"};
    char missing[80] = "";
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (pt_args_value(args, names[i]) == NULL) {
            (void)strcat(missing, count++ == 0 ? "" : ", ");
            (void)strcat(missing, names[i]);
        }
    }
    return count == 0 ? PT_OK
                      : pt_fail(report, PT_USAGE, "%s %s needed; see plim oracle sign --help",
                                missing, count == 1 ? "is" : "are");
}

static pt_exit sign_native(signing *s, pt_report *report)
{
    const char *world, *text;
    pl_clock moment;
    uint64_t feed = 0, round = 0, time = 0, decimals = 0;
    uint8_t world_id[32], price[32];
    size_t size = 0;
    PT_TRY(needs_all(s->args, report));
    world = pt_args_value(s->args, "--world");
    text = pt_args_value(s->args, "--time");
    if (!pt_oracle_hex(world_id, &size, sizeof world_id, world) || size != sizeof world_id) {
        return pt_fail(report, PT_USAGE, "--world %.80s: the id of a world has 64 hex digits",
                       world);
    }
    PT_TRY(pt_args_u64(&feed, s->args, "--feed", 0, UINT32_MAX, report));
    PT_TRY(pt_args_u64(&round, s->args, "--round", 0, UINT64_MAX, report));
    if (strchr(text, '-') != NULL && pt_time_parse(&moment, text)) {
        time = moment.seconds;
    } else {
        PT_TRY(pt_args_u64(&time, s->args, "--time", 0, UINT64_MAX, report));
    }
    PT_TRY(pt_args_u64(&decimals, s->args, "--decimals", 0, PL_NUM_SCALE_MAX, report));
    PT_TRY(read_price(price, decimals, s->args, report));
    pt_put_u8(&s->wire, 1);
    pt_put_u32(&s->wire, (uint32_t)feed);
    pt_put_u64(&s->wire, round);
    pt_put_u64(&s->wire, time);
    pt_put(&s->wire, price, sizeof price);
    pt_put_u8(&s->wire, (uint8_t)decimals);
    pl_native_digest(s->digest, world_id, s->wire.data);
    return add_native_signatures(s, report);
}

/* ---- EIP-712 ---- */

/* The place of a member in the primary type, which is its word. */
static pt_exit find_word(uint8_t *word, const pt_json *document, const char *member,
                         pt_report *report)
{
    const char *type = json_string_value(json_object_get(document->value, "primaryType"));
    const json_t *members = json_object_get(json_object_get(document->value, "types"), type);
    for (size_t i = 0; i < json_array_size(members) && i < NO_WORD; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(members, i), "name"));
        if (strcmp(name, member) == 0) {
            *word = (uint8_t)i;
            return PT_OK;
        }
    }
    return pt_fail(report, PT_USAGE, "%.60s has no member %.60s", type, member);
}

/* spec 09 §16: domain, type hash, word count, and which word is price, time, order, feed. */
static pt_exit put_subject(signing *s, const pt_typed_data *typed, const pt_json *document,
                           pt_report *report)
{
    static const char *const options[] = {"--price", "--time", "--order", "--feed"};
    const size_t words = typed->encoded.size / 32 - 1;
    uint8_t word = NO_WORD;
    if (words >= NO_WORD) {
        return pt_fail(report, PT_INPUT, "%s: a struct of at most 254 members is meant",
                       document->file);
    }
    pt_put(&s->subject, typed->domain, 32);
    pt_put(&s->subject, typed->type_hash, 32);
    pt_put_u8(&s->subject, (uint8_t)words);
    for (size_t i = 0; i < 4; i++) {
        const char *member = pt_args_value(s->args, options[i]);
        word = NO_WORD;
        if (member != NULL) {
            PT_TRY(find_word(&word, document, member, report));
        }
        pt_put_u8(&s->subject, word);
    }
    if (word != NO_WORD) { /* the last of them is the feed */
        pt_put(&s->subject, typed->encoded.data + 32 + 32 * (size_t)word, 32);
    }
    return PT_OK;
}

static pt_exit sign_typed(signing *s, const pt_json *document, pt_report *report)
{
    pt_typed_data typed;
    uint8_t signature[65];
    pt_exit result = pt_typed_data_read(&typed, document, report);
    if (result == PT_OK) {
        result = put_subject(s, &typed, document, report);
    }
    if (result == PT_OK) {
        memcpy(s->digest, typed.digest, sizeof s->digest);
        pt_put(&s->wire, typed.encoded.data + 32, typed.encoded.size - 32);
    }
    for (size_t i = 0; i < s->keys.count && result == PT_OK; i++) {
        result = pt_key_sign(signature, &s->keys, i, s->digest, report);
        signature[64] = (uint8_t)(signature[64] + 27);
        pt_put(&s->wire, signature, sizeof signature);
    }
    pt_typed_data_free(&typed);
    return result;
}

static pt_exit sign_eip712(signing *s, pt_report *report)
{
    const char *path;
    pt_bytes bytes;
    pt_json document;
    PT_TRY(needs(&path, s->args, "--data", report));
    PT_TRY(pt_file_read(&bytes, path, DATA_FILE_MAX, report));
    pt_exit result =
        pt_json_parse(&document, path, 0, (const char *)bytes.data, bytes.size, report);
    pt_bytes_free(&bytes);
    if (result == PT_OK) {
        result = sign_typed(s, &document, report);
        json_decref(document.value);
    }
    return result;
}

/* ---- the command ---- */

static json_t *hex_json(const uint8_t *bytes, size_t size)
{
    char *text = pt_take(2 * size + 3);
    memcpy(text, "0x", 3);
    pt_hex(text + 2, bytes, size);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static pt_exit print(const signing *s, unsigned format, pt_report *report)
{
    if (!pt_args_flag(s->args, "--json")) {
        json_t *hex = hex_json(s->wire.data, s->wire.size);
        (void)puts(json_string_value(hex));
        json_decref(hex);
        return PT_OK;
    }
    json_t *signers = json_array();
    for (size_t i = 0; i < s->keys.count; i++) {
        uint8_t compressed[33], address[20];
        char text[43];
        pt_key_public(compressed, address, &s->keys, i);
        pt_oracle_address(text, address);
        (void)json_array_append_new(signers, json_pack("{s:o, s:s}", "key",
                                                       hex_json(compressed, sizeof compressed),
                                                       "address", text));
    }
    json_t *facts = json_pack("{s:s, s:o, s:o, s:o}", "format", pl_formats[format].name, "report",
                              hex_json(s->wire.data, s->wire.size), "digest",
                              hex_json(s->digest, sizeof s->digest), "signers", signers);
    if (s->subject.size != 0) {
        (void)json_object_set_new(facts, "subject", hex_json(s->subject.data, s->subject.size));
    }
    const pt_exit result = pt_oracle_print_json(facts, report);
    json_decref(facts);
    return result;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    signing s = {.args = args};
    const char *word = pt_args_value(args, "--format"), *path;
    unsigned format = PL_FEED_EIP712;
    if (word == NULL) {
        return pt_fail(report, PT_USAGE, "--format is needed: native or eip712");
    }
    PT_TRY(pt_oracle_format_word(&format, word, report));
    if (format != PL_FEED_NATIVE && format != PL_FEED_EIP712) {
        return pt_fail(report, PT_USAGE,
                       "only native and eip712 reports are signed here: %s has signers of its own",
                       pl_formats[format].name);
    }
    PT_TRY(needs(&path, args, "--key", report));
    pt_exit result = pt_keys_read(&s.keys, path, report);
    if (result == PT_OK) {
        result = format == PL_FEED_NATIVE ? sign_native(&s, report) : sign_eip712(&s, report);
    }
    if (result == PT_OK) {
        result = print(&s, format, report);
    }
    pt_bytes_free(&s.wire);
    pt_bytes_free(&s.subject);
    pt_keys_forget(&s.keys);
    return result;
}

static const pt_option options_table[] = {
    {"--format", "NAME", "native or eip712"},
    {"--key", "FILE", "private keys, one of 64 hex digits a line; mode 0600"},
    {"--world", "ID", "native: the world that the report is for"},
    {"--feed", "FEED", "native: its number, default 0; eip712: the member that names it"},
    {"--round", "N", "native: the round"},
    {"--time", "TIME", "native: seconds since 1970 or a date; eip712: the member that is it"},
    {"--price", "PRICE", "native: as 1899.25; eip712: the member that is the price"},
    {"--decimals", "D", "native: decimals of the feed; default 0"},
    {"--place", "I", "native: which signer of the feed the first key is; default 0"},
    {"--order", "MEMBER", "eip712: the member that rises from report to report"},
    {"--data", "FILE", "eip712: {domain, types, primaryType, message}"},
    {"--json", NULL, "report, digest, signers and subject as one JSON object"},
};

const pt_command pt_command_oracle_sign = {
    .name = "oracle sign",
    .synopsis = "--format NAME --key FILE ...",
    .summary = "sign a report with your own key, for tests and simulations",
    .about =
        "Prints the bytes of a report in hex. Nonces are those of RFC 6979: the same report and "
        "key\n"
        "always give the same bytes. Keys are read from a file that only you can read; a key on "
        "the\n"
        "command line is refused.\n\n"
        "  plim oracle sign --format native --key k.txt --world 7c01... --feed 0 --round 7 \\\n"
        "      --time 1700000000 --price 1899.25 --decimals 8\n"
        "  plim oracle sign --format eip712 --key k.txt --data price.json --price price "
        "--time at --json\n\n"
        "Exit code 0: signed; 2: wrong usage; 3: the key file or the data cannot be used.",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 0,
    .words_max = 0,
    .run = run,
};
