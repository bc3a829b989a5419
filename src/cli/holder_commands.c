/* entente holder: a person's own key. */
#include "base/text.h"
#include "cli/command.h"
#include "cli/holder_key.h"

#include <stdlib.h>
#include <string.h>

static enum entente_error
write_card(struct cli *cli, const char *path, const struct holder_key *holder)
{
    uint8_t card[HOLDER_CARD_BYTES_MAX];
    struct writer writer = writer_of(card, sizeof card);

    holder_card_write(&writer, holder->pair.key, &holder->pair.public, holder->name);
    enum entente_error error = files_write_new(path, writer_written(&writer), 0644);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

static enum entente_error
report(struct cli *cli, struct bytes name, const struct public_key *key)
{
    if (cli->json)
        return cli_print_json(cli, json_of_holder(name, key));
    holder_print(cli->out, name, key);
    return ENTENTE_OK;
}

enum entente_error
command_holder_new(struct cli *cli, const struct arguments *arguments)
{
    const char *name = arguments_value(arguments, "name"), *card = arguments_value(arguments, "card");
    struct holder_key holder = {0};
    struct secret_input secret;

    if (name == NULL || name[0] == '\0' || strlen(name) > HOLDER_NAME_BYTES_MAX ||
        !text_is_utf8(bytes_of_text(name)))
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "--name is the person's name, UTF-8, at most %u bytes", HOLDER_NAME_BYTES_MAX);
    enum entente_error error = secret_input_take(cli, arguments, &secret_of_holder, true, &secret);
    if (error == ENTENTE_OK)
        error = holder_key_make(cli, arguments->words[0], bytes_of_text(name), &secret, &holder);
    if (error == ENTENTE_OK && card != NULL)
        error = write_card(cli, card, &holder);
    if (error == ENTENTE_OK)
        error = report(cli, holder.name, &holder.pair.public);
    if (error == ENTENTE_OK && card != NULL)
        cli_say(cli, "%s is the card; give it to who appoints, and compare the digits by voice", card);
    holder_key_free(&holder);
    secret_input_free(&secret);
    return error;
}

enum entente_error
command_holder_card(struct cli *cli, const struct arguments *arguments)
{
    struct holder_key holder;

    enum entente_error error = holder_key_load(cli, arguments, arguments->words[0], &holder);
    if (error == ENTENTE_OK)
        error = write_card(cli, arguments->words[1], &holder);
    if (error == ENTENTE_OK)
        error = report(cli, holder.name, &holder.pair.public);
    holder_key_free(&holder);
    return error;
}

enum entente_error
command_holder_show(struct cli *cli, const struct arguments *arguments)
{
    struct file_content content = {0};
    struct holder_card card;

    enum entente_error error = holder_card_read(cli, arguments->words[0], &content, &card);
    if (error == ENTENTE_OK)
        error = report(cli, card.name, &card.key);
    free(content.data);
    return error;
}
