/* What people write and read about oracle reports: times, prices, payloads, typed data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/oracle/look.h"
#include "tools/oracle/payload.h"
#include "tools/oracle/rules.h"
#include "tools/oracle/typed_data.h"
#include "vm/base/keccak.h"
#include "vm/num/text.h"

/* ---- times ---- */

static void times_as_text(void **state)
{
    (void)state;
    static const struct {
        pl_clock time;
        const char *text;
    } rows[] = {
        {{0, 0}, "1970-01-01 00:00:00 UTC"},
        {{951782400, 0}, "2000-02-29 00:00:00 UTC"},
        {{951868799, 999000000}, "2000-02-29 23:59:59.999 UTC"},
        {{1744829650, 1000}, "2025-04-16 18:54:10.000001 UTC"},
        {{1744829650, 1}, "2025-04-16 18:54:10.000000001 UTC"},
        {{4107542400, 0}, "2100-03-01 00:00:00 UTC"}, /* 2100 is no leap year */
        {{253402300799, 0}, "9999-12-31 23:59:59 UTC"},
        {{253402300800, 0}, "253402300800 s, after the year 9999"},
        {{UINT64_MAX, 0}, "18446744073709551615 s, after the year 9999"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[PT_TIME_TEXT_MAX];
        assert_string_equal(pt_time_text(text, rows[i].time), rows[i].text);
    }
}

static void times_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pl_clock time;
    } good[] = {
        {"0", {0, 0}},
        {"1744829650", {1744829650, 0}},
        {"1744829650.5", {1744829650, 500000000}},
        {"1.000000001", {1, 1}},
        {"2000-02-29T00:00:00Z", {951782400, 0}},
        {"2000-02-29 00:00:00 UTC", {951782400, 0}},
        {"2000-02-29 00:00:00", {951782400, 0}},
    };
    static const char *const bad[] = {"",
                                      "x",
                                      "-1",
                                      "1.",
                                      "1.0000000001",
                                      "18446744073709551616",
                                      "2001-02-29T00:00:00Z",
                                      "2000-13-01T00:00:00Z",
                                      "2000-00-01T00:00:00Z",
                                      "2000-01-32T00:00:00Z",
                                      "2000-01-01T24:00:00Z",
                                      "2000-01-01T00:60:00Z",
                                      "1969-12-31T23:59:59Z",
                                      "2000-01-01",
                                      "2000-01-01T00:00:00+01:00"};
    pl_clock time;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(pt_time_parse(&time, good[i].text));
        assert_true(time.seconds == good[i].time.seconds);
        assert_int_equal(time.nanoseconds, good[i].time.nanoseconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(pt_time_parse(&time, bad[i]));
    }
    assert_true(pt_time_parse(&time, "now"));
    assert_true(time.seconds > 1700000000);
}

static void spans(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {{0, "0 s"},          {59, "59 s"},          {60, "1 min"},
                {200, "3 min 20 s"}, {3600, "1 h"},         {18180, "5 h 3 min"},
                {86400, "1 d"},      {1051200, "12 d 4 h"}, {86459, "1 d"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        assert_string_equal(pt_span_text(text, rows[i].seconds), rows[i].text);
    }
}

/* ---- prices ---- */

static void prices_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *price;
        int32_t exponent;
        const char *text;
    } rows[] = {
        {"156277937205", -8, "1562.77937205"},
        {"5", -8, "0.00000005"},
        {"-5", -2, "-0.05"},
        {"-12345", -2, "-123.45"},
        {"0", -3, "0.000"},
        {"0", 5, "0"},
        {"12", 3, "12000"},
        {"-12", 3, "-12000"},
        {"7", 0, "7"},
        {"100", -2, "1.00"},
        {"7", -300, "7 * 10^-300"},
        {"7", 2000000000, "7 * 10^2000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[PT_PRICE_TEXT_MAX];
        pl_i256 price;
        assert_int_equal(pl_i256_parse_dec(&price, NULL, rows[i].price, strlen(rows[i].price)),
                         PL_OK);
        assert_string_equal(pt_price_text(text, &price, rows[i].exponent), rows[i].text);
    }
}

