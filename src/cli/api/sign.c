/*
 * entente act sign, act withdraw: a holder's consent.  The key stays here; what it signs is computed
 * here too, from the texts that the person can read, so that a desk that shows one text and asks for a signature
 * under another is found out.
 */
#include "base/hex.h"
#include "cli/api/commands.h"
#include "cli/api/print.h"
#include "cli/api/request.h"
#include "cli/confirm.h"
#include "cli/holder_key.h"
#include "cli/issue.h"
#include "crypto/hash.h"
#include "format/fact.h"
#include "text/show.h"

#include <stdlib.h>
#include <string.h>

const struct option options_act_sign[] = {
    {"holder", OPTION_VALUE, "FILE", "the holder's key"},
    {"office", OPTION_VALUE, "OFFICE", "for which office; else the only one that is needed"},
    {"yes", OPTION_NOTHING, NULL, "do not ask"},
    {"holder-key-file", OPTION_VALUE, "FILE", "unlock the holder's key with FILE instead of a passphrase"},
    API_OPTIONS, {NULL, OPTION_NOTHING, NULL, NULL}};
const struct option options_act_withdraw[] = {
    {"holder", OPTION_VALUE, "FILE", "the holder's key, where a consent to withdraw is to be shown"},
    {"office", OPTION_VALUE, "OFFICE", "for which office; else the only one that is needed"},
    {"reason", OPTION_VALUE, "TEXT", "why"},
    {"language", OPTION_VALUE, "TAG", "language of the reason, BCP 47"},
    {"yes", OPTION_NOTHING, NULL, "do not ask"},
    {"holder-key-file", OPTION_VALUE, "FILE", "unlock the holder's key with FILE instead of a passphrase"},
    API_OPTIONS, {NULL, OPTION_NOTHING, NULL, NULL}};

struct signing {
    struct cli *cli;
    const struct arguments *arguments;
    struct api_client *client;
    bool withdraws;
    json_t *room, *act, *text, *asked; /* answers of the API */
    struct consent_terms terms;
};

static bool
read_hex(const json_t *object, const char *name, void *out, size_t size)
{
    const char *digits = json_string_value(json_object_get(object, name));

    return digits != NULL && hex_of_text(bytes_of_text(digits), out, size);
}

static enum entente_error
contradicts(struct cli *cli, const char *what)
{
    return cli_fail_because(cli, ENTENTE_ERR_HASH,
        "NOT SIGNED: %s; what the desk shows is not what it asks a signature for", what);
}

/* ---- the text, and its root ---- */

static int
by_language(const void *a, const void *b)
{
    return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "language")),
        json_string_value(json_object_get(*(json_t *const *)b, "language")));
}

static enum entente_error
add_language(struct signing *signing, struct writer *writer, const json_t *file)
{
    const char *text = json_string_value(json_object_get(file, "text"));
    const char *tag = json_string_value(json_object_get(file, "language"));
    const char *media_type = json_string_value(json_object_get(file, "media_type"));
    struct text_language language = {0};

    if (tag == NULL || media_type == NULL)
        return contradicts(signing->cli, "a language of the text is missing");
    if (text == NULL)
        return cli_fail_because(
            signing->cli, ENTENTE_ERR_INCOMPLETE, "the text in '%s' is not here yet (T2)", tag);
    struct bytes bytes = {(const uint8_t *)text,
        json_string_length(json_object_get(file, "text"))};
    language.tag = bytes_of_text(tag);
    language.media_type = bytes_of_text(media_type);
    language.is_authentic = json_is_true(json_object_get(file, "is_authentic"));
    language.size = (uint32_t)bytes.size;
    sha256_once(language.sha256.bytes, bytes);
    text_language_write(writer, &language);
    return writer->failed ? contradicts(signing->cli, "the text is too large") : ENTENTE_OK;
}

/* The root of the texts as they are shown, by rule T1. */
static enum entente_error
make_root(struct signing *signing, struct digest *root)
{
    static uint8_t list[FACT_LANGUAGES_MAX * 400];
    struct writer writer = writer_of(list, sizeof list);
    const json_t *files = json_object_get(signing->text, "files");
    const json_t *sorted[FACT_LANGUAGES_MAX];
    size_t count = json_array_size(files);
    struct digest nonce;
    struct fact fact = {0};
    enum entente_error error = ENTENTE_OK;

    if (count == 0 || count > FACT_LANGUAGES_MAX ||
        !read_hex(signing->text, "nonce", nonce.bytes, sizeof nonce.bytes))
        return contradicts(signing->cli, "the text is not whole");
    if (json_array_size(json_object_get(signing->text, "brackets")) > 0)
        return cli_fail_because(signing->cli, ENTENTE_ERR_USAGE,
            "the text has brackets: passages that are not agreed (A4)");
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(files, i);
    qsort(sorted, count, sizeof sorted[0], by_language);
    for (size_t i = 0; i < count && error == ENTENTE_OK; i++)
        error = add_language(signing, &writer, sorted[i]);
    fact.nonce = (struct bytes){nonce.bytes, sizeof nonce.bytes};
    fact.items = writer_written(&writer);
    fact.items_count = (uint16_t)count;
    if (error == ENTENTE_OK)
        fact_make_text_root(root, &fact);
    return error;
}

