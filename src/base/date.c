#include "base/date.h"

#define DAYS_MAX 2932896u        /* 31 December 9999 */
#define DAYS_OF_ERA 146097u      /* 400 years */
#define DAYS_BEFORE_1970 719468u /* since 1 March of the year 0 */

/* Years begin in March, so that a leap day is the last of one. */
struct date
date_of_days(uint64_t days)
{
    struct date date;

    uint32_t shifted = (uint32_t)(days < DAYS_MAX ? days : DAYS_MAX) + DAYS_BEFORE_1970;
    uint32_t of_era = shifted % DAYS_OF_ERA;
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t from_march = (5 * of_year + 2) / 153;
    date.day = of_year - (153 * from_march + 2) / 5 + 1;
    date.month = (from_march + 2) % 12 + 1;
    date.year = shifted / DAYS_OF_ERA * 400 + year + (date.month <= 2);
    return date;
}

bool
date_to_days(struct date date, uint64_t *days)
{
    *days = 0;
    if (date.year < 1970 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > 31)
        return false;
    unsigned year = date.year - (date.month <= 2);
    unsigned from_march = (date.month + 9) % 12;
    unsigned of_year = (153 * from_march + 2) / 5 + date.day - 1;
    *days = (uint64_t)year * 365 + year / 4 - year / 100 + year / 400 + of_year - DAYS_BEFORE_1970;
    struct date same = date_of_days(*days); /* the 31st of April is the 1st of May */
    return same.day == date.day && same.month == date.month;
}
