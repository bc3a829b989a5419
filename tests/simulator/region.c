#include "simulator/region.h"

#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION_BYTES ((size_t)96 << 20)
#define STACK_BYTES ((size_t)2 << 30) /* of address space; touched as far as it is needed */
#define PAGE 4096u
#define HEAD 16u /* before each block: its size class */
#define CLASSES 128u
#define IGNORED_MAX 4u

struct free_block {
    struct free_block *next;
};

/* At the beginning of the region, so that it comes back with it. */
struct allocator {
    size_t used;
    struct free_block *free[CLASSES];
};

static alignas(PAGE) uint8_t region[REGION_BYTES];
static uint8_t *base;
static size_t base_used;

/* Pages are write-protected until they are written to: all others are as in the base. */
static struct {
    size_t list[REGION_BYTES / PAGE];
    size_t count;
} touched;

static struct {
    size_t number; /* of the page */
    uint8_t *bytes;
} *pages;
static uint8_t *pages_memory;
static size_t pages_count;
static size_t ignored_from[IGNORED_MAX], ignored_to[IGNORED_MAX]; /* pages */
static unsigned ignored_count;

static _Noreturn void
give_up(const char *why)
{
    (void)!write(STDOUT_FILENO, why, strlen(why));
    _exit(1);
}

/* ---- the allocator: blocks of a class are reused, four classes for each doubling ---- */

static size_t
class_size(unsigned number)
{
    return (size_t)(4 + number % 4) << (number / 4 + 3);
}

static unsigned
class_of(size_t size)
{
    unsigned number = 0;

    while (class_size(number) < size)
        number++;
    return number;
}

static void *
take(size_t size)
{
    struct allocator *allocator = (struct allocator *)(void *)region;
    unsigned class = class_of(size + HEAD);

    if (allocator->used == 0)
        allocator->used = PAGE;
    struct free_block *block = allocator->free[class];
    if (block != NULL) {
        allocator->free[class] = block->next;
        return block;
    }
    size_t wanted = class_size(class);
    if (wanted >= PAGE) /* large blocks begin on a page of their own */
        allocator->used = (allocator->used + PAGE - 1) / PAGE * PAGE + PAGE - HEAD;
    if (wanted > REGION_BYTES - allocator->used)
        give_up("Bail out! the region is full\n");
    uint8_t *made = region + allocator->used;
    allocator->used += (wanted + 15) / 16 * 16;
    memcpy(made, &class, sizeof class);
    return made + HEAD;
}

static unsigned
class_at(const void *memory)
{
    unsigned class;

    memcpy(&class, (const uint8_t *)memory - HEAD, sizeof class);
    return class;
}

void *
malloc(size_t size)
{
    return take(size);
}

void
free(void *memory)
{
    struct allocator *allocator = (struct allocator *)(void *)region;
    struct free_block *block = memory;

    if (block == NULL)
        return;
    unsigned class = class_at(memory);
    block->next = allocator->free[class];
    allocator->free[class] = block;
}

void *
calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *memory = take(bytes);
    memset(memory, 0, bytes);
    return memory;
}

void *
realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return take(size);
    size_t room = class_size(class_at(memory)) - HEAD;
    if (size <= room)
        return memory;
    void *grown = take(size);
    memcpy(grown, memory, room);
    free(memory);
    return grown;
}

/* No code of ours and of libsodium's asks for alignments beyond 16. */
int
posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (alignment > 16)
        return EINVAL;
    *memory = take(size);
    return 0;
}

void *__wrap_secret_new(size_t size);
void __wrap_secret_free(void *secret);

void *
__wrap_secret_new(size_t size)
{
    return calloc(1, size);
}

void
__wrap_secret_free(void *secret)
{
    free(secret);
}

/* Buffers of channels are wiped when they are given back; here that would touch pages for nothing. */
void __real_secret_wipe(void *memory, size_t size);
void __wrap_secret_wipe(void *memory, size_t size);

void
__wrap_secret_wipe(void *memory, size_t size)
{
    if (size < 16u * PAGE)
        __real_secret_wipe(memory, size);
}

