#include "cli/issue.h"

#include "base/text.h"

#include <time.h>

uint64_t
issue_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
issue_keyset(struct keyset *keyset, const struct public_key *key)
{
    *keyset = (struct keyset){.threshold = 1, .count = 1, .keys = {*key}};
}

void
issue_commitment(struct digest *next, const struct public_key *key)
{
    struct keyset keyset;

    issue_keyset(&keyset, key);
    keyset_make_commitment(next, &keyset);
}

bool
issue_address_is_good(struct bytes address)
{
    size_t colon = address.size;
    uint32_t port = 0;

    if (address.size > REGISTER_ADDRESS_BYTES_MAX || !text_is_utf8(address))
        return false;
    while (colon > 0 && address.data[colon - 1] != ':')
        colon--;
    if (colon < 2 || colon == address.size || address.size - colon > 5)
        return false;
    for (size_t i = colon; i < address.size; i++) {
        if (address.data[i] < '0' || address.data[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(address.data[i] - '0');
    }
    for (size_t i = 0; i + 1 < colon; i++) {
        /* An IPv6 address stands in brackets, so that its last colon is not the port's. */
        if (address.data[i] <= ' ' || address.data[i] == 0x7F ||
            (address.data[i] == ':' && (address.data[0] != '[' || address.data[colon - 2] != ']')))
            return false;
    }
    return port >= 1 && port <= 65535;
}

void
issue_place(struct register_entry *entry, const struct party_register *reg)
{
    uint32_t number = register_count(reg);

    entry->number = number + 1;
    entry->t_ms = issue_now_ms();
    if (number > 0) {
        entry->party = *register_party(reg);
        entry->prev = *register_id(reg, number);
    }
}

enum entente_error
issue_entry(struct party_register *reg, const struct register_entry *entry,
    const struct signing_key *key, uint8_t key_index)
{
    uint8_t encoded[REGISTER_ENTRY_BYTES_MAX];
    struct register_entry placed = *entry;
    struct register_signature signature = {.key = key_index};
    struct writer writer = writer_of(encoded, sizeof encoded);
    struct entry_id id;

    issue_place(&placed, reg);
    register_content_write(&writer, &placed);
    register_make_id(&id, writer_written(&writer));
    register_sign(&signature.signature, key, &id);
    register_signatures_write(&writer, &signature, 1);
    if (writer.failed)
        return ENTENTE_ERR_TOO_LARGE;

    /* The door by which everybody else's come in decides whether ours is good. */
    struct reader reader = reader_of(writer_written(&writer));
    struct register_entry read;
    enum entente_error error = register_entry_parse(&reader, &read);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    return error == ENTENTE_OK ? register_add(reg, &read) : error;
}
