/*
 * Commands that are one request: which one, and how words and options become its fields, stand in a
 * table (table.c).  So a new command is a few lines there, and its help follows from them.
 */
#ifndef ENTENTE_CLI_API_REQUEST_H
#define ENTENTE_CLI_API_REQUEST_H

#include "cli/api/client.h"

enum field_kind {
    FIELD_TEXT,    /* as it was given; "-" as a whole: standard input */
    FIELD_TEXTS,   /* a list of them */
    FIELD_NUMBER,  /* a whole number */
    FIELD_FLAG,    /* true where the option is given */
    FIELD_PARTY,   /* a party's name, id or slot: its slot */
    FIELD_PARTIES, /* a list of them */
    FIELD_FIXED,   /* always this text */
    FIELD_PERSONS  /* a list of PARTY:NAME, as spokespersons */
};

/* The fields that are words have `word` from 1, behind the folder; all others are options. */
struct field {
    const char *json; /* the field's name in the body, or of the query's parameter */
    enum field_kind kind;
    uint8_t word;
    bool is_required;
    const char *option;
    const char *value; /* what the help calls it; FIELD_FIXED: the text */
    const char *what;
};

struct api_command {
    struct command command; /* its options come from the fields */
    const char *method;
    const char *path;           /* {1}, {2}: words; the query comes from the fields of a GET */
    const struct field *fields; /* ended by a NULL name; may be NULL */
    const char *shows;          /* of a GET: see print.h */
};

extern const struct api_command api_commands[];
extern const size_t api_commands_count;

/* The options of a command, into `options`; ended by a NULL name. */
#define API_OPTIONS_MAX 24
void api_command_options(
    const struct api_command *command, struct option options[static API_OPTIONS_MAX]);

/* Runs any command of the table. */
MUST_USE enum entente_error api_command_run(
    const struct api_command *command, struct cli *cli, const struct arguments *arguments);

/* The body that the fields make.  Says itself what is wrong. */
MUST_USE enum entente_error api_body(struct api_client *client, struct cli *cli,
    const struct field *fields, const struct arguments *arguments, json_t **body);

/* The slot of the party that `named` means: its name, id or slot.  Says itself what is wrong. */
MUST_USE enum entente_error api_party(
    struct api_client *client, struct cli *cli, const char *named, json_int_t *slot);

/* All of a file's text, or of standard input for "-": UTF-8.  Says itself what is wrong. */
MUST_USE enum entente_error api_text_of_file(struct cli *cli, const char *path, json_t **text);

#endif
