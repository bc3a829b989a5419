/* The files of a store that were opened before: how SQLite is made to use them. */
#ifndef ENTENTE_STORE_HANDED_H
#define ENTENTE_STORE_HANDED_H

#include "store/store.h"

/* Under this name SQLite opens the files that were handed over last. */
#define HANDED_PATH "/entente-handed"

/* `files` is copied; its descriptors are borrowed.  False where SQLite does not let itself be told. */
MUST_USE bool handed_install(const struct store_files *files);

#endif
