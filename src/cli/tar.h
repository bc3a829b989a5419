/*
 * Reads tar archives out of memory: POSIX ustar, and GNU tar's older form as far as it agrees.
 *
 * Nothing is written to disk and no path is followed: an entry is a name and a view of its bytes.
 */
#ifndef ENTENTE_CLI_TAR_H
#define ENTENTE_CLI_TAR_H

#include "base/bytes.h"

#define TAR_BLOCK_BYTES 512u
#define TAR_NAME_BYTES_MAX 256u /* a prefix of 155 bytes, a slash, a name of 100 */

enum tar_kind {
    TAR_FILE,
    TAR_FOLDER,
    TAR_OTHER /* links, devices, extensions: of no use here, but not an error */
};

struct tar_entry {
    enum tar_kind kind;
    char name[TAR_NAME_BYTES_MAX + 1];
    struct bytes content; /* borrows from the archive */
};

struct tar {
    struct reader reader;
};

/* `archive` is borrowed for as long as the tar and its entries are used. */
struct tar tar_of(struct bytes archive);

/*
 * The next entry.  `*found` is false at the end, which is two blocks of zeros and nothing but zeros
 * after them.  Takes time linear in the entry's size, allocates nothing.
 *
 * Returns ENTENTE_OK, or an error with `*entry` zeroed and `*found` false:
 *   ENTENTE_ERR_TRUNCATED   the archive ends inside an entry or before its end mark
 *   ENTENTE_ERR_HASH        a header's checksum is wrong
 *   ENTENTE_ERR_MALFORMED   not a ustar header, a bad number, an empty name, or bytes after the end
 */
MUST_USE enum entente_error tar_next(struct tar *tar, struct tar_entry *entry, bool *found);

#endif