static void the_longest_price_fits(void **state)
{
    (void)state;
    char text[PT_PRICE_TEXT_MAX];
    const pl_i256 least = pl_i256_min_value();
    assert_int_equal(strlen(pt_price_text(text, &least, -250)), 1 + 2 + 250);
    assert_int_equal(strlen(pt_price_text(text, &least, 250)), 1 + 77 + 250);
}

/* ---- payloads ---- */

/* The bytes that a word of base64 (at least 40 letters) means; false when it is none. */
static bool is_read(const char *word, size_t size)
{
    pt_payload payload;
    pt_report report;
    const bool good = pt_payload_read(&payload, word, &report) == PT_OK;
    const bool same = good && payload.bytes.size == size;
    if (good) {
        pt_payload_free(&payload);
    }
    return same;
}

static void base64_is_strict(void **state)
{
    (void)state;
    assert_true(is_read("/////////////////////////////////////////////w==", 34));
    assert_true(is_read("/////////////////////////////////////////////w", 34));
    assert_true(is_read("_____________________________________________w==", 34));
    assert_false(is_read("//////////////////////////////////////////////==", 34)); /* bits left */
    assert_false(is_read("/////////////////////////////////////////////", 34));    /* 45 letters */
    assert_true(is_read("0x00ff", 2));
    assert_false(is_read("0x00f", 2));
    assert_false(is_read("0x", 0));
}

static void put_word(uint8_t *word, uint32_t value)
{
    memset(word, 0, 32);
    word[28] = (uint8_t)(value >> 24);
    word[29] = (uint8_t)(value >> 16);
    word[30] = (uint8_t)(value >> 8);
    word[31] = (uint8_t)value;
}

/* updatePriceFeeds(bytes[]) with one element of 5 bytes; every lie about a size is no wrapping. */
static void calls_that_lie(void **state)
{
    (void)state;
    uint8_t call[4 + 5 * 32] = {0xef, 0x9e, 0x5e, 0x28};
    static const uint32_t honest[] = {32, 1, 32, 5};
    pt_wrapping found;
    for (size_t i = 0; i < 4; i++) {
        put_word(call + 4 + 32 * i, honest[i]);
    }
    pt_payload_unwrap(&found, call, sizeof call);
    assert_int_equal(found.offset, 4 + 4 * 32);
    assert_int_equal(found.size, 5);
    static const struct {
        size_t word;
        uint32_t lie;
    } lies[] = {{0, 161},        {0, UINT32_MAX}, {1, 0},          {2, 161},
                {2, UINT32_MAX}, {3, 33},         {3, UINT32_MAX}, {2, 97}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        put_word(call + 4 + 32 * lies[i].word, lies[i].lie);
        pt_payload_unwrap(&found, call, sizeof call);
        assert_int_equal(found.offset, 0);
        assert_int_equal(found.size, sizeof call);
        put_word(call + 4 + 32 * lies[i].word, honest[lies[i].word]);
    }
    for (size_t size = 0; size < 4 + 4 * 32 + 5;
         size++) { /* cut anywhere before the element ends */
        pt_payload_unwrap(&found, call, size);
        assert_int_equal(found.size, size);
    }
}

/* ---- typed data ---- */

static pt_exit encode(pt_typed_data *typed, const char *types, const char *data)
{
    static const char head[] = "{\"domain\":{},\"primaryType\":\"A\",\"types\":";
    char text[1024];
    pt_json document;
    pt_report report;
    (void)snprintf(text, sizeof text, "%s%s,\"data\":%s}", head, types, data);
    assert_int_equal(pt_json_parse(&document, "t", 0, text, strlen(text), &report), PT_OK);
    const pt_exit result = pt_typed_data_read(typed, &document, &report);
    json_decref(document.value);
    return result;
}

/* Types that are needed stand behind the first, by name, whatever order they are met in. */
static void types_are_sorted(void **state)
{
    (void)state;
    static const char wanted[] = "A(Z z,B[2] b)B(uint8 x)M(bool m)Z(M y)";
    uint8_t hash[32];
    pt_typed_data typed;
    assert_int_equal(
        encode(&typed,
               "{\"A\":[{\"name\":\"z\",\"type\":\"Z\"},{\"name\":\"b\",\"type\":"
               "\"B[2]\"}],\"Z\":[{\"name\":\"y\",\"type\":\"M\"}],\"B\":[{\"name\":"
               "\"x\",\"type\":\"uint8\"}],\"M\":[{\"name\":\"m\",\"type\":\"bool\"}]}",
               "{\"z\":{\"y\":{\"m\":true}},\"b\":[{\"x\":1},{\"x\":2}]}"),
        PT_OK);
    pl_keccak_of(hash, (const uint8_t *)wanted, sizeof wanted - 1);
    assert_memory_equal(typed.type_hash, hash, 32);
    pt_typed_data_free(&typed);
}

