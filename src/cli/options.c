#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

static const struct option *
find(const struct option *options, const char *name, size_t size)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strlen(options->name) == size && memcmp(options->name, name, size) == 0)
            return options;
    }
    return NULL;
}

static void
give(struct arguments *arguments, const struct option *option, const char *value)
{
    arguments->given[arguments->given_count++] = (struct given_option){option, value};
}

static bool
is_option(const char *string)
{
    return string[0] == '-' && string[1] == '-';
}

/* The option `strings[0]` and its values; `*used` of the strings, 0 where it is wrong. */
static void
take_option(struct arguments *arguments, const struct option *options, const struct option *common,
    int count, char **strings, int *used)
{
    const char *name = strings[0] + 2;
    size_t size = strcspn(name, "=");
    const char *joined = name[size] == '=' ? name + size + 1 : NULL;
    const struct option *option = find(options, name, size);

    *used = 0;
    if (option == NULL)
        option = find(common, name, size);
    if (option == NULL || (option->takes == OPTION_NOTHING && joined != NULL))
        return;
    if (option->takes != OPTION_VALUES && arguments_have(arguments, option->name))
        return;
    *used = 1;
    if (option->takes == OPTION_NOTHING || joined != NULL) {
        give(arguments, option, joined);
        return;
    }
    do {
        if (*used == count || is_option(strings[*used])) {
            *used = 0;
            return;
        }
        give(arguments, option, strings[(*used)++]);
    } while (option->takes == OPTION_VALUES && *used < count && !is_option(strings[*used]));
}

enum entente_error
arguments_parse(struct arguments *arguments, const struct option *options,
    const struct option *common, int count, char **strings, const char **wrong)
{
    *wrong = NULL;
    *arguments = (struct arguments){0};
    arguments->words = calloc((size_t)count + 1, sizeof *arguments->words);
    arguments->given = calloc((size_t)count + 1, sizeof *arguments->given);
    if (arguments->words == NULL || arguments->given == NULL) {
        arguments_free(arguments);
        return ENTENTE_ERR_NO_MEMORY;
    }
    bool are_words = false; /* all that follow */
    for (int i = 0; i < count;) {
        int used = 1;
        if (are_words || !is_option(strings[i]))
            arguments->words[arguments->words_count++] = strings[i];
        else if (strings[i][2] == '\0')
            are_words = true;
        else
            take_option(arguments, options, common, count - i, strings + i, &used);
        if (used == 0) {
            *wrong = strings[i];
            arguments_free(arguments);
            return ENTENTE_ERR_USAGE;
        }
        i += used;
    }
    return ENTENTE_OK;
}

void
arguments_free(struct arguments *arguments)
{
    free(arguments->words);
    free(arguments->given);
    *arguments = (struct arguments){0};
}

bool
arguments_have(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return true;
    }
    return false;
}

const char *
arguments_value(const struct arguments *arguments, const char *name)
{
    size_t at = 0;

    return arguments_next(arguments, name, &at);
}

const char *
arguments_next(const struct arguments *arguments, const char *name, size_t *at)
{
    while (*at < arguments->given_count) {
        const struct given_option *given = &arguments->given[(*at)++];
        if (strcmp(given->option->name, name) == 0)
            return given->value;
    }
    return NULL;
}