/* ---- copies ---- */

void *
region_outside(size_t size)
{
    void *memory = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        give_up("Bail out! no memory\n");
    return memory;
}

void
region_begin(void)
{
    static size_t used_before;
    struct allocator *allocator = (struct allocator *)(void *)region;

    if (used_before == 0)
        used_before = allocator->used > PAGE ? allocator->used : PAGE;
    if (mprotect(region, REGION_BYTES, PROT_READ | PROT_WRITE) != 0)
        give_up("Bail out! mprotect\n");
    *allocator = (struct allocator){.used = used_before};
    pages_count = 0;
    ignored_count = 0;
}

void
region_ignore(const void *memory)
{
    size_t offset = (size_t)((const uint8_t *)memory - region);
    size_t size = class_size(class_at(memory)) - HEAD;

    if (ignored_count == IGNORED_MAX)
        give_up("Bail out! too much is ignored\n");
    ignored_from[ignored_count] = (offset + PAGE - 1) / PAGE;
    ignored_to[ignored_count++] = (offset + size) / PAGE;
}

static size_t
pages_used(void)
{
    return (((const struct allocator *)(const void *)region)->used + PAGE - 1) / PAGE;
}

static void
protect(size_t page, size_t count, int protection)
{
    if (mprotect(region + page * PAGE, count * PAGE, protection) != 0)
        give_up("Bail out! mprotect\n");
}

static void
on_write(int signal_number, siginfo_t *info, void *context)
{
    uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)region;

    (void)signal_number;
    (void)context;
    if (offset >= REGION_BYTES)
        give_up("Bail out! a bad pointer\n");
    protect(offset / PAGE, 1, PROT_READ | PROT_WRITE);
    touched.list[touched.count++] = offset / PAGE;
}

void
region_set_base(void)
{
    struct sigaction action = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO};

    if (base == NULL) {
        base = region_outside(REGION_BYTES);
        pages = region_outside(STACK_BYTES / PAGE * sizeof *pages);
        pages_memory = region_outside(STACK_BYTES);
        (void)sigaction(SIGSEGV, &action, NULL);
    }
    base_used = pages_used();
    memcpy(base, region, base_used * PAGE);
    touched.count = 0;
    protect(0, REGION_BYTES / PAGE, PROT_READ);
    for (unsigned i = 0; i < ignored_count; i++)
        protect(ignored_from[i], ignored_to[i] - ignored_from[i], PROT_READ | PROT_WRITE);
}

void
region_copy(struct region_copy *copy)
{
    *copy = (struct region_copy){pages_used(), pages_count, 0};
    for (size_t i = 0; i < touched.count; i++) {
        size_t page = touched.list[i];
        const uint8_t *now = region + page * PAGE;
        if (page >= copy->used || (page < base_used && memcmp(base + page * PAGE, now, PAGE) == 0))
            continue;
        if (pages_count == STACK_BYTES / PAGE)
            give_up("Bail out! too many copies\n");
        pages[pages_count].number = page;
        pages[pages_count].bytes = pages_memory + pages_count * PAGE;
        memcpy(pages[pages_count].bytes, now, PAGE);
        pages_count++;
        copy->count++;
    }
}

/* The pages of a copy lie in the order in which they were touched.  What was used since and is not in
 * the copy is free there: its bytes matter to nobody. */
void
region_restore(const struct region_copy *copy)
{
    size_t next = copy->first;
    size_t end = copy->first + copy->count;

    for (size_t i = 0; i < touched.count; i++) {
        size_t page = touched.list[i];
        const uint8_t *wanted = base + page * PAGE;
        if (next < end && pages[next].number == page)
            wanted = pages[next++].bytes;
        else if (page >= base_used)
            continue;
        if (memcmp(region + page * PAGE, wanted, PAGE) != 0)
            memcpy(region + page * PAGE, wanted, PAGE);
    }
}

void
region_drop(const struct region_copy *copy)
{
    pages_count = copy->first;
}
