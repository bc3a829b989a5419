/*
 * entente readout check: which paragraphs of a press report are word for word in a readout.  Against files
 * it needs nothing but the files; with --party the party's own desk is asked, which has all readouts.
 */
#include "documents/readout_check_json.h"

#include "base/text.h"
#include "cli/api/commands.h"
#include "cli/api/request.h"
#include "cli/files.h"
#include "text/show.h"

#include <stdlib.h>
#include <string.h>

const struct option options_readout_check[] = {
    {"readout", OPTION_VALUES, "FILE", "the text of a readout; several for several languages"},
    {"party", OPTION_VALUE, "DIR", "ask this party's desk, which has all readouts"}, API_OPTIONS,
    {NULL, OPTION_NOTHING, NULL, NULL}};

#define TEXTS_MAX 64u

struct checking {
    struct file_content report;
    struct file_content files[TEXTS_MAX];
    struct bytes texts[TEXTS_MAX];
    uint32_t count;
};

static enum entente_error
read_text(struct cli *cli, struct file_content *file, const char *path)
{
    enum entente_error error = files_read(file, path, READOUT_CHECK_REPORT_BYTES_MAX);

    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

static enum entente_error
read_texts(struct cli *cli, const struct arguments *arguments, struct checking *checking)
{
    const char *given;
    size_t at = 0;
    enum entente_error error = read_text(cli, &checking->report, arguments->words[0]);

    while (error == ENTENTE_OK && (given = arguments_next(arguments, "readout", &at)) != NULL) {
        if (checking->count == TEXTS_MAX)
            return cli_fail_because(cli, ENTENTE_ERR_USAGE, "at most %u readouts", TEXTS_MAX);
        struct file_content *file = &checking->files[checking->count];
        error = read_text(cli, file, given);
        checking->texts[checking->count++] = (struct bytes){file->data, file->size};
    }
    return error;
}

static void
print_indented(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        fputs("    ", out);
        show_line(out, (struct bytes){(const uint8_t *)text, size});
        fputc('\n', out);
        text += size + (text[size] == '\n');
    }
}

static enum entente_error
print(struct cli *cli, json_t *answer)
{
    json_t *paragraph;
    size_t i;

    if (answer == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (cli->json)
        return cli_print_json(cli, answer);
    json_array_foreach(json_object_get(answer, "paragraphs"), i, paragraph)
    {
        const char *is = json_string_value(json_object_get(paragraph, "is"));
        const char *text = json_string_value(json_object_get(paragraph, "text"));
        const char *readout = json_string_value(json_object_get(paragraph, "readout_text"));
        fprintf(cli->out, "%s\n", is != NULL ? is : "?");
        if (text != NULL)
            print_indented(cli->out, text);
        if (readout != NULL && is != NULL && strcmp(is, "verbatim") != 0) {
            fputs("  in the readout:\n", cli->out);
            print_indented(cli->out, readout);
        }
    }
    json_decref(answer);
    return ENTENTE_OK;
}

static enum entente_error
ask_desk(struct cli *cli, const struct arguments *arguments, const char *folder, json_t **answer)
{
    struct api_client *client;
    json_t *text = NULL;

    enum entente_error error = api_client_new(&client, cli, arguments, folder);
    if (error == ENTENTE_OK)
        error = api_text_of_file(cli, arguments->words[0], &text);
    if (error == ENTENTE_OK)
        error = api_request(client, "POST", "/rooms/{room}/readouts/check",
            json_pack("{s:o}", "text", text), answer);
    api_client_free(client);
    return error;
}

/* A file may hold what is no UTF-8: such a paragraph is judged, and cannot be shown. */
static json_t *
text_of_paragraph(struct bytes paragraph)
{
    return text_is_utf8(paragraph) ? json_of_text(paragraph) : json_null();
}

static enum entente_error
check_files(struct cli *cli, const struct arguments *arguments, json_t **answer)
{
    struct checking checking = {0};
    struct readout_check check;

    enum entente_error error = read_texts(cli, arguments, &checking);
    if (error == ENTENTE_OK) {
        struct bytes report = {checking.report.data, checking.report.size};
        error = readout_check(&check, report, checking.texts, checking.count);
        if (error == ENTENTE_OK) {
            *answer = readout_check_json(&check, text_of_paragraph);
            readout_check_free(&check);
        }
    }
    free(checking.report.data);
    for (uint32_t i = 0; i < checking.count; i++)
        free(checking.files[i].data);
    return error;
}

enum entente_error
command_readout_check(struct cli *cli, const struct arguments *arguments)
{
    const char *folder = arguments_value(arguments, "party");
    json_t *answer = NULL;
    enum entente_error error;

    if ((folder != NULL) == (arguments_value(arguments, "readout") != NULL))
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "give either --readout FILE... or --party DIR");
    if (folder != NULL)
        error = ask_desk(cli, arguments, folder, &answer);
    else
        error = check_files(cli, arguments, &answer);
    return error == ENTENTE_OK ? print(cli, answer) : error;
}
