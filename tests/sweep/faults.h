/*
 * What the sweeps ask of the program `faulty`, and what it tells: one page that both have mapped.
 *
 *     faulty CONTROL PROGRAM ARGUMENTS...
 *
 * runs a program as it is and counts its system calls from the moment it is armed.  At the n-th it
 * kills it with -9, or cuts its power, or lets calls fail.  It ends as the program does: killed
 * where that was killed.  SIGTERM: the power is cut now (FAULT_CUT), or it is killed.
 */
#ifndef ENTENTE_TESTS_SWEEP_FAULTS_H
#define ENTENTE_TESTS_SWEEP_FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

enum fault_action {
    FAULT_NONE,
    FAULT_KILL, /* before the call */
    FAULT_CUT,  /* killed, and what was not synced is undone, however it ends */
    FAULT_FAIL  /* the call is not made, and returns `error` */
};

/* Laid out without gaps: tests in other languages write it too. */
struct fault_control {
    _Atomic uint32_t is_armed; /* calls are counted from then on */
    uint32_t action;
    uint32_t disk_only;     /* 1: only calls that change files or make that durable count */
    uint32_t at;            /* the n-th call, from 1; 0: never */
    _Atomic uint32_t fails; /* FAULT_FAIL: so many calls from there on, of those that count */
    uint32_t error;         /* errno */
    uint64_t seed;          /* FAULT_CUT: 0: all that was not synced is lost; else some of it is */
    /* told */
    _Atomic uint32_t pid;    /* of the program */
    _Atomic uint32_t calls;  /* that counted */
    _Atomic uint32_t hits;   /* calls that were failed, or the one before which it was killed */
    _Atomic uint32_t undone; /* files that the cut changed */
};

#define FAULT_CONTROL_BYTES 48u
_Static_assert(sizeof(struct fault_control) == FAULT_CONTROL_BYTES, "no gaps");

#endif
