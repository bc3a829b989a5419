#include "simulator/switches.h"

#include <string.h>

#define RANDOM(mode) NULL, SCENARIO_##mode
#define SCRIPT(name) &script_##name, SCENARIO_CALM, 0, 20
#define RECORD(name) #name, offsetof(struct mutations, record.name)
#define NODE(name) #name, offsetof(struct mutations, node.name)
#define KEYHOLDER(name) #name, offsetof(struct mutations, keyholder.name)

const struct rule_switch rule_switches[] = {
    {"E5", RECORD(no_prev_rule), RANDOM(LIARS), LIE_CRAFT, 100, "E5|cuts honest node"},
    {"E6", RECORD(no_register_rule), RANDOM(LIARS), LIE_CRAFT, 100, "E6|cuts honest node"},
    {"E7", RECORD(no_revocation), RANDOM(LIARS), LIE_CRAFT, 100, "E7|cuts honest node"},
    {"E8", RECORD(no_time_rule), RANDOM(LIARS), LIE_CRAFT, 100, "E8|cuts honest node"},
    {"E9", RECORD(no_resume_rule), RANDOM(LIARS), LIE_CRAFT, 100, "E9|cuts honest node"},
    {"L1", RECORD(no_deps_rule), RANDOM(LIARS), LIE_CRAFT, 100, "L1|cuts honest node"},
    {"L2", RECORD(pending_without_end), SCRIPT(orphans), "(L2)"},
    {"L2", RECORD(dep_without_id), RANDOM(LIARS), LIE_CRAFT, 100, "L2|cuts honest node|do not agree"},
    {"L4", RECORD(no_fault_link_rule), RANDOM(LIARS), LIE_FORK | LIE_COLLUDE, 600, "L4"},
    {"S1", RECORD(no_signature_rule), RANDOM(LIARS), LIE_SIGNATURE, 100, "S1"},
    {"S2", RECORD(no_payload_rule), RANDOM(LIARS), LIE_PAYLOAD, 100, "S2"},
    {"F1", RECORD(no_proof_rule), RANDOM(LIARS), LIE_ACCUSE, 100, "without a proof"},
    {"F3", RECORD(cover_contested), RANDOM(LIARS), LIE_FORK, 100, "L4|was acknowledged and is not"},
    {"F3", RECORD(no_contested_hold), SCRIPT(endless_fork), "without end (F3)"},
    {"F3", RECORD(no_contested_budget), SCRIPT(colluder), "through a colluder (F3)"},
    {"I2", RECORD(no_stray_rule), SCRIPT(late_stray), "(I2)"},
    {"I2", RECORD(any_voucher), SCRIPT(second_voucher), "(I2)"},
    {"I3", RECORD(no_barrier_rule), RANDOM(RESTORES), 0, 20, "(I3)"},
    {"I3", RECORD(own_barrier_only), RANDOM(RESTORES), 0, 50, "(I3)"},
    {"H1", RECORD(any_incarnation_holds), SCRIPT(forgetful), "as held by"},
    {"H1", RECORD(cover_unstored), RANDOM(HONEST), 0, 100, "held"},
    {"H2", RECORD(ack_acks), RANDOM(CALM), 0, 100, "silent"},
    {"O1", RECORD(order_by_arrival), RANDOM(CALM), 0, 100, "order"},
    {"O2", RECORD(state_of_all_heads), RANDOM(LIARS), LIE_FORK, 100, ""},
    {"S4", NODE(never_gather), SCRIPT(hurry), "in small pieces"},
    {"Y7", NODE(no_own_lane_for_peer), SCRIPT(own_feed), "own feed back"},
    {"Y3", NODE(no_fork_answer), SCRIPT(hidden_fork), "do not find out"},
    {"Y4", NODE(never_ask_elsewhere), RANDOM(LIARS), LIE_WITHHOLD, 100, ""},
    {"Y5", NODE(no_announcement), SCRIPT(silent_relay), "through the third"},
    {"Y6", NODE(send_beyond_credit), SCRIPT(slow_reader), "beyond the credit"},
    {"Y6", NODE(any_credit), SCRIPT(false_credit), "bytes of credit|garbage"},
    {"Y8", NODE(no_cut), RANDOM(LIARS), LIE_GARBAGE, 100, ""},
    {"F2", NODE(no_fault_entry), RANDOM(LIARS), LIE_FORK, 100, "(F2)"},
    {"F2", NODE(fault_entry_again), RANDOM(LIARS), LIE_FORK, 100, ""},
    {"I1", NODE(resume_at_once), SCRIPT(new_machine), "leaves out"},
    {"I4", NODE(no_start_barrier), SCRIPT(snapshot_back), "forks its feed"},
    {"I4", NODE(ignore_another_writer), SCRIPT(running_copy), "behind its own copy"},
    {"H1", NODE(write_before_recovery), RANDOM(HONEST), 0, 100, ""},
    {"K3", NODE(no_registers_told), SCRIPT(old_cards), "does not know"},
    {"S3", NODE(keep_what_store_lost), RANDOM(HONEST), 0, 100, ""},
    {"S3", NODE(release_unheld), SCRIPT(alone), "was acknowledged"},
    {"S3", KEYHOLDER(no_journal), RANDOM(HONEST), 0, 100, ""},
    {"S3", KEYHOLDER(no_ticket_limit), SCRIPT(talkative), "sealed bytes"},
    {"I4", KEYHOLDER(no_start_barrier), SCRIPT(snapshot_back), "forks its feed"},
};
const size_t rule_switches_count = sizeof rule_switches / sizeof rule_switches[0];

struct mutations
rule_switch_off(const struct rule_switch *rule)
{
    struct mutations mutations = {0};
    bool off = true;

    memcpy((uint8_t *)&mutations + rule->offset, &off, sizeof off);
    return mutations;
}

const struct rule_switch *
rule_switch_find(const char *name)
{
    for (size_t i = 0; i < rule_switches_count; i++)
        if (strcmp(rule_switches[i].name, name) == 0)
            return &rule_switches[i];
    return NULL;
}
