#include "cli/api/client.h"

#include "base/hex.h"
#include "cli/files.h"
#include "crypto/random.h"
#include "text/show.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 134217728u
#define TOKEN_BYTES_MAX 256u
#define SILENCE_SECONDS 60L
#define RETRY_PAUSE_MS 100

struct api_client {
    struct cli *cli;
    CURL *curl;
    const char *base; /* of the URL, without a slash at its end */
    const char *folder;
    int directory; /* of the folder: a socket's name has at most 107 bytes, a path may have more */
    char socket[64];
    char room[72];
    struct curl_slist *headers; /* of every request */
};

/* ---- where answers go ---- */

struct answer {
    FILE *out; /* NULL: gathered in `data` */
    FILE *gathered;
    char *data;
    size_t size;
    CURL *curl;
};

/* Errors are gathered, whatever is to be downloaded. */
static size_t
take(char *data, size_t one, size_t size, void *state)
{
    struct answer *answer = state;
    long status = 0;

    (void)one;
    curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (answer->out != NULL && status < 400)
        return fwrite(data, 1, size, answer->out);
    if (answer->size + size > ANSWER_BYTES_MAX || answer->gathered == NULL)
        return 0;
    size_t taken = fwrite(data, 1, size, answer->gathered);
    fflush(answer->gathered);
    return taken;
}

/* ---- the client ---- */

