/* What a holder signs, whether it may be signed, and the entries that carry it.  Rules A4 to A8,
 * P7. */
#ifndef ENTENTE_API_SIGNING_H
#define ENTENTE_API_SIGNING_H

#include "api/call.h"

/* The names of consultation_required(): see office_name_next(). */
struct reader required_offices(struct room *room, const struct proposal *proposal);

/* The person of that key in the line, or NULL. */
const struct office_holder *office_find_holder(
    const struct office_state *state, const struct public_key *key);

/* Whether a consent fact that an entry of the party carries, citing that position, is one (P7). */
bool consent_is_valid(struct room *room, const struct proposal *proposal, uint8_t slot,
    uint32_t reg_number, const struct fact *consent);

/* Handlers of consentTerms, actSign and actWithdraw. */
void signing_terms(struct call *call);
void signing_sign(struct call *call);
void signing_withdraw(struct call *call);

#endif
