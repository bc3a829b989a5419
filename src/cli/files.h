/* Files, written so that a power cut leaves the old one or the new one, never half of one. */
#ifndef ENTENTE_CLI_FILES_H
#define ENTENTE_CLI_FILES_H

#include "base/bytes.h"

#include <sys/types.h>

#define FILES_PATH_BYTES 4096

struct file_content {
    uint8_t *data; /* to be freed; NULL after an error */
    size_t size;
};

/*
 * Read a whole file, or standard input where `path` is "-".
 *   ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 *   ENTENTE_ERR_TOO_LARGE   over `size_max` bytes
 */
MUST_USE enum entente_error files_read(
    struct file_content *content, const char *path, size_t size_max);

/*
 * Write a file that was not there, durably, with its name.
 *   ENTENTE_ERR_EXISTS      it is there; it was not touched
 *   ENTENTE_ERR_NOT_FOUND   its folder is not there
 *   ENTENTE_ERR_READ_ONLY, ENTENTE_ERR_DISK_FULL, ENTENTE_ERR_IO; nothing is left behind
 */
MUST_USE enum entente_error files_write_new(const char *path, struct bytes content, mode_t mode);

/* Write a file, durably, in place of the one that was there or not.  Errors as files_write_new().
 */
MUST_USE enum entente_error files_replace(const char *path, struct bytes content, mode_t mode);

/* Rename, durably, within one folder. */
MUST_USE enum entente_error files_rename(const char *from, const char *to);

/* Make a folder (mode 0700).  Errors as files_write_new(). */
MUST_USE enum entente_error files_make_folder(const char *path);

/*
 * The paths of all files of `folder` whose names end with `ending`, sorted; none where there is no
 * such folder.  To be freed with files_list_free().
 */
struct files_list {
    char **paths;
    size_t count;
};
MUST_USE enum entente_error files_list(
    struct files_list *list, const char *folder, const char *ending);
void files_list_free(struct files_list *list);

/* "FOLDER/NAME"; false where it does not fit. */
MUST_USE bool files_path(char path[static FILES_PATH_BYTES], const char *folder, const char *name);

#endif
