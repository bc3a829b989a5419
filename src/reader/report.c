/* The one line that says what is wrong, where, whose fault it is and which rule says so. */
#include "reader/internal.h"

#include <inttypes.h>
#include <stdio.h>

/* By the error; what it means in a register's frame differs. */
static const char *
rule_of(const struct culprit *culprit)
{
    bool in_register = culprit->frame_kind == FRAME_REGISTER;

    if (culprit->rule != NULL)
        return culprit->rule;
    switch ((int)culprit->error) {
    case ENTENTE_ERR_SIGNATURE:
        return in_register ? "R3" : culprit->frame_kind == FRAME_FAULT ? "F1" : "S1";
    case ENTENTE_ERR_HASH:
        return "S2";
    case ENTENTE_ERR_CHAIN:
        return "E5";
    case ENTENTE_ERR_REGISTER_CHAIN:
        return in_register ? "R2" : "E6";
    case ENTENTE_ERR_UNCERTIFIED:
    case ENTENTE_ERR_REVOKED:
        return "E7";
    case ENTENTE_ERR_TIME:
        return "E8";
    case ENTENTE_ERR_RESUME:
        return "E9";
    case ENTENTE_ERR_DEPS:
        return "L1";
    case ENTENTE_ERR_PENDING:
        return in_register ? "R2" : "L2";
    case ENTENTE_ERR_NO_PROOF:
        return "F1";
    case ENTENTE_ERR_WRONG_ROOM:
        return in_register ? "U2" : "S1";
    case ENTENTE_ERR_NOT_A_PARTY:
        return in_register ? "G1" : "E2";
    case ENTENTE_ERR_EQUIVOCATION:
        return "R7";
    case ENTENTE_ERR_UNEXPECTED:
    case ENTENTE_ERR_FLOOD:
        return "U2";
    default:
        break;
    }
    /* Form: of the frame, or of what is in it. */
    return in_register ? "R1" : culprit->frame_kind == FRAME_SEGMENT ? "S1" : "U2";
}

/* Names are shown as they are by the caller, who knows the screen; here the number is enough. */
static int
write_place(char *text, size_t size, const struct culprit *culprit)
{
    if (!culprit->has_place)
        return snprintf(text, size, "at byte %zu", culprit->offset);
    if (culprit->inc == REGISTER_INC)
        return snprintf(text, size, "at byte %zu, party %u, register entry %u", culprit->offset,
            culprit->slot, culprit->seq);
    if (culprit->seq == 0)
        return snprintf(text, size, "at byte %zu, party %u, incarnation %u", culprit->offset,
            culprit->slot, culprit->inc);
    if (culprit->last_seq > culprit->seq)
        return snprintf(text, size, "at byte %zu, party %u, incarnation %u, entries %u to %u",
            culprit->offset, culprit->slot, culprit->inc, culprit->seq, culprit->last_seq);
    return snprintf(text, size, "at byte %zu, party %u, incarnation %u, entry %u", culprit->offset,
        culprit->slot, culprit->inc, culprit->seq);
}

enum entente_outcome
report_culprit(const struct culprit *culprit, struct entente_report *report)
{
    char place[160];
    const char *rule = rule_of(culprit);
    enum entente_whose whose = entente_error_whose(culprit->error);

    report->offset = culprit->offset;
    report->has_place = culprit->has_place;
    report->slot = culprit->slot;
    report->inc = culprit->inc;
    report->seq = culprit->seq;
    write_place(place, sizeof place, culprit);
    snprintf(report->error, sizeof report->error, "%s", entente_error_name(culprit->error));
    if (whose == ENTENTE_MACHINE) {
        snprintf(report->text, sizeof report->text, "%s: %s (this machine's trouble)", place,
            entente_error_text(culprit->error));
        return ENTENTE_FAILED;
    }
    snprintf(report->rule, sizeof report->rule, "%s", rule);
    if (culprit->error == ENTENTE_ERR_PENDING)
        snprintf(report->text, sizeof report->text,
            "%s: other entries refer to it and it is not in the file, so whoever made the file is "
            "at fault (rule %s)",
            place, rule);
    else
        snprintf(report->text, sizeof report->text, "%s: %s; %s (rule %s)", place,
            entente_error_text(culprit->error),
            culprit->is_signed ? "that party's own key signed it, so it is at fault"
                               : "whoever made or changed the file is at fault",
            rule);
    return ENTENTE_BAD;
}

enum entente_outcome
report_plain(struct entente_report *report, enum entente_error error, const char *text)
{
    snprintf(report->error, sizeof report->error, "%s", entente_error_name(error));
    snprintf(
        report->text, sizeof report->text, "%s", text == NULL ? entente_error_text(error) : text);
    switch (entente_error_whose(error)) {
    case ENTENTE_USER:
        return ENTENTE_ASKED_WRONGLY;
    case ENTENTE_MACHINE:
        return ENTENTE_FAILED;
    case ENTENTE_PEER:
    case ENTENTE_NOBODY:
        break;
    }
    return ENTENTE_BAD;
}
