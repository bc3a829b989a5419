/*
 * A party's real keyholder and node, with the socket between them as it is in a node that serves;
 * this process is their supervisor and their desk.  Either may run under `faulty`.
 */
#ifndef ENTENTE_TESTS_SWEEP_PARTY_H
#define ENTENTE_TESTS_SWEEP_PARTY_H

#include "channel/messages.h"
#include "channel/status.h"
#include "faults.h"
#include "support/build.h"

#include <sys/types.h>

#define WORLD_PARTIES 2u
#define SEQS_MAX 8192u

/* Two parties with the seeds 1 and 2; only the second one's address is true. */
struct world {
    struct build_party parties[WORLD_PARTIES];
    struct built_room room;
    uint8_t *cards;
    size_t cards_size;
    uint16_t port;      /* of the second one */
    const char *faulty; /* programs */
    const char *keyholder;
    const char *node;
};
void world_make(struct world *world, char **programs);
void world_free(struct world *world);

/*
 * All ids that anybody ever said of a seq.  Two for one seq are what must never be; what was
 * acknowledged must be there for ever.
 */
struct known {
    struct entry_id ids[WORLD_PARTIES][SEQS_MAX];
    bool is_known[WORLD_PARTIES][SEQS_MAX];
    bool is_acknowledged[WORLD_PARTIES][SEQS_MAX];
    uint32_t greatest[WORLD_PARTIES];
    uint32_t acknowledged;
};

enum party_part { PARTY_KEYHOLDER, PARTY_NODE, PARTY_PARTS };

struct party {
    const struct world *world;
    struct known *known;
    uint8_t slot;
    char folder[256];
    bool is_faulty[PARTY_PARTS]; /* runs under `faulty`; `faults` are the control pages */
    struct fault_control *faults[PARTY_PARTS];
    pid_t pids[PARTY_PARTS];
    int sockets[4]; /* of the supervisor to both, of the desk to both; in the order of the parts */
    struct channel *channels[4];
    bool is_gone; /* one of its processes is, and all that they had said was heard */
    /* heard */
    bool is_ready;
    bool is_running;
    uint16_t trouble;  /* the error of the last FAILED or UNABLE */
    uint32_t appended; /* APPENDED in this life */
    uint32_t refused;  /* SEAL_REFUSED in this life */
    uint64_t tickets;
    struct status status;
    uint32_t statuses;
    bool is_listed;
    uint64_t listed_after;
    uint32_t listed_count;
    uint8_t held[WORLD_PARTIES]
                [SEQS_MAX]; /* the last list's: bit s: held by slot s; bit 7: listed */
};
#define PARTY_LISTED 0x80u

/* Keys and an empty journal in a new folder. */
void party_make(struct party *party, const struct world *world, struct known *known, uint8_t slot);
/* Ends it, and removes its folder. */
void party_free(struct party *party);

/* Starts both processes and says what a supervisor says; party_is_up() when they are ready. */
void party_spawn(struct party *party);
bool party_is_up(const struct party *party);

/* Takes what was said, waiting at most `wait_ms` for it, and sends what is queued. */
void party_hear(struct party *party, int wait_ms);

/* Hears until `condition`; false when that was not within 20 s, or the party is gone first. */
#define PARTY_UNTIL(party, condition)                                                              \
    for (uint64_t until_ = party_now_ms() + 20000;                                                 \
         !(condition) && !(party)->is_gone && party_now_ms() < until_;)                            \
    party_hear(party, 20)
uint64_t party_now_ms(void);

/* One statement of `bytes` bytes. */
void party_say(struct party *party, size_t bytes);
void party_ask_status(struct party *party);
/* The operator lifts the start barrier: there is no other party. */
void party_be_alone(struct party *party);

/* Lists the whole record: `held`, and all ids into `known`.  False when it is gone. */
bool party_list(struct party *party);

/*
 * -9 to all that is left of it; what was said before is heard.  Under FAULT_CUT each armed process
 * loses what it had not synced.  Disarms.
 */
void party_kill(struct party *party);

/* It is gone: whether both processes ended by themselves, none by a signal or a sanitizer. */
bool party_ended_well(struct party *party);

/* What both processes wrote to standard error is kept in a file; whether `text` is in it. */
bool party_traced(const struct party *party, const char *text);
void party_forget_trace(const struct party *party);

/*
 * After party_list(): everything acknowledged and everything known of the own feed is there,
 * without gaps.
 */
void party_check(const struct party *party);

/* Makes `to` a copy of all that is in `from`. */
void folder_copy(const char *from, const char *to);

/* The store as the disk has it, of a party that does not run: what is listed there, in `held`. */
void party_read_store(struct party *party);

#endif
