/*
 * Errors are values.  Each has one culprit, and the culprit decides the reaction: a PEER is told
 * the reason and cut off, the MACHINE's trouble is reported and tried again, the USER is told
 * what to do.  The name only explains.
 */
#ifndef ENTENTE_BASE_ERROR_H
#define ENTENTE_BASE_ERROR_H

#define MUST_USE __attribute__((warn_unused_result))

enum entente_whose {
    ENTENTE_NOBODY,  /* no error */
    ENTENTE_PEER,    /* the bytes are wrong: whoever made them is at fault */
    ENTENTE_MACHINE, /* this machine failed: disk, memory, a process that died */
    ENTENTE_USER     /* asked for wrongly */
};

/* X(name, whose, text) */
#define ENTENTE_ERRORS(X)                                                                          \
    X(OK, NOBODY, "done")                                                                          \
    X(TRUNCATED, PEER, "the data ends too early")                                                  \
    X(TOO_LARGE, PEER, "the data is larger than the protocol allows")                              \
    X(MALFORMED, PEER, "the data is not well formed")                                              \
    X(VERSION, PEER, "the data is of a version that this program does not know")                   \
    X(SIGNATURE, PEER, "a signature is wrong")                                                     \
    X(HASH, PEER, "the content does not have the hash that was signed")                            \
    X(UNSEALABLE, PEER, "the sealed data does not open")                                           \
    X(COMMITMENT, PEER, "the plaintext is not the one that the writer committed to")               \
    X(WRONG_ROOM, PEER, "the data belongs to another room")                                        \
    X(NOT_A_PARTY, PEER, "the writer is not a party of this room")                                 \
    X(UNCERTIFIED, PEER, "the node key is not certified at the cited register position")           \
    X(REVOKED, PEER, "the key was revoked")                                                        \
    X(CHAIN, PEER, "the entry does not continue its writer's feed")                                \
    X(REGISTER_CHAIN, PEER, "the register entry does not continue its party's register")           \
    X(DEPS, PEER, "the causal links are not the maximal ones")                                     \
    X(TIME, PEER, "the claimed time does not grow")                                                \
    X(EQUIVOCATION, PEER, "the party showed two faces")                                            \
    X(NO_PROOF, PEER, "the fault entry does not prove a fault")                                    \
    X(RESUME, PEER, "the incarnation does not begin with a resume")                                \
    X(FLOOD, PEER, "the peer goes beyond a limit of the protocol")                                 \
    X(UNEXPECTED, PEER, "the message is not allowed now")                                          \
    X(PENDING, NOBODY, "something that it depends on is not here yet")                             \
    X(DUPLICATE, NOBODY, "it is here already")                                                     \
    X(CONTESTED, NOBODY, "the feed is contested and nobody accepted refers to this entry")         \
    X(NO_MEMORY, MACHINE, "out of memory")                                                         \
    X(IO, MACHINE, "reading or writing failed")                                                    \
    X(DISK_FULL, MACHINE, "the disk is full")                                                      \
    X(READ_ONLY, MACHINE, "the file or its folder cannot be written")                              \
    X(CORRUPT, MACHINE, "the stored data is damaged")                                              \
    X(LOCKED, MACHINE, "another process of this node has it open")                                 \
    X(RANDOM, MACHINE, "no randomness")                                                            \
    X(GONE, MACHINE, "another process of this node has died")                                      \
    X(ADDRESS, USER, "the address is not host:port, not of this machine, or needs more rights")    \
    X(PORT_IN_USE, MACHINE, "another program listens at this address")                             \
    X(RETIRED, MACHINE, "this installation's key is retired: its feed went on elsewhere")          \
    X(BARRIER, MACHINE, "no other party has been heard since the start")                           \
    X(BEHIND, MACHINE, "the request does not continue what was signed last")                       \
    X(REFUSED, MACHINE, "the request is not allowed between our own processes")                    \
    X(NOT_FOUND, USER, "there is no such thing")                                                   \
    X(EXISTS, USER, "it exists already")                                                           \
    X(NEWER_STORE, USER, "a newer version of Entente wrote this store: use that one")              \
    X(USAGE, USER, "the command was used wrongly")                                                 \
    X(PASSPHRASE, USER, "the passphrase or key file is wrong")                                     \
    X(KEY_EXPOSED, USER, "others can read the key file")                                           \
    X(OTHER_KEY, USER, "it belongs to another key")                                                \
    X(NOT_TRUSTED, USER, "the party is not trusted here")                                          \
    X(NOT_RUNNING, USER, "the node is not running")                                                \
    X(INCOMPLETE, USER, "something is still missing")                                              \
    X(TEXT, USER, "the text is not valid UTF-8")                                                   \
    X(VOID, USER, "by a rule of the protocol it would count for nothing")

enum entente_error {
#define X(name, whose, text) ENTENTE_ERR_##name,
    ENTENTE_ERRORS(X)
#undef X
        ENTENTE_ERR_COUNT
};

#define ENTENTE_OK ENTENTE_ERR_OK

/* The sentence of the table above, without a full stop; never NULL. */
const char *entente_error_text(enum entente_error error);

/* The name of the table above, such as "TRUNCATED"; never NULL. */
const char *entente_error_name(enum entente_error error);

enum entente_whose entente_error_whose(enum entente_error error);

/* What a program ends with: 0 nobody's fault, 1 the user's, 2 the machine's, 3 a peer's. */
int entente_error_exit_status(enum entente_error error);

#endif
