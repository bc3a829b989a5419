/* Answers of the API as people read them. */
#ifndef ENTENTE_CLI_API_PRINT_H
#define ENTENTE_CLI_API_PRINT_H

#include "cli/cli.h"

/*
 * Print `answer`, which is taken over; with --json as it came.  `shows` says what people see of it:
 *   NULL                  what was written: the id of what it made, else of its entry
 *   "all"                 every field, a line each, lists as tables
 *   "LIST: A B C"         a table of the list LIST with the columns A, B and C
 */
MUST_USE enum entente_error api_print(struct cli *cli, const char *shows, json_t *answer);

#endif
