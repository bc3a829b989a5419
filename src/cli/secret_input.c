#include "cli/secret_input.h"

#include "crypto/secret.h"
#include "keyholder/keyfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CONTROL_C 0x03

/* ---- from a file ---- */

static enum entente_error
read_file(struct cli *cli, const char *path, struct secret_input *secret)
{
    enum entente_error error =
        private_file_read(AT_FDCWD, path, secret->memory, KEY_FILE_BYTES_MAX, &secret->size);

    if (error == ENTENTE_ERR_KEY_EXPOSED)
        return cli_fail_because(cli, error,
            "others can read the key file %s; make it yours alone: chmod 600 %s", path, path);
    if (error == ENTENTE_ERR_TOO_LARGE ||
        (error == ENTENTE_OK && secret->size < KEY_FILE_BYTES_MIN))
        return cli_fail_because(cli, ENTENTE_ERR_PASSPHRASE,
            "the key file %s must have %u to %u bytes, random ones; make it with: "
            "head -c 32 /dev/urandom > %s",
            path, KEY_FILE_BYTES_MIN, KEY_FILE_BYTES_MAX, path);
    secret->is_key_file = true;
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "key file %s", path);
}

/* ---- from the terminal ---- */

/*
 * One line without echo.  Signals from the keyboard are off while it is read, so that none ends us
 * with the terminal silent; Control-C ends the line instead.
 */
static enum entente_error
read_line(int terminal, const char *prompt, uint8_t *line, size_t *size)
{
    struct termios usual, silent;
    enum entente_error error = ENTENTE_ERR_IO;
    bool has_ended = false;

    *size = 0;
    if (tcgetattr(terminal, &usual) != 0)
        return ENTENTE_ERR_IO;
    silent = usual;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    silent.c_cc[VEOL] = CONTROL_C;
    if (write(terminal, prompt, strlen(prompt)) < 0 || tcsetattr(terminal, TCSAFLUSH, &silent) != 0)
        return ENTENTE_ERR_IO;
    while (!has_ended && *size < KEY_FILE_BYTES_MAX) {
        ssize_t got = read(terminal, line + *size, 1);
        if (got <= 0 || line[*size] == CONTROL_C)
            break;
        has_ended = line[*size] == '\n';
        *size += !has_ended;
    }
    if (has_ended)
        error = ENTENTE_OK;
    tcsetattr(terminal, TCSAFLUSH, &usual);
    (void)!write(terminal, "\n", 1);
    return error;
}

static enum entente_error
ask(struct cli *cli, int terminal, const char *prompt, bool is_new, struct secret_input *secret)
{
    uint8_t *again = secret_new(KEY_FILE_BYTES_MAX);
    size_t size = 0;

    if (again == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error =
        read_line(terminal, prompt, secret->memory, &secret->size);
    if (error == ENTENTE_OK && is_new)
        error = read_line(terminal, "The same again: ", again, &size);
    if (error != ENTENTE_OK)
        cli_fail_because(cli, error, "no passphrase was typed");
    else if (is_new && secret->size < SECRET_PASSPHRASE_BYTES_MIN)
        error = cli_fail_because(cli, ENTENTE_ERR_PASSPHRASE,
            "the passphrase has under %u characters; take several words that belong to no sentence",
            SECRET_PASSPHRASE_BYTES_MIN);
    else if (is_new && (size != secret->size || memcmp(again, secret->memory, size) != 0))
        error = cli_fail_because(cli, ENTENTE_ERR_PASSPHRASE, "these were two passphrases");
    secret_free(again);
    return error;
}

/* ---- either ---- */

const struct secret_source secret_of_party = {
    "key-file", "ENTENTE_KEY_FILE", "Passphrase of the party's keys: "};
const struct secret_source secret_of_holder = {
    "holder-key-file", "ENTENTE_HOLDER_KEY_FILE", "Passphrase of the holder's key: "};

enum entente_error
secret_input_take(struct cli *cli, const struct arguments *arguments,
    const struct secret_source *source, bool is_new, struct secret_input *secret)
{
    const char *path = arguments_value(arguments, source->option);
    enum entente_error error;

    if (path == NULL)
        path = getenv(source->environment);
    *secret = (struct secret_input){.memory = secret_new(KEY_FILE_BYTES_MAX)};
    if (secret->memory == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (path != NULL) {
        error = read_file(cli, path, secret);
    } else {
        int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        error = terminal >= 0
                    ? ask(cli, terminal, source->prompt, is_new, secret)
                    : cli_fail_because(cli, ENTENTE_ERR_NOT_FOUND,
                          "there is no terminal to ask for the passphrase: give --%s FILE or set %s",
                          source->option, source->environment);
        if (terminal >= 0)
            close(terminal);
    }
    if (error != ENTENTE_OK)
        secret_input_free(secret);
    return error;
}

void
secret_input_free(struct secret_input *secret)
{
    secret_free(secret->memory);
    *secret = (struct secret_input){0};
}

struct bytes
secret_input_bytes(const struct secret_input *secret)
{
    return (struct bytes){secret->memory, secret->size};
}
