#include "sync/fetcher.h"

#include <stdlib.h>

static bool
has(const uint8_t *set, uint32_t index)
{
    return (set[index / 8] >> index % 8 & 1) != 0;
}

static void
put(uint8_t *set, uint32_t index)
{
    set[index / 8] |= (uint8_t)(1u << index % 8);
}

void
fetcher_start(struct fetcher *fetcher, const struct digest *root)
{
    *fetcher = (struct fetcher){.root = *root};
}

void
fetcher_free(struct fetcher *fetcher)
{
    free(fetcher->leaves);
    *fetcher = (struct fetcher){0};
}

enum entente_error
fetcher_set_leaves(struct fetcher *fetcher, uint64_t size, struct bytes leaves)
{
    struct digest root;

    if (file_chunks(size) == 0 || leaves.size != (size_t)file_chunks(size) * ID_BYTES)
        return ENTENTE_ERR_HASH;
    file_make_root(&root, size, leaves.data);
    if (!digest_equal(&root, &fetcher->root))
        return ENTENTE_ERR_HASH;
    uint8_t *copy = malloc(leaves.size);
    if (copy == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    memcpy(copy, leaves.data, leaves.size);
    free(fetcher->leaves);
    fetcher->leaves = copy;
    fetcher->size = size;
    fetcher->chunks = file_chunks(size);
    return ENTENTE_OK;
}

enum entente_error
fetcher_check(const struct fetcher *fetcher, uint32_t index, struct bytes sealed)
{
    struct digest leaf;

    if (index >= fetcher->chunks ||
        sealed.size != file_chunk_bytes(fetcher->size, index) + AEAD_TAG_BYTES)
        return ENTENTE_ERR_HASH;
    file_make_leaf(&leaf, sealed);
    return memcmp(leaf.bytes, fetcher->leaves + (size_t)index * ID_BYTES, ID_BYTES) == 0
               ? ENTENTE_OK
               : ENTENTE_ERR_HASH;
}

void
fetcher_await(struct fetcher *fetcher, uint32_t index)
{
    if (index >= FILE_CHUNKS_MAX)
        return;
    put(fetcher->awaited, index);
    fetcher->first = index;
}

void
fetcher_await_none(struct fetcher *fetcher)
{
    memset(fetcher->awaited, 0, sizeof fetcher->awaited);
}

void
fetcher_note_here(struct fetcher *fetcher, uint32_t index)
{
    if (!has(fetcher->here, index))
        fetcher->here_count++;
    put(fetcher->here, index);
}

bool
fetcher_is_here(const struct fetcher *fetcher, uint32_t index)
{
    return index < fetcher->chunks && has(fetcher->here, index);
}

bool
fetcher_is_whole(const struct fetcher *fetcher)
{
    return fetcher->chunks > 0 && fetcher->here_count == fetcher->chunks;
}

static bool
is_missing(const struct fetcher *fetcher, uint32_t index)
{
    return !has(fetcher->here, index) && !has(fetcher->asked, index);
}

/* From `from` to `end`: whole bytes of the sets are passed over at once. */
static uint32_t
first_missing(const struct fetcher *fetcher, uint32_t from, uint32_t end)
{
    while (from < end && !is_missing(fetcher, from)) {
        bool is_full = (fetcher->here[from / 8] | fetcher->asked[from / 8]) == 0xFF;
        from = is_full ? (from / 8 + 1) * 8 : from + 1;
    }
    return from < end ? from : end;
}

static uint32_t
first_awaited(const struct fetcher *fetcher)
{
    for (uint32_t i = 0; i * 8 < fetcher->chunks; i++) {
        uint32_t missing = fetcher->awaited[i] & ~(uint32_t)(fetcher->here[i] | fetcher->asked[i]);
        if (missing != 0 && i * 8 + (uint32_t)__builtin_ctz(missing) < fetcher->chunks)
            return i * 8 + (uint32_t)__builtin_ctz(missing);
    }
    return fetcher->chunks;
}

uint32_t
fetcher_ask(struct fetcher *fetcher, uint32_t count_max, uint32_t *index)
{
    uint32_t first = fetcher->first < fetcher->chunks ? fetcher->first : 0;
    uint32_t count = 0;

    *index = first_awaited(fetcher);
    if (*index == fetcher->chunks)
        *index = first_missing(fetcher, first, fetcher->chunks);
    if (*index == fetcher->chunks)
        *index = first_missing(fetcher, 0, first);
    while (count < count_max && *index + count < fetcher->chunks &&
           is_missing(fetcher, *index + count))
        put(fetcher->asked, *index + count++);
    return count;
}

void
fetcher_forget(struct fetcher *fetcher, uint32_t index)
{
    fetcher->asked[index / 8] &= (uint8_t) ~(1u << index % 8);
}
