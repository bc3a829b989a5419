/* The program `faulty`: see faults.h.  It traces another program, so that this needs not know. */
#include "fault_disk.h"
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 32
#define FDS_MAX 1024

/* The call that a thread is in. */
struct thread {
    pid_t id; /* 0: free */
    uint64_t number;
    uint64_t arguments[6];
    bool is_new_file; /* of an open */
    bool is_replaced; /* it is not made; what it returns: */
    int64_t result;
};

static struct fault_control *control;
static struct thread threads[THREADS_MAX];
static char *opened[FDS_MAX]; /* paths of what is open for writing, and of folders */
static volatile sig_atomic_t is_asked;

static void
die(const char *what)
{
    fprintf(stderr, "faulty: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static struct thread *
thread_of(pid_t id)
{
    struct thread *free_one = NULL;

    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].id == id)
            return &threads[i];
        if (threads[i].id == 0 && free_one == NULL)
            free_one = &threads[i];
    }
    if (free_one == NULL)
        die("too many threads");
    *free_one = (struct thread){.id = id};
    return free_one;
}

/* ---- paths ---- */

static void
read_text(pid_t id, uint64_t address, char text[PATH_MAX])
{
    size_t used = 0;

    /* Page by page: the text may end where memory does. */
    while (used < PATH_MAX - 1) {
        size_t part = 4096 - (size_t)((address + used) % 4096);
        part = part < PATH_MAX - 1 - used ? part : PATH_MAX - 1 - used;
        struct iovec into = {text + used, part}, from = {(void *)(address + used), part};
        ssize_t got = process_vm_readv(id, &into, 1, &from, 1, 0);
        if (got <= 0)
            break;
        used += (size_t)got;
        if (memchr(text + used - (size_t)got, '\0', (size_t)got) != NULL)
            return;
    }
    text[used] = '\0';
}

/* The path of a file relative to a folder of the program, as we can open it. */
static void
resolve(pid_t id, int folder, uint64_t address, char path[2 * PATH_MAX])
{
    static char text[PATH_MAX], base[PATH_MAX], link[64];

    read_text(id, address, text);
    if (text[0] == '/') {
        snprintf(path, 2 * PATH_MAX, "%s", text);
        return;
    }
    if (folder == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)id);
    else
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)id, folder);
    ssize_t used = readlink(link, base, sizeof base - 1);
    base[used < 0 ? 0 : used] = '\0';
    snprintf(path, 2 * PATH_MAX, "%s/%s", base, text);
}

static const char *
path_of(uint64_t fd)
{
    return fd < FDS_MAX ? opened[fd] : NULL;
}

static void
forget(uint64_t fd)
{
    if (fd >= FDS_MAX)
        return;
    free(opened[fd]);
    opened[fd] = NULL;
}

/* ---- what calls do to files ---- */

/* The call's place in the arguments of openat(), which has a folder before the path. */
static int
open_flags(const struct thread *thread)
{
    return (int)thread->arguments[thread->number == SYS_open ? 1 : 2];
}

static void
open_begins(struct thread *thread)
{
    static char path[2 * PATH_MAX];
    bool is_at = thread->number == SYS_openat;

    thread->is_new_file = false;
    if ((open_flags(thread) & O_CREAT) == 0)
        return;
    resolve(thread->id, is_at ? (int)thread->arguments[0] : AT_FDCWD,
        thread->arguments[is_at ? 1 : 0], path);
    thread->is_new_file = access(path, F_OK) != 0;
}

