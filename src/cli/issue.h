/* Making the next entry of the own register. */
#ifndef ENTENTE_CLI_ISSUE_H
#define ENTENTE_CLI_ISSUE_H

#include "format/register.h"

/*
 * Complete `entry` (kind and the fields of its body are set), sign it with `key` as number
 * `key_index` and add it to `reg`, which is empty for an inception. what register_entry_parse() and
 * register_add() return; `reg` is unchanged then
 */
MUST_USE enum entente_error issue_entry(struct party_register *reg,
    const struct register_entry *entry, const struct signing_key *key, uint8_t key_index);

/* Number, party, prev and time of `entry` as they are behind the end of `reg`, as issue_entry() sets them. */
void issue_place(struct register_entry *entry, const struct party_register *reg);

/* A keyset of one key, and its commitment. */
void issue_keyset(struct keyset *keyset, const struct public_key *key);
void issue_commitment(struct digest *next, const struct public_key *key);

/* Whether register_entry_parse() takes `address` as "HOST:PORT": a host, and a port of 1 to 65535.
 */
bool issue_address_is_good(struct bytes address);

/* Now, in Unix time. */
uint64_t issue_now_ms(void);

#endif
