/* As much of cmocka as the unit tests of vm/ use, for processors that have no library of it: the
 * first failure ends the program with 1, the last line counts the tests. Nothing here jumps. */
#ifndef TESTS_CROSS_CMOCKA_H
#define TESTS_CROSS_CMOCKA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL                                                                          \
    }
#define cmocka_unit_test_setup(f, setup)                                                           \
    {                                                                                              \
#f, f, setup, NULL                                                                         \
    }
#define cmocka_unit_test_setup_teardown(f, setup, end)                                             \
    {                                                                                              \
#f, f, setup, end                                                                          \
    }
#define cmocka_run_group_tests(tests, setup, end)                                                  \
    cross_run_tests(tests, sizeof(tests) / sizeof(tests)[0], setup, end)
#define cmocka_run_group_tests_name(name, tests, setup, end)                                       \
    cmocka_run_group_tests(tests, setup, end)

#define print_error(...) (void)fprintf(stderr, __VA_ARGS__)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        (void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                      \
        (void)fprintf(stderr, __VA_ARGS__);                                                        \
        (void)fprintf(stderr, "\n");                                                               \
        exit(1);                                                                                   \
    } while (0)
#define CROSS_WANT(holds, text)                                                                    \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fail_msg("%s", text);                                                                  \
        }                                                                                          \
    } while (0)

#define assert_true(x)                   CROSS_WANT(x, #x)
#define assert_false(x)                  CROSS_WANT(!(x), "not " #x)
#define assert_null(x)                   CROSS_WANT((x) == NULL, #x " is NULL")
#define assert_non_null(x)               CROSS_WANT((x) != NULL, #x " is not NULL")
#define assert_int_equal(x, y)           CROSS_WANT((uintmax_t)(x) == (uintmax_t)(y), #x " == " #y)
#define assert_int_not_equal(x, y)       CROSS_WANT((uintmax_t)(x) != (uintmax_t)(y), #x " != " #y)
#define assert_memory_equal(x, y, n)     CROSS_WANT(memcmp(x, y, n) == 0, #x " has bytes of " #y)
#define assert_memory_not_equal(x, y, n) CROSS_WANT(memcmp(x, y, n) != 0, #x " is not " #y)
#define assert_string_equal(x, y)        CROSS_WANT(strcmp(x, y) == 0, #x " has the text " #y)

static int cross_run_tests(const struct CMUnitTest *tests, size_t count, int (*setup)(void **state),
                           int (*end)(void **state))
{
    void *group = NULL;
    CROSS_WANT(setup == NULL || setup(&group) == 0, "the group's setup");
    for (size_t i = 0; i < count; i++) {
        void *state = group;
        CROSS_WANT(tests[i].setup == NULL || tests[i].setup(&state) == 0, tests[i].name);
        tests[i].run(&state);
        CROSS_WANT(tests[i].teardown == NULL || tests[i].teardown(&state) == 0, tests[i].name);
    }
    CROSS_WANT(end == NULL || end(&group) == 0, "the group's end");
    (void)printf("%u tests\n", (unsigned)count);
    return 0;
}

#endif
