/* Where the other programs of a node are: installed, or in the build tree. */
#ifndef ENTENTE_DAEMON_PROGRAM_H
#define ENTENTE_DAEMON_PROGRAM_H

#include "base/bytes.h"

#define PROGRAM_PATH_BYTES 4096u

/*
 * The path of the program `name`: in the folder `programs`, or, where that is NULL, beside this
 * program, in its `../libexec/entente`, or in `build_folder`, which is where the build tree has it
 * as seen from this program's folder. ENTENTE_ERR_NOT_FOUND   none that may be executed
 *   ENTENTE_ERR_IO          this program cannot tell where it is itself
 */
MUST_USE enum entente_error program_find(char path[static PROGRAM_PATH_BYTES], const char *name,
    const char *programs, const char *build_folder);

#endif
