#include "base/error.h"

static const struct {
    const char *name;
    const char *text;
    enum entente_whose whose;
} errors[] = {
#define X(name, whose, text) {#name, text, ENTENTE_##whose},
    ENTENTE_ERRORS(X)
#undef X
};

const char *
entente_error_text(enum entente_error error)
{
    return error < ENTENTE_ERR_COUNT ? errors[error].text : "an unknown error";
}

const char *
entente_error_name(enum entente_error error)
{
    return error < ENTENTE_ERR_COUNT ? errors[error].name : "UNKNOWN";
}

enum entente_whose
entente_error_whose(enum entente_error error)
{
    return error < ENTENTE_ERR_COUNT ? errors[error].whose : ENTENTE_MACHINE;
}

int
entente_error_exit_status(enum entente_error error)
{
    static const int statuses[] = {
        [ENTENTE_NOBODY] = 0, [ENTENTE_USER] = 1, [ENTENTE_MACHINE] = 2, [ENTENTE_PEER] = 3};

    return statuses[entente_error_whose(error)];
}
