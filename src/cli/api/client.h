/*
 * Requests to the desk's HTTP API, over the party's own Unix socket (DIR/api.sock), where the operator
 * needs no token; or over --url with a token from --token-file.  What openapi.json says is not said again
 * here: the desk checks, and its problem document is what the person reads.
 */
#ifndef ENTENTE_CLI_API_CLIENT_H
#define ENTENTE_CLI_API_CLIENT_H

#include "cli/cli.h"

struct api_client;

/* The options of every command that uses the API: where to ask, as whom, about which room. */
#define API_OPTIONS                                                                                \
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},        \
        {"as", OPTION_VALUE, "ACCOUNT", "act for this account of the party"},                      \
        {"url", OPTION_VALUE, "URL", "the desk's address, where it is on another machine"},        \
    {                                                                                              \
        "token-file", OPTION_VALUE, "FILE", "with --url: the file that holds the token"            \
    }

/*
 * The desk of the party in `folder`, borrowed, or at --url.  Connects with the first request.  Says itself what is
 * wrong; api_client_free(NULL) does nothing.
 */
MUST_USE enum entente_error api_client_new(
    struct api_client **client, struct cli *cli, const struct arguments *arguments, const char *folder);
void api_client_free(struct api_client *client);

/*
 * One request.  `path` begins behind /api/v1 and is percent-encoded already (api_path()); a `{room}` in
 * it becomes the room that was asked for.  `body`: taken over; NULL: none.  `*answer`: the JSON, to be
 * freed; NULL where the answer has none.  A POST carries an idempotency key, and is sent again while the
 * desk starts (at most API_RETRY_SECONDS), so that it is done once.
 * Says itself what is wrong:
 *   ENTENTE_ERR_NOT_RUNNING   nobody listens
 *   ENTENTE_ERR_USAGE, ENTENTE_ERR_NOT_FOUND   the desk's problem document, for 4xx
 *   ENTENTE_ERR_IO            5xx, or no answer
 */
#define API_RETRY_SECONDS 10
MUST_USE enum entente_error api_request(struct api_client *client, const char *method,
    const char *path, json_t *body, json_t **answer);

/* The same for an answer that is no JSON: written to `out`. */
MUST_USE enum entente_error api_download(struct api_client *client, const char *path, FILE *out);

/* Upload the file at `path` as the request's body, with progress on a terminal. */
MUST_USE enum entente_error api_upload(
    struct api_client *client, const char *path, const char *file, json_t **answer);

/* Add `text` to a path or query, percent-encoded (RFC 3986: all but unreserved characters). */
#define API_PATH_BYTES 2048
MUST_USE bool api_path_add(char path[static API_PATH_BYTES], const char *text, bool is_encoded);

#endif
