#include "daemon/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum entente_error
program_find(char path[static PROGRAM_PATH_BYTES], const char *name, const char *programs,
    const char *build_folder)
{
    char own[3072];

    if (programs != NULL) {
        snprintf(path, PROGRAM_PATH_BYTES, "%s/%s", programs, name);
        return access(path, X_OK) == 0 ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;
    }
    ssize_t used = readlink("/proc/self/exe", own, sizeof own - 1);
    if (used <= 0)
        return ENTENTE_ERR_IO;
    own[used] = '\0';
    *strrchr(own, '/') = '\0';
    const char *folders[] = {".", "../libexec/entente", build_folder};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, PROGRAM_PATH_BYTES, "%s/%s/%s", own, folders[i], name);
        if (access(path, X_OK) == 0)
            return ENTENTE_OK;
    }
    return ENTENTE_ERR_NOT_FOUND;
}
