/*
 * The command line: a table of commands, what they share, and how they answer.
 *
 * Every command writes what scripts read to `out` (one JSON value where --json was given), and what
 * people read to `talk`: why something failed, what to do next, progress.  Both are given, so that
 * a test can read them.
 */
#ifndef ENTENTE_CLI_CLI_H
#define ENTENTE_CLI_CLI_H

#include "base/bytes.h"
#include "cli/options.h"

#include <jansson.h>
#include <stdio.h>

struct cli {
    FILE *out;
    FILE *talk;
    bool json;
    bool failed; /* cli_fail() has said why */
};

struct command {
    const char *name;      /* "party create": a group and a verb, or one word */
    const char *arguments; /* its words, for the help */
    int words_min;
    int words_max; /* -1: any number */
    const char *what;
    const struct option *options; /* ended by a NULL name; may be NULL */
    const char *example;
    enum entente_error (*run)(struct cli *cli, const struct arguments *arguments);
};

/* All commands, in the order of the help; in commands.c. */
extern const struct command commands[];
extern const size_t commands_count;

/* The options by which the secret of a party's keys comes in: cli/secret_input.h. */
#define OPTION_KEY_FILE                                                                            \
    {                                                                                              \
        "key-file", OPTION_VALUE, "FILE", "unlock the keys with FILE instead of a passphrase"      \
    }

/*
 * Run the command that `strings` (without the program's name) ask for and return the exit status: 0
 * done, 1 asked for wrongly or not found, 2 this machine failed, 3 bad data.
 */
int cli_run(struct cli *cli, int count, char **strings);

/*
 * Say on `talk` in one line what failed, then why; returns `error`.  What is formatted may come
 * from outside: it is shown as show_line() shows it.  The line is: "entente: WHAT: the error's
 * text".
 */
enum entente_error cli_fail(struct cli *cli, enum entente_error error, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a text of our own in place of the error's. */
enum entente_error cli_fail_because(struct cli *cli, enum entente_error error, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* One line for people, shown as show_line() shows it; nothing where --json was given. */
void cli_say(struct cli *cli, const char *text, ...) __attribute__((format(printf, 2, 3)));

/*
 * Write `value` to `out` on one line of ASCII, and free it.  (All else is escaped, so that a value
 * from outside cannot act on a terminal and reads back to the byte.) ENTENTE_ERR_NO_MEMORY `value`
 * is NULL: it could not be made ENTENTE_ERR_IO
 */
MUST_USE enum entente_error cli_print_json(struct cli *cli, json_t *value);

/* JSON strings: text that is UTF-8, and bytes as hexadecimal digits.  NULL where memory is out. */
json_t *json_of_text(struct bytes text);
json_t *json_of_hex(const void *data, size_t size);

#endif
