/*
 * Goal: what a fuzzer once found stays fixed, under every compiler.
 * Method: run a target over each file of its corpus; a broken promise ends the program, and with it
 * the test.  TAP, one line a file.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_input(const struct dirent *file)
{
    return file->d_name[0] != '.';
}

/* The file is copied into memory of exactly its size: see fuzz_memory(). */
static bool
replay(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data = NULL;
    bool done = false;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        goto out;
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto out;
    data = fuzz_memory((size_t)size);
    if (fread(data, 1, (size_t)size, file) != (size_t)size)
        goto out;
    done = LLVMFuzzerTestOneInput(data, (size_t)size) == 0;

out:
    free(data);
    if (file != NULL)
        fclose(file);
    return done;
}

int
main(int argc, char **argv)
{
    struct dirent **files;
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2)
        return 1;
    int count = scandir(argv[1], &files, is_input, compare_names);
    if (count <= 0) {
        printf("Bail out! no corpus in %s\n", argv[1]);
        return 1;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        bool done = replay(argv[1], files[i]->d_name);
        printf("%s %d %s\n", done ? "ok" : "not ok", i + 1, files[i]->d_name);
        failed += !done;
        free(files[i]);
    }
    free(files);
    return failed == 0 ? 0 : 1;
}
