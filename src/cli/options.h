/* What follows a command's name: words and options, checked against the command's own list. */
#ifndef ENTENTE_CLI_OPTIONS_H
#define ENTENTE_CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum option_takes {
    OPTION_NOTHING,
    OPTION_VALUE, /* at most once */
    OPTION_VALUES /* often, and all words up to the next option */
};

struct option {
    const char *name; /* without the two hyphens; NULL ends a list */
    enum option_takes takes;
    const char *value; /* what it is called in the help */
    const char *what;
};

struct given_option {
    const struct option *option;
    const char *value; /* NULL for OPTION_NOTHING */
};

struct arguments {
    int words_count;
    const char **words;
    size_t given_count;
    struct given_option *given;
};

/*
 * Sort `count` strings into words and options of the two lists, each of which may be NULL; borrows
 * the strings.  `--name value` and `--name=value` are the same; after `--` all are words; `-` is a
 * word. ENTENTE_ERR_USAGE       `*wrong` is the string that is no option, lacks its value, has one
 * too many or was given twice ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error arguments_parse(struct arguments *arguments,
    const struct option *options, const struct option *common, int count, char **strings,
    const char **wrong);
void arguments_free(struct arguments *arguments);

bool arguments_have(const struct arguments *arguments, const char *name);

/* The value of an option, or NULL where it was not given. */
const char *arguments_value(const struct arguments *arguments, const char *name);

/* One value after the other: `*at` begins with 0; NULL after the last. */
const char *arguments_next(const struct arguments *arguments, const char *name, size_t *at);

#endif
