/* Scripts: the traps that chance finds too rarely, each set by hand. */
#ifndef ENTENTE_TESTS_SIMULATOR_DIRECTED_H
#define ENTENTE_TESTS_SIMULATOR_DIRECTED_H

#include "simulator/simulator.h"

struct script {
    const char *name;
    uint32_t parties;
    uint32_t journal_file_bytes; /* 0: small ones */
    /* What is wrong in the end, or NULL; invariants that broke on the way are simulator_breach().
     */
    const char *(*play)(struct simulator *sim);
};

extern const struct script script_hidden_fork, /* two faces, and nobody who read them can write */
    script_silent_relay,   /* the only way leads through one that cannot write */
    script_own_feed,       /* a new machine, and the others cannot write */
    script_hurry,          /* one writes much faster than anybody reads */
    script_chatter,           /* one talks on while the other one is about to ack */
    script_slow_reader,    /* large entries over slow links */
    script_false_credit,   /* a liar gives more credit than there is */
    script_orphans,           /* a liar sends what waits for ever */
    script_flood,          /* a liar sends large entries again and again */
    script_talkative,      /* people say more than there is room for, and nobody may write yet */
    script_new_machine,    /* all are in reach when it resumes */
    script_forgetful,         /* a new machine has not what the old one held */
    script_snapshot_back,  /* a whole machine goes back, all others are in reach */
    script_unseen,         /* what it signed last was seen by nobody */
    script_running_copy,   /* a copy wrote on while the original rested */
    script_alone,          /* what nobody else has survives the loss of the store */
    script_keyholder_back, /* it ended while its node and all links stay */
    script_old_cards,         /* it starts anew, and registers grew since it was given cards */
    script_lost_register,     /* of what a failing store dropped, a register entry */
    script_prompt_fault,   /* a fork is found by somebody who can write */
    script_endless_fork,   /* a forked lane goes on, and nobody refers to it */
    script_colluder,       /* somebody refers to it for ever */
    script_late_stray,     /* the old machine wakes up and writes behind the resume */
    script_second_voucher; /* and then a party that vouched resumes too */

extern const struct script *const scripts[];
extern const size_t scripts_count;

/* Plays the script; "" when everything held.  `mutations` may be NULL. */
void script_run(const struct script *script, uint64_t seed, const struct mutations *mutations,
    bool trace, char breach[static 256]);

#endif