static void numbers_fit_their_type(void **state)
{
    (void)state;
    static const struct {
        const char *type, *value;
        int last; /* byte of the word, or -1: refused */
        int first;
    } rows[] = {
        {"int8", "\"-1\"", 0xff, 0xff},  {"int8", "-128", 0x80, 0xff},
        {"int8", "-129", -1, 0},         {"int8", "127", 0x7f, 0},
        {"int8", "128", -1, 0},          {"uint8", "255", 0xff, 0},
        {"uint8", "256", -1, 0},         {"uint8", "-1", -1, 0},
        {"int8", "\"-0\"", -1, 0},       {"int256", "\"-1\"", 0xff, 0xff},
        {"uint8", "\"0x1f\"", 0x1f, 0},  {"uint8", "1.0", -1, 0},
        {"uint7", "1", -1, 0},           {"bool", "1", -1, 0},
        {"bytes1", "\"0xab\"", 0, 0xab}, {"bytes1", "\"0xabcd\"", -1, 0},
        {"bytes33", "\"0xab\"", -1, 0},  {"uint264", "1", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char types[128], data[64];
        pt_typed_data typed;
        (void)snprintf(types, sizeof types, "{\"A\":[{\"name\":\"n\",\"type\":\"%s\"}]}",
                       rows[i].type);
        (void)snprintf(data, sizeof data, "{\"n\":%s}", rows[i].value);
        const pt_exit result = encode(&typed, types, data);
        assert_int_equal(result, rows[i].last < 0 ? PT_INPUT : PT_OK);
        if (result == PT_OK) {
            assert_int_equal(typed.encoded.size, 64);
            assert_int_equal(typed.encoded.data[63], rows[i].last);
            assert_int_equal(typed.encoded.data[32], rows[i].first);
        }
        pt_typed_data_free(&typed);
    }
}

/* ---- rules ---- */

/* Every format has its lines; a failed one is followed by open ones, and one that fails inside a
 * loop leaves the others of the loop open. */
static void rules_of_each_format(void **state)
{
    (void)state;
    for (unsigned format = 0; format < PL_FEED_FORMATS; format++) {
        pt_rule_line lines[PT_RULES_MAX];
        pt_check_end end = {.format = format, .stage = PT_STAGE_POLICY, .strict = true};
        size_t count = pt_rule_lines(lines, &end);
        assert_true(count >= 3);
        for (size_t i = 0; i < count; i++) {
            assert_true(lines[i].state == PT_RULE_OK || lines[i].state == PT_RULE_SKIPPED);
        }
        end.stage = PT_STAGE_READ;
        end.status = PL_REJECT_TRUNCATED;
        count = pt_rule_lines(lines, &end);
        assert_int_equal(lines[0].state, PT_RULE_FAILED);
        for (size_t i = 1; i < count; i++) {
            assert_int_equal(lines[i].state, PT_RULE_OPEN);
        }
    }
    pt_rule_line lines[PT_RULES_MAX];
    const pt_check_end end = {.format = PL_FEED_OCR1, .status = PL_REJECT_SIGNER_DUPLICATE};
    assert_true(pt_rule_lines(lines, &end) > 5);
    assert_int_equal(lines[2].state, PT_RULE_OK);     /* quorum           */
    assert_int_equal(lines[3].state, PT_RULE_OPEN);   /* each signature   */
    assert_int_equal(lines[4].state, PT_RULE_FAILED); /* none twice       */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_as_text),
        cmocka_unit_test(times_as_people_write_them),
        cmocka_unit_test(spans),
        cmocka_unit_test(prices_as_text),
        cmocka_unit_test(the_longest_price_fits),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(calls_that_lie),
        cmocka_unit_test(types_are_sorted),
        cmocka_unit_test(numbers_fit_their_type),
        cmocka_unit_test(rules_of_each_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
