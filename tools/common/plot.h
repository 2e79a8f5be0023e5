/* A plot with lines as SVG text: one x axis, one y axis, a legend. For people; numbers that matter
 * are printed exactly elsewhere. */
#ifndef PT_COMMON_PLOT_H
#define PT_COMMON_PLOT_H

#include "tools/common/bytes.h"

#define PT_PLOT_SERIES_MAX 8u

typedef struct pt_series {
    const char *name;
    const double *y; /* point_count values */
    bool is_step;    /* the value holds until the next point */
} pt_series;

typedef struct pt_plot {
    const char *title;
    const char *note; /* a second, smaller line; may be NULL */
    const char *x_name, *y_name;
    const double *x; /* point_count values, ascending */
    size_t point_count;
    const pt_series *series;
    size_t series_count; /* at most PT_PLOT_SERIES_MAX */
} pt_plot;

/* Appends a whole SVG document. */
void pt_plot_svg(pt_bytes *svg, const pt_plot *plot);

#endif