static void
open_ended(const struct thread *thread, int64_t fd)
{
    static char path[PATH_MAX];
    char link[64];
    struct stat status;

    if (fd < 0 || fd >= FDS_MAX)
        return;
    forget((uint64_t)fd);
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)thread->id, (int)fd);
    ssize_t used = readlink(link, path, sizeof path - 1);
    if (used <= 0 || stat(link, &status) != 0)
        return;
    path[used] = '\0';
    /* A file without a name is lost with its program anyhow. */
    bool is_written = S_ISREG(status.st_mode) && status.st_nlink > 0 &&
                      (open_flags(thread) & O_ACCMODE) != O_RDONLY;
    if (!is_written && !S_ISDIR(status.st_mode))
        return;
    opened[fd] = strdup(path);
    if (is_written)
        fault_disk_opened(path, thread->is_new_file);
    if (is_written && (open_flags(thread) & O_TRUNC))
        fault_disk_wrote(path, 0, 0);
}

/* Whether the call changes files or makes that durable. */
static bool
is_of_disk(const struct thread *thread)
{
    switch (thread->number) {
    case SYS_pwrite64:
    case SYS_write:
    case SYS_writev:
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_fsync:
    case SYS_fdatasync:
        return path_of(thread->arguments[0]) != NULL;
    case SYS_unlink:
    case SYS_unlinkat:
        return true;
    case SYS_open:
    case SYS_openat:
        return thread->is_new_file;
    default:
        return false;
    }
}

static void
remove_ended(const struct thread *thread)
{
    static char path[2 * PATH_MAX];
    bool is_at = thread->number == SYS_unlinkat;

    resolve(thread->id, is_at ? (int)thread->arguments[0] : AT_FDCWD,
        thread->arguments[is_at ? 1 : 0], path);
    fault_disk_removed(path);
}

static void
note_duplicate(const struct thread *thread, int64_t fd)
{
    const char *path = path_of(thread->arguments[0]);

    if (fd < 0 || fd >= FDS_MAX)
        return;
    char *copy = path == NULL ? NULL : strdup(path);
    forget((uint64_t)fd);
    opened[fd] = copy;
}

static void
call_ended(const struct thread *thread, int64_t result)
{
    const char *path = path_of(thread->arguments[0]);
    const uint64_t *arguments = thread->arguments;

    if (result < 0)
        return;
    if (thread->number == SYS_open || thread->number == SYS_openat)
        open_ended(thread, result);
    else if (thread->number == SYS_close)
        forget(arguments[0]);
    else if (thread->number == SYS_dup || thread->number == SYS_dup2 ||
             thread->number == SYS_dup3 ||
             (thread->number == SYS_fcntl &&
                 (arguments[1] == F_DUPFD || arguments[1] == F_DUPFD_CLOEXEC)))
        note_duplicate(thread, result);
    else if (thread->number == SYS_unlink || thread->number == SYS_unlinkat)
        remove_ended(thread);
    else if (path == NULL)
        return;
    else if (thread->number == SYS_pwrite64)
        fault_disk_wrote(path, arguments[3], arguments[2]);
    else if (thread->number == SYS_fsync || thread->number == SYS_fdatasync)
        fault_disk_synced(path);
    else if (is_of_disk(thread))
        fault_disk_wrote(path, 0, 0);
}

/* ---- faults ---- */

/* The call becomes another that every process of ours may make, and the program sees `result`. */
static void
replace(struct thread *thread, int64_t result)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, thread->id, NULL, &registers) != 0)
        die("registers");
    registers.orig_rax = SYS_getpid;
    if (ptrace(PTRACE_SETREGS, thread->id, NULL, &registers) != 0)
        die("registers");
    thread->is_replaced = true;
    thread->result = result;
}

static void
give_result(const struct thread *thread)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, thread->id, NULL, &registers) != 0)
        die("registers");
    registers.rax = (unsigned long long)thread->result;
    if (ptrace(PTRACE_SETREGS, thread->id, NULL, &registers) != 0)
        die("registers");
}

/* A program that changed its user, or hid its memory, could not be looked at by everybody. */
static bool
hides(const struct thread *thread)
{
    return (thread->number == SYS_prctl && thread->arguments[0] == PR_SET_DUMPABLE) ||
           thread->number == SYS_setgroups || thread->number == SYS_setresuid ||
           thread->number == SYS_setresgid;
}

