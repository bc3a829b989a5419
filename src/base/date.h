/*
 * The calendar (proleptic Gregorian, UTC), by arithmetic alone: the C library's gmtime_r() and
 * timegm() read the file of the time zone, which a confined process may not.
 */
#ifndef ENTENTE_BASE_DATE_H
#define ENTENTE_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct date {
    unsigned year;  /* up to 9999 */
    unsigned month; /* from 1 */
    unsigned day;   /* from 1 */
};

/* Of days since 1 January 1970; beyond the year 9999 its last day. */
struct date date_of_days(uint64_t days);

/* False: there is no such day, or it is before 1970 or after 9999. */
bool date_to_days(struct date date, uint64_t *days);

#endif
