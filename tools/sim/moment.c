#include "tools/sim/moment.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01. Years begin in March here, so that the leap day is the last of a year. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
    const unsigned late = month <= 2 ? 1 : 0, y = year - late, m = month + 12 * late - 3;
    return (uint64_t)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

bool pt_moment(uint64_t *time_s, const char *text)
{
    unsigned y = 0, mon = 0, d = 0, h = 0, min = 0, s = 0;
    int used = 0;
    if (sscanf(text, "%4u-%2u-%2u%*1[ T]%2u:%2u:%2u%n", &y, &mon, &d, &h, &min, &s, &used) != 6 ||
        (text[used] != '\0' && strcmp(text + used, "Z") != 0) || y < 1970 || mon < 1 || mon > 12 ||
        d < 1 || d > month_days(y, mon) || h > 23 || min > 59 || s > 59) {
        return false;
    }
    *time_s = ((days_of(y, mon, d) * 24 + h) * 60 + min) * 60 + s;
    return true;
}