/* ---- what is to be signed ---- */

static enum entente_error
ask(struct signing *signing, const char *path, json_t **answer)
{
    return api_request(signing->client, "GET", path, NULL, answer);
}

/* The office that is asked for, or the only one that the act needs. */
static enum entente_error
find_office(struct signing *signing, const char **office)
{
    const json_t *offices = json_object_get(signing->act, "offices");

    *office = arguments_value(signing->arguments, "office");
    if (*office == NULL && json_array_size(offices) == 1)
        *office = json_string_value(json_array_get(offices, 0));
    return *office != NULL ? ENTENTE_OK
                           : cli_fail_because(signing->cli, ENTENTE_ERR_USAGE,
                                 "the act needs the consent of %zu offices: say which by --office",
                                 json_array_size(offices));
}

static enum entente_error
fetch(struct signing *signing)
{
    char path[API_PATH_BYTES] = "/rooms/{room}/acts/", text[API_PATH_BYTES] = "/rooms/{room}/texts/";
    const char *office = NULL;

    if (!api_path_add(path, signing->arguments->words[1], false))
        return cli_fail_because(signing->cli, ENTENTE_ERR_USAGE, "that is no act's id");
    enum entente_error error = ask(signing, "/rooms/{room}", &signing->room);
    if (error == ENTENTE_OK)
        error = ask(signing, path, &signing->act);
    const char *root = json_string_value(json_object_get(signing->act, "root"));
    if (error == ENTENTE_OK && (root == NULL || !api_path_add(text, root, false)))
        error = contradicts(signing->cli, "the act has no text");
    if (error == ENTENTE_OK)
        error = ask(signing, text, &signing->text);
    if (error == ENTENTE_OK)
        error = find_office(signing, &office);
    if (error == ENTENTE_OK &&
        (!api_path_add(path, "/consent?office=", true) || !api_path_add(path, office, false) ||
            !api_path_add(path, signing->withdraws ? "&purpose=withdraw" : "&purpose=sign", true)))
        error = cli_fail_because(signing->cli, ENTENTE_ERR_USAGE, "the office's name is too long");
    return error == ENTENTE_OK ? ask(signing, path, &signing->asked) : error;
}

/* The own party's id, by its slot in the room. */
static bool
read_party(const struct signing *signing, struct party_id *party)
{
    json_int_t slot = json_integer_value(json_object_get(signing->room, "slot"));
    const json_t *parties = json_object_get(signing->room, "parties");

    return read_hex(
        json_array_get(parties, (size_t)slot), "party", party->bytes, sizeof party->bytes);
}

/* The terms, each from what was asked for or computed, and whether the desk means the same. */
static enum entente_error
make_terms(struct signing *signing)
{
    struct consent_terms *terms = &signing->terms;
    uint8_t challenge[32], claimed[32];
    struct digest root, act;

    enum entente_error error = make_root(signing, &root);
    if (error != ENTENTE_OK)
        return error;
    if (!read_hex(signing->act, "root", terms->root.bytes, sizeof terms->root.bytes) ||
        memcmp(&root, &terms->root, sizeof root) != 0)
        return contradicts(signing->cli, "the act's root is not that of these texts");
    if (!read_hex(signing->act, "act", act.bytes, sizeof act.bytes) ||
        !read_hex(signing->room, "room", terms->room.bytes, sizeof terms->room.bytes) ||
        !read_party(signing, &terms->party))
        return contradicts(signing->cli, "the act, the room or the party is not named");
    terms->act = act;
    terms->office =
        (uint32_t)json_integer_value(json_object_get(signing->asked, "office_number"));
    terms->purpose = signing->withdraws ? CONSENT_WITHDRAW : CONSENT_SIGN;
    consent_make_challenge(challenge, terms);
    if (!read_hex(signing->asked, "challenge", claimed, sizeof claimed) ||
        memcmp(challenge, claimed, sizeof claimed) != 0)
        return contradicts(signing->cli, "the challenge is for something else");
    return ENTENTE_OK;
}

/* ---- showing it ---- */

static void
show_texts(FILE *out, const json_t *text)
{
    const json_t *files = json_object_get(text, "files");
    json_t *file;
    size_t i;

    json_array_foreach(files, i, file)
    {
        const char *body = json_string_value(json_object_get(file, "text"));
        fprintf(out, "\n---- %s%s ----\n", json_string_value(json_object_get(file, "language")),
            json_is_true(json_object_get(file, "is_authentic")) ? ", authentic" : ", translation");
        show_text(out, bytes_of_text(body != NULL ? body : ""));
        fputc('\n', out);
    }
}