static enum entente_error
read_token(struct api_client *client, const char *path)
{
    struct file_content content;
    char header[TOKEN_BYTES_MAX + 32];

    enum entente_error error = files_read(&content, path, TOKEN_BYTES_MAX);
    if (error != ENTENTE_OK)
        return cli_fail(client->cli, error, "token file %s", path);
    while (content.size > 0 && content.data[content.size - 1] <= ' ')
        content.size--;
    snprintf(header, sizeof header, "Authorization: Bearer %.*s", (int)content.size,
        (const char *)content.data);
    free(content.data);
    client->headers = curl_slist_append(client->headers, header);
    return client->headers != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

static enum entente_error
set_account(struct api_client *client, const char *account)
{
    char header[128];
    int size = snprintf(header, sizeof header, "Entente-Account: %s", account);

    for (const char *c = account; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            size = -1;
    if (size < 0 || (size_t)size >= sizeof header)
        return cli_fail_because(
            client->cli, ENTENTE_ERR_USAGE, "--as takes an account's name, such as secretary");
    client->headers = curl_slist_append(client->headers, header);
    return client->headers != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

static enum entente_error
set_up(struct api_client *client, const struct arguments *arguments)
{
    const char *token = arguments_value(arguments, "token-file"),
               *account = arguments_value(arguments, "as"), *room = arguments_value(arguments, "room");
    enum entente_error error = ENTENTE_OK;

    client->base = arguments_value(arguments, "url");
    client->curl = curl_easy_init();
    client->headers = curl_slist_append(NULL, "Accept: application/json, */*");
    if (client->curl == NULL || client->headers == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (room != NULL && strlen(room) > 64)
        return cli_fail_because(client->cli, ENTENTE_ERR_USAGE,
            "--room takes the digits that 'entente consultation list' shows");
    snprintf(client->room, sizeof client->room, "%s", room != NULL ? room : "only");
    if (client->base == NULL) {
        client->base = "http://localhost";
        client->directory = open(client->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (client->directory < 0)
            return cli_fail(client->cli, ENTENTE_ERR_NOT_FOUND, "%s", client->folder);
        snprintf(client->socket, sizeof client->socket, "/proc/self/fd/%d/api.sock",
            client->directory);
    }
    if (token != NULL)
        error = read_token(client, token);
    return error == ENTENTE_OK && account != NULL ? set_account(client, account) : error;
}

enum entente_error
api_client_new(struct api_client **client, struct cli *cli, const struct arguments *arguments,
    const char *folder)
{
    *client = calloc(1, sizeof **client);
    if (*client == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*client)->cli = cli;
    (*client)->folder = folder;
    (*client)->directory = -1;
    enum entente_error error = set_up(*client, arguments);
    if (error == ENTENTE_OK)
        return error;
    api_client_free(*client);
    *client = NULL;
    return error;
}

void
api_client_free(struct api_client *client)
{
    if (client == NULL)
        return;
    curl_slist_free_all(client->headers);
    if (client->curl != NULL)
        curl_easy_cleanup(client->curl);
    if (client->directory >= 0)
        close(client->directory);
    free(client);
}

/* ---- paths ---- */

bool
api_path_add(char path[static API_PATH_BYTES], const char *text, bool is_encoded)
{
    size_t used = strlen(path);

    for (const char *c = text; *c != '\0'; c++) {
        bool is_plain = is_encoded || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') || strchr("-._~", *c) != NULL;
        if (used + 4 > API_PATH_BYTES)
            return false;
        used += (size_t)snprintf(
            path + used, 4, is_plain ? "%c" : "%%%02X", is_plain ? *c : (uint8_t)*c);
    }
    return true;
}

/* Base, /api/v1 and the path with its room. */
static char *
make_url(const struct api_client *client, const char *path)
{
    const char *room = strstr(path, "{room}");
    size_t size = strlen(client->base) + strlen(path) + sizeof client->room + 16;
    char *url = malloc(size);

    if (url == NULL)
        return NULL;
    if (room == NULL)
        snprintf(url, size, "%s/api/v1%s", client->base, path);
    else
        snprintf(url, size, "%s/api/v1%.*s%s%s", client->base, (int)(room - path), path,
            client->room, room + strlen("{room}"));
    return url;
}

/* ---- what went wrong ---- */

static const char *
text_of(const json_t *problem, const char *name)
{
    const char *text = json_string_value(json_object_get(problem, name));

    return text != NULL ? text : "";
}

/* The problem document as one line, and what it stands for. */
static enum entente_error
refused(struct api_client *client, long status, const struct answer *answer)
{
    json_t *problem = json_loadb(answer->data, answer->size, 0, NULL);
    const char *detail = text_of(problem, "detail"), *title = text_of(problem, "title"),
               *field = text_of(problem, "field"), *rule = text_of(problem, "rule");
    bool is_named = field[0] == '\0' || strstr(detail, field) != NULL;
    enum entente_error error = status == 404 ? ENTENTE_ERR_NOT_FOUND
                               : status < 500 ? ENTENTE_ERR_USAGE
                                              : ENTENTE_ERR_IO;

    if (title[0] == '\0' && detail[0] == '\0')
        error = cli_fail_because(client->cli, error, "the desk answers with status %ld", status);
    else
        error = cli_fail_because(client->cli, error, "%s%s%s%s%s%s",
            detail[0] != '\0' ? detail : title, rule[0] != '\0' ? " (" : "", rule,
            rule[0] != '\0' ? ")" : "", is_named ? "" : " at ", is_named ? "" : field);
    json_decref(problem);
    return error;
}

static enum entente_error
no_answer(struct api_client *client, CURLcode code)
{
    if (code == CURLE_COULDNT_CONNECT && client->directory >= 0)
        return cli_fail_because(client->cli, ENTENTE_ERR_NOT_RUNNING,
            "no node runs in %s: start it with 'entente serve %s'", client->folder, client->folder);
    if (code == CURLE_WRITE_ERROR)
        return cli_fail(client->cli, errno == ENOSPC ? ENTENTE_ERR_DISK_FULL : ENTENTE_ERR_IO,
            "the answer");
    return cli_fail_because(
        client->cli, ENTENTE_ERR_IO, "the desk does not answer: %s", curl_easy_strerror(code));
}

/* ---- a request ---- */

static void
prepare(struct api_client *client, const char *url, const char *method, struct answer *answer)
{
    CURL *curl = client->curl;

    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_SECONDS);
    if (client->directory >= 0)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    answer->curl = curl;
}

/* Whether it is known that nothing was done, or harmless that it was: then it can be sent again. */
static bool
may_come_again(CURLcode code, long status)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
           code == CURLE_SEND_ERROR || (code == CURLE_OK && status == 503);
}

static uint64_t
steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Perform what was prepared, again and again while the desk starts. */
static enum entente_error
perform(struct api_client *client, struct answer *answer, bool retries)
{
    uint64_t end = steady_ms() + API_RETRY_SECONDS * 1000;
    const struct timespec pause = {0, RETRY_PAUSE_MS * 1000000L};
    long status = 0;
    CURLcode code;

    for (;;) {
        answer->gathered = open_memstream(&answer->data, &answer->size);
        if (answer->gathered == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        code = curl_easy_perform(client->curl);
        fclose(answer->gathered);
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
        bool is_down = code == CURLE_COULDNT_CONNECT && client->directory >= 0 &&
                       faccessat(client->directory, "api.sock", F_OK, 0) != 0;
        if (!retries || is_down || !may_come_again(code, status) || steady_ms() >= end)
            break;
        free(answer->data);
        answer->data = NULL;
        nanosleep(&pause, NULL);
    }
    if (code != CURLE_OK)
        return no_answer(client, code);
    return status >= 400 ? refused(client, status, answer) : ENTENTE_OK;
}

static enum entente_error
json_of_answer(struct api_client *client, const struct answer *answer, json_t **value)
{
    json_error_t wrong;

    *value = NULL;
    if (answer->size == 0)
        return ENTENTE_OK;
    *value = json_loadb(answer->data, answer->size, JSON_REJECT_DUPLICATES, &wrong);
    return *value != NULL ? ENTENTE_OK
                          : cli_fail_because(client->cli, ENTENTE_ERR_MALFORMED,
                                "the desk's answer is no JSON: %s", wrong.text);
}

static struct curl_slist *
add_header(struct curl_slist *headers, const char *header)
{
    struct curl_slist *grown = curl_slist_append(headers, header);

    if (grown == NULL)
        curl_slist_free_all(headers);
    return grown;
}

/* The client's headers, and those of this request. */
static struct curl_slist *
headers_of(const struct api_client *client, bool has_body, const char *media_type, bool has_key)
{
    char header[96] = "Idempotency-Key: ";
    uint8_t key[16];
    struct curl_slist *headers = NULL;

    for (const struct curl_slist *one = client->headers; one != NULL; one = one->next)
        if ((headers = add_header(headers, one->data)) == NULL)
            return NULL;
    headers = add_header(headers, "Expect:"); /* no round trip for leave to send */
    if (headers != NULL && has_body) {
        char type[96];
        snprintf(type, sizeof type, "Content-Type: %s", media_type);
        headers = add_header(headers, type);
    }
    if (headers == NULL || !has_key || random_bytes(key, sizeof key) != ENTENTE_OK)
        return headers;
    hex_to_text(header + strlen(header), key, sizeof key);
    return add_header(headers, header);
}

enum entente_error
api_request(struct api_client *client, const char *method, const char *path, json_t *body,
    json_t **answer)
{
    struct answer gathered = {0};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    char *url = make_url(client, path);
    struct curl_slist *headers =
        headers_of(client, body != NULL, "application/json", strcmp(method, "POST") == 0);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *answer = NULL;
    if (url != NULL && headers != NULL && (body == NULL || text != NULL)) {
        prepare(client, url, method, &gathered);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
        if (text != NULL)
            curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, text);
        error = perform(client, &gathered, true);
    }
    if (error == ENTENTE_OK)
        error = json_of_answer(client, &gathered, answer);
    curl_slist_free_all(headers);
    free(gathered.data);
    free(url);
    free(text);
    json_decref(body);
    return error;
}

enum entente_error
api_download(struct api_client *client, const char *path, FILE *out)
{
    struct answer answer = {.out = out};
    char *url = make_url(client, path);
    struct curl_slist *headers = headers_of(client, false, NULL, false);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (url != NULL && headers != NULL) {
        prepare(client, url, "GET", &answer);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
        error = perform(client, &answer, false);
    }
    curl_slist_free_all(headers);
    free(answer.data);
    free(url);
    return error;
}

/* ---- uploads ---- */

static int
show_progress(void *state, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up)
{
    const struct api_client *client = state;

    (void)all_down;
    (void)down;
    if (all_up > 0)
        fprintf(client->cli->talk, "\r%lld of %lld MB", (long long)(up >> 20),
            (long long)(all_up >> 20));
    return 0;
}

enum entente_error
api_upload(struct api_client *client, const char *path, const char *file, json_t **answer)
{
    struct answer gathered = {0};
    FILE *in = fopen(file, "rb");
    char *url = make_url(client, path);
    struct curl_slist *headers = headers_of(client, true, "application/octet-stream", false);
    bool is_seen = !client->cli->json && isatty(fileno(client->cli->talk));
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *answer = NULL;
    if (in == NULL)
        error = cli_fail(client->cli, ENTENTE_ERR_NOT_FOUND, "%s", file);
    else if (url != NULL && headers != NULL && fseeko(in, 0, SEEK_END) == 0) {
        prepare(client, url, "POST", &gathered);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(client->curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, "POST");
        curl_easy_setopt(client->curl, CURLOPT_READDATA, in);
        curl_easy_setopt(client->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ftello(in));
        curl_easy_setopt(client->curl, CURLOPT_NOPROGRESS, is_seen ? 0L : 1L);
        curl_easy_setopt(client->curl, CURLOPT_XFERINFOFUNCTION, show_progress);
        curl_easy_setopt(client->curl, CURLOPT_XFERINFODATA, client);
        rewind(in);
        error = perform(client, &gathered, false);
        if (is_seen)
            fputc('\n', client->cli->talk);
    }
    if (error == ENTENTE_OK)
        error = json_of_answer(client, &gathered, answer);
    if (in != NULL)
        fclose(in);
    curl_slist_free_all(headers);
    free(gathered.data);
    free(url);
    return error;
}
