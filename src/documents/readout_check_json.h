/* A checked report as JSON, as the API and the command line answer it (CheckAnswer of openapi.json). */
#ifndef ENTENTE_DOCUMENTS_READOUT_CHECK_JSON_H
#define ENTENTE_DOCUMENTS_READOUT_CHECK_JSON_H

#include "documents/readout_check.h"

#include <jansson.h>

/*
 * The answer without `readout` and `language`, which are null: who has checked against readouts that have
 * names sets them.  `text` makes a JSON string of a paragraph, or NULL where memory is out.  Copied out of `check`;
 * NULL: memory is out.
 */
json_t *readout_check_json(
    const struct readout_check *check, json_t *(*text)(struct bytes paragraph));

#endif