static void
show_terms(const struct signing *signing)
{
    FILE *out = signing->cli->talk;
    uint8_t challenge[32];

    show_texts(out, signing->text);
    consent_make_challenge(challenge, &signing->terms);
    fprintf(out, "\n%s of %s, for the office of ", signing->withdraws ? "Withdrawal" : "Signature",
        json_string_value(json_object_get(signing->act, "kind")));
    const char *office = json_string_value(json_object_get(signing->asked, "office"));
    show_name(out, bytes_of_text(office != NULL ? office : ""));
    fprintf(out, "\n  text\n");
    show_fingerprint(out, "    ", signing->terms.root.bytes);
    fprintf(out, "  signed\n");
    show_fingerprint(out, "    ", challenge);
}

/* It is shown where somebody is asked. */
static enum entente_error
show_and_confirm(const struct signing *signing)
{
    if (!arguments_have(signing->arguments, "yes"))
        show_terms(signing);
    return confirm(signing->cli, signing->arguments, "Sign this? [y/N] ");
}

/* ---- signing ---- */

/* The consent, made with the holder's key, as the API takes it. */
static enum entente_error
make_consent(struct signing *signing, json_t **consent)
{
    const char *path = arguments_value(signing->arguments, "holder");
    struct holder_key holder;
    struct signature signature;

    if (path == NULL)
        return cli_fail_because(
            signing->cli, ENTENTE_ERR_USAGE, "--holder is missing: the key of who signs");
    enum entente_error error =
        holder_key_load(signing->cli, signing->arguments, path, &holder);
    if (error != ENTENTE_OK)
        return error;
    consent_sign(&signature, holder.pair.key, &signing->terms);
    *consent = json_pack("{s:O, s:o, s:o}", "office", json_object_get(signing->asked, "office"), "key",
        json_of_hex(holder.pair.public.bytes, sizeof holder.pair.public.bytes), "signature",
        json_of_hex(signature.bytes, sizeof signature.bytes));
    holder_key_free(&holder);
    return *consent != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

static enum entente_error
may_be_signed(const struct signing *signing)
{
    const char *rule = json_string_value(json_object_get(signing->asked, "rule"));
    const char *why = json_string_value(json_object_get(signing->asked, "why"));

    if (json_is_true(json_object_get(signing->asked, "can_sign")))
        return ENTENTE_OK;
    return cli_fail_because(signing->cli, ENTENTE_ERR_USAGE, "%s%s%s%s",
        why != NULL ? why : "it cannot be signed now", rule != NULL ? " (" : "",
        rule != NULL ? rule : "", rule != NULL ? ")" : "");
}

static enum entente_error
post(struct signing *signing, json_t *body)
{
    char path[API_PATH_BYTES] = "/rooms/{room}/acts/";
    json_t *answer;

    if (!api_path_add(path, signing->arguments->words[1], false) ||
        !api_path_add(path, signing->withdraws ? "/withdrawal" : "/signature", true))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = api_request(signing->client, "POST", path, body, &answer);
    return error == ENTENTE_OK ? api_print(signing->cli, NULL, answer) : error;
}

static void
end(struct signing *signing)
{
    json_decref(signing->room);
    json_decref(signing->act);
    json_decref(signing->text);
    json_decref(signing->asked);
    api_client_free(signing->client);
}

/* What is to be signed, fetched, checked and shown. */
static enum entente_error
begin(struct signing *signing, struct cli *cli, const struct arguments *arguments, bool withdraws)
{
    *signing = (struct signing){.cli = cli, .arguments = arguments, .withdraws = withdraws};
    enum entente_error error = api_client_new(&signing->client, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = fetch(signing);
    if (error == ENTENTE_OK)
        error = may_be_signed(signing);
    if (error == ENTENTE_OK)
        error = make_terms(signing);
    return error == ENTENTE_OK ? show_and_confirm(signing) : error;
}

enum entente_error
command_act_sign(struct cli *cli, const struct arguments *arguments)
{
    struct signing signing;
    json_t *consent = NULL;

    enum entente_error error = begin(&signing, cli, arguments, false);
    if (error == ENTENTE_OK)
        error = make_consent(&signing, &consent);
    if (error == ENTENTE_OK)
        error = post(&signing, json_pack("{s:[o]}", "consents", consent));
    end(&signing);
    return error;
}

/* To withdraw needs no consent (A3); who gives one shows that the holder stands behind it. */
enum entente_error
command_act_withdraw(struct cli *cli, const struct arguments *arguments)
{
    const char *reason = arguments_value(arguments, "reason"),
               *language = arguments_value(arguments, "language");
    struct signing signing = {.cli = cli, .arguments = arguments, .withdraws = true};
    json_t *body = json_object(), *consent = NULL;
    enum entente_error error;

    if (arguments_value(arguments, "holder") != NULL) {
        error = begin(&signing, cli, arguments, true);
        if (error == ENTENTE_OK)
            error = make_consent(&signing, &consent);
        if (error == ENTENTE_OK)
            json_object_set_new(body, "consents", json_pack("[o]", consent));
    } else {
        error = api_client_new(&signing.client, cli, arguments, arguments->words[0]);
    }
    if (reason != NULL)
        json_object_set_new(body, "reason", json_string(reason));
    if (language != NULL)
        json_object_set_new(body, "language", json_string(language));
    if (error == ENTENTE_OK)
        error = post(&signing, json_incref(body));
    json_decref(body);
    end(&signing);
    return error;
}
