#include "confine/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER_KEYHOLDER 62100
#define USER_NODE 62101
#define USER_DESK 62102

/* What every process of ours needs: memory, time, waiting, its open files, and ending. */
static const int calls_common[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(close), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(futex), SCMP_SYS(brk), SCMP_SYS(mmap),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(getrandom), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fcntl), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq), SCMP_SYS(ioctl), SCMP_SYS(accept4), SCMP_SYS(shutdown),
};

/* The store's files, sockets to other nodes, names of hosts, libuv's helper threads. */
static const int calls_node[] = {
    SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access),
    SCMP_SYS(faccessat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(getcwd), SCMP_SYS(readlink),
    SCMP_SYS(geteuid), SCMP_SYS(getuid), SCMP_SYS(getegid), SCMP_SYS(getgid), SCMP_SYS(umask),
    SCMP_SYS(mkdir), SCMP_SYS(utimensat), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(accept),
    SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(clone), SCMP_SYS(clone3),
    SCMP_SYS(set_robust_list), SCMP_SYS(pipe2), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getdents64), SCMP_SYS(statx), SCMP_SYS(prlimit64), SCMP_SYS(fstatfs),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(prctl), SCMP_SYS(socketpair), SCMP_SYS(sendmmsg),
    SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(membarrier),
};

static enum entente_error
allow(const int *own, size_t own_count)
{
    enum entente_error error = ENTENTE_ERR_IO;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (size_t i = 0; i < sizeof calls_common / sizeof calls_common[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls_common[i], 0) != 0)
            goto out;
    for (size_t i = 0; i < own_count; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, own[i], 0) != 0)
            goto out;
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0) /* all threads, or none */
        goto out;
    if (seccomp_load(filter) == 0)
        error = ENTENTE_OK;

out:
    seccomp_release(filter);
    return error;
}

static int
landlock_add_open(int rules, int folder, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = folder};

    return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int
landlock_add(int rules, const char *path, uint64_t access)
{
    int opened = open(path, O_PATH | O_CLOEXEC);

    if (opened < 0)
        return errno == ENOENT ? 0 : -1;
    int result = landlock_add_open(rules, opened, access);
    close(opened);
    return result;
}

#define READ_ONLY (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define READ_WRITE                                                                                 \
    (READ_ONLY | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                  \
        LANDLOCK_ACCESS_FS_MAKE_REG)

/* A set of rules that allows nothing yet; -1 with `*error`, OK where the kernel has no Landlock. */
static int
landlock_begin(enum entente_error *error)
{
    struct landlock_ruleset_attr attributes = {
        .handled_access_fs = READ_WRITE | LANDLOCK_ACCESS_FS_EXECUTE |
                             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR};

    int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    *error = rules >= 0 || errno == ENOSYS || errno == EOPNOTSUPP ? ENTENTE_OK : ENTENTE_ERR_IO;
    return rules;
}

static enum entente_error
landlock_end(int rules, bool good)
{
    good = good && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return good ? ENTENTE_OK : ENTENTE_ERR_IO;
}

/* What the resolver of names and the libraries read. */
static const char *const readable[] = {"/etc", "/usr/lib", "/lib", "/usr/share"};

/* All of the open `folder` (-1: none) and, where `resolves`, reading what the resolver needs. */
static enum entente_error
landlock(int folder, bool resolves)
{
    enum entente_error error;
    int rules = landlock_begin(&error);
    bool good = true;

    if (rules < 0)
        return error;
    if (folder >= 0)
        good = landlock_add_open(rules, folder, READ_WRITE) == 0;
    if (resolves)
        good = good && landlock_add(rules, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE) == 0;
    for (size_t i = 0; resolves && i < sizeof readable / sizeof readable[0]; i++)
        good = good && landlock_add(rules, readable[i], READ_ONLY) == 0;
    return landlock_end(rules, good);
}

/*
 * Where the supervisor is root, each process gets a user of its own, with no entry in the system's list
 * and no files: what it needs is open by then.  (Numbers in the range that Debian leaves free.)
 */
static enum entente_error
drop_user(uid_t user)
{
    if (geteuid() != 0)
        return ENTENTE_OK;
    if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
        setresuid(user, user, user) != 0)
        return ENTENTE_ERR_IO;
    return ENTENTE_OK;
}

static enum entente_error
begin(uid_t user)
{
    struct rlimit none = {0, 0};

    if (drop_user(user) != ENTENTE_OK)
        return ENTENTE_ERR_IO;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0)
        return ENTENTE_ERR_IO;
    return ENTENTE_OK;
}

/* The folder and the files in it become `user`'s, where we are root. */
static enum entente_error
give_folder(int folder, uid_t user)
{
    enum entente_error error = ENTENTE_OK;
    const struct dirent *entry;

    if (geteuid() != 0)
        return ENTENTE_OK;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *opened = copy < 0 ? NULL : fdopendir(copy);
    if (opened == NULL)
        return ENTENTE_ERR_IO;
    while ((entry = readdir(opened)) != NULL && error == ENTENTE_OK)
        if (strcmp(entry->d_name, "..") != 0 &&
            fchownat(folder, entry->d_name, user, user, AT_SYMLINK_NOFOLLOW) != 0)
            error = ENTENTE_ERR_IO;
    closedir(opened);
    return error;
}

enum entente_error
confine_keyholder_files(int folder)
{
    enum entente_error error = give_folder(folder, USER_KEYHOLDER);
    if (error == ENTENTE_OK)
        error = begin(USER_KEYHOLDER);
    return error == ENTENTE_OK ? landlock(folder, false) : error;
}

enum entente_error
confine_keyholder_calls(void)
{
    static const int calls[] = {SCMP_SYS(openat), SCMP_SYS(fallocate), SCMP_SYS(ftruncate),
        SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
        SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(prctl)};

    return allow(calls, sizeof calls / sizeof calls[0]);
}

enum entente_error
confine_node(const char *store_path)
{
    char path[4096];

    if (strlen(store_path) >= sizeof path)
        return ENTENTE_ERR_TOO_LARGE;
    strcpy(path, store_path);
    /* Opened before the user changes: the folders above may be closed to it. */
    int folder = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return ENTENTE_ERR_IO;
    enum entente_error error = give_folder(folder, USER_NODE);
    if (error == ENTENTE_OK)
        error = begin(USER_NODE);
    if (error == ENTENTE_OK)
        error = landlock(folder, true);
    if (error == ENTENTE_OK)
        error = allow(calls_node, sizeof calls_node / sizeof calls_node[0]);
    close(folder);
    return error;
}

enum entente_error
confine_desk(void)
{
    /* To read the store, and its own file without a name: both are open.  No file is opened by name. */
    static const int calls[] = {SCMP_SYS(prctl), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
        SCMP_SYS(fdatasync), SCMP_SYS(geteuid), SCMP_SYS(getuid), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access),
        SCMP_SYS(readlink), SCMP_SYS(pipe2), /* libuv's loop */
        SCMP_SYS(sysinfo)}; /* qsort() of more than a kilobyte */

    enum entente_error error = begin(USER_DESK);
    if (error == ENTENTE_OK)
        error = landlock(-1, false);
    if (error == ENTENTE_OK)
        error = allow(calls, sizeof calls / sizeof calls[0]);
    return error;
}