/* True when the program is to be killed now. */
static bool
call_begins(struct thread *thread)
{
    thread->is_replaced = false;
    if (thread->number == SYS_open || thread->number == SYS_openat)
        open_begins(thread);
    if (hides(thread))
        replace(thread, 0);
    if (!control->is_armed || (control->disk_only && !is_of_disk(thread)))
        return false;
    uint32_t n = ++control->calls;
    if (control->at == 0 || n < control->at)
        return false;
    /* Once: the next life of a program that is started again goes on counting. */
    if (n == control->at && (control->action == FAULT_KILL || control->action == FAULT_CUT)) {
        control->hits++;
        return true;
    }
    if (control->action == FAULT_FAIL && control->fails > 0) {
        control->fails--;
        control->hits++;
        replace(thread, -(int64_t)control->error);
    }
    return false;
}

/* ---- tracing ---- */

static void
on_term(int number)
{
    (void)number;
    is_asked = 1;
}

/* The power is gone, where that was asked for; then we end as the program did. */
static void
end(int status)
{
    if (control->action == FAULT_CUT && control->is_armed)
        control->undone = fault_disk_cut(control->seed);
    control->pid = 0;
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void
end_by_kill(pid_t pid)
{
    int status;
    pid_t got;

    kill(pid, SIGKILL);
    /* Its other threads first: the first one has not ended as long as one of them is not waited for. */
    do
        got = waitpid(-1, &status, __WALL);
    while (got < 0 ? errno == EINTR : got != pid || WIFSTOPPED(status));
    end(SIGKILL);
}

/* Returns whether the program is to be killed. */
static bool
at_call(pid_t id)
{
    struct __ptrace_syscall_info info;
    struct thread *thread = thread_of(id);

    if (ptrace(PTRACE_GET_SYSCALL_INFO, id, sizeof info, &info) <= 0)
        return false; /* it is being killed by somebody else */
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        thread->number = info.entry.nr;
        memcpy(thread->arguments, info.entry.args, sizeof thread->arguments);
        return call_begins(thread);
    }
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->is_replaced)
        give_result(thread);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        call_ended(thread, info.exit.rval);
    return false;
}

static void
trace(pid_t pid)
{
    int status;

    for (;;) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (is_asked)
            end_by_kill(pid);
        if (id < 0)
            continue;
        if (!WIFSTOPPED(status)) {
            if (id == pid)
                end(status);
            *thread_of(id) = (struct thread){0};
            continue;
        }
        int signal_number = WSTOPSIG(status);
        if (signal_number == (SIGTRAP | 0x80) && at_call(id))
            end_by_kill(pid);
        /* Stops of tracing, and a new thread's first, are none of the program's signals. */
        if (signal_number == (SIGTRAP | 0x80) || signal_number == SIGTRAP ||
            signal_number == SIGSTOP)
            signal_number = 0;
        (void)ptrace(PTRACE_SYSCALL, id, NULL, (long)signal_number);
    }
}

static pid_t
start(char **words)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(125);
        raise(SIGSTOP);
        execv(words[0], words);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
            PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) !=
            0)
        die("it cannot be traced");
    /* Its sockets are its own: who waits for their end must not wait for us. */
    for (int fd = 3; fd < 32; fd++)
        close(fd);
    control->pid = (uint32_t)pid;
    (void)ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    return pid;
}

int
main(int count, char **words)
{
    char folder[PATH_MAX];
    struct sigaction action = {.sa_handler = on_term}; /* no SA_RESTART: waitpid() must end */

    if (count < 3)
        die("usage: faulty CONTROL PROGRAM ARGUMENTS...");
    int file = open(words[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *control) != 0)
        die(words[1]);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (control == MAP_FAILED)
        die("mmap");
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN);
    snprintf(folder, sizeof folder, "%s.disk", words[1]);
    fault_disk_open(folder);
    trace(start(words + 2));
}
