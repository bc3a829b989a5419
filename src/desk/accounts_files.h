/*
 * The accounts' bytes in two files that are open already: each has a head with the number of the
 * save, the size and a hash, and then the content.  A save goes into the one that is not the
 * newest, and is durable when it returns; so a power cut in the middle of it leaves the one before.
 */
#ifndef ENTENTE_DESK_ACCOUNTS_FILES_H
#define ENTENTE_DESK_ACCOUNTS_FILES_H

#include "base/bytes.h"

#define ACCOUNTS_FILES_BYTES_MAX 16777216u

/*
 * The newest good content in `*content`, malloced; `*number` of its save.
 *   ENTENTE_ERR_NOT_FOUND   both files are empty
 *   ENTENTE_ERR_CORRUPT     none is good, and one at least is not empty
 *   ENTENTE_ERR_NO_MEMORY
 * Where one is damaged, `*is_damaged`: a save was cut off, or the disk is bad.
 */
MUST_USE enum entente_error accounts_files_load(
    const int files[static 2], uint8_t **content, size_t *size, uint64_t *number, bool *is_damaged);

/*
 * As save `number`, one more than the last.
 *   ENTENTE_ERR_DISK_FULL, ENTENTE_ERR_IO   the last one holds still
 */
MUST_USE enum entente_error accounts_files_save(
    const int files[static 2], struct bytes content, uint64_t number);

#endif
