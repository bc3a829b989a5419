#include "support/test.h"

int test_failures;
static const char *skip_reason;

void
test_failed(const char *file, int line, const char *what)
{
    test_failures++;
    if (test_failures <= 20)
        printf("# %s:%d: %s\n", file, line, what);
}

void
test_skip(const char *why)
{
    skip_reason = why;
}

int
test_run(const struct test_case *cases, size_t count, int argc, char **argv)
{
    size_t number = 0;
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && argv[1][0] != '-' && strstr(cases[i].name, argv[1]) == NULL)
            continue;
        test_failures = 0;
        skip_reason = NULL;
        cases[i].run();
        if (skip_reason != NULL)
            printf("ok %zu %s # SKIP %s\n", ++number, cases[i].name, skip_reason);
        else
            printf("%s %zu %s\n", test_failures == 0 ? "ok" : "not ok", ++number, cases[i].name);
        failed += test_failures != 0;
    }
    printf("1..%zu\n", number);
    return failed == 0 ? 0 : 1;
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t
test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
