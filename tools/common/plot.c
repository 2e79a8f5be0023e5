#include "tools/common/plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 860, HEIGHT = 460, LEFT = 84, RIGHT = 24, TOP = 64, BOTTOM = 56, TICKS = 5 };

/* Told apart also by those who do not see red and green as different (Okabe and Ito, 2008). */
static const char *const colours[PT_PLOT_SERIES_MAX] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                        "#56b4e9", "#e69f00", "#000000", "#f0e442"};

typedef struct axis {
    double low, high, step;
} axis;

static void put(pt_bytes *svg, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(pt_bytes *svg, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    const int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    pt_put(svg, text, size < 0 ? 0 : (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

/* Text between tags: a name from a world may hold what XML reads as its own. */
static void put_text(pt_bytes *svg, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            put(svg, "&lt;");
            break;
        case '&':
            put(svg, "&amp;");
            break;
        default:
            pt_put(svg, text, 1);
        }
    }
}

/* About TICKS steps of 1, 2 or 5 times a power of ten, from low to at least high. */
static axis axis_of(double low, double high)
{
    if (!(high > low)) {
        high = low + 1;
    }
    const double raw = (high - low) / TICKS;
    const double power = pow(10, floor(log10(raw)));
    const double times = raw / power;
    const double step = (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power;
    return (axis){floor(low / step) * step, ceil(high / step) * step, step};
}

static double at_x(const axis *x, double value)
{
    return LEFT + (value - x->low) / (x->high - x->low) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const axis *y, double value)
{
    return HEIGHT - BOTTOM - (value - y->low) / (y->high - y->low) * (HEIGHT - TOP - BOTTOM);
}

static void put_number(pt_bytes *svg, double value)
{
    static const struct {
        double unit;
        const char *letter;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (fabs(value) >= units[i].unit) {
            put(svg, "%.6g%s", value / units[i].unit, units[i].letter);
            return;
        }
    }
    put(svg, "%.6g", fabs(value) < 1e-12 ? 0 : value);
}

static void put_grid(pt_bytes *svg, const axis *x, const axis *y)
{
    for (double v = y->low; v <= y->high + y->step / 2; v += y->step) {
        put(svg, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", LEFT,
            WIDTH - RIGHT, at_y(y, v), at_y(y, v));
        put(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 8, at_y(y, v) + 4);
        put_number(svg, v);
        put(svg, "</text>\n");
    }
    for (double v = x->low; v <= x->high + x->step / 2; v += x->step) {
        put(svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#888\"/>", at_x(x, v),
            at_x(x, v), HEIGHT - BOTTOM, HEIGHT - BOTTOM + 5);
        put(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", at_x(x, v),
            HEIGHT - BOTTOM + 20);
        put_number(svg, v);
        put(svg, "</text>\n");
    }
    put(svg, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#444\"/>\n", LEFT,
        WIDTH - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM);
}

static void put_words(pt_bytes *svg, const pt_plot *plot)
{
    put(svg, "<text x=\"%d\" y=\"24\" font-size=\"17\" font-weight=\"bold\">", LEFT);
    put_text(svg, plot->title);
    put(svg, "</text>\n");
    if (plot->note != NULL) {
        put(svg, "<text x=\"%d\" y=\"44\" fill=\"#555\">", LEFT);
        put_text(svg, plot->note);
        put(svg, "</text>\n");
    }
    put(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 14);
    put_text(svg, plot->x_name);
    put(svg, "</text>\n<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">",
        (TOP + HEIGHT - BOTTOM) / 2);
    put_text(svg, plot->y_name);
    put(svg, "</text>\n");
}

static void put_series(pt_bytes *svg, const pt_plot *plot, size_t number, const axis *x,
                       const axis *y)
{
    const pt_series *series = &plot->series[number];
    put(svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colours[number]);
    for (size_t i = 0; i < plot->point_count; i++) {
        if (series->is_step && i > 0) {
            put(svg, "%.1f,%.1f ", at_x(x, plot->x[i]), at_y(y, series->y[i - 1]));
        }
        put(svg, "%.1f,%.1f ", at_x(x, plot->x[i]), at_y(y, series->y[i]));
    }
    put(svg, "\"/>\n");
    const int left = LEFT + 16 + (int)(number % 4) * 190, top = TOP + 4 + (int)(number / 4) * 18;
    put(svg, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>", left, top,
        colours[number]);
    put(svg, "<text x=\"%d\" y=\"%d\">", left + 20, top + 6);
    put_text(svg, series->name);
    put(svg, "</text>\n");
}

void pt_plot_svg(pt_bytes *svg, const pt_plot *plot)
{
    double low = 0, high = 0;
    for (size_t s = 0; s < plot->series_count; s++) {
        for (size_t i = 0; i < plot->point_count; i++) {
            low = fmin(low, plot->series[s].y[i]);
            high = fmax(high, plot->series[s].y[i]);
        }
    }
    const axis y = axis_of(low, high);
    const double last = plot->point_count > 0 ? plot->x[plot->point_count - 1] : 1;
    const axis x = axis_of(plot->point_count > 0 ? plot->x[0] : 0, last);
    put(svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_words(svg, plot);
    put_grid(svg, &x, &y);
    for (size_t s = 0; s < plot->series_count; s++) {
        put_series(svg, plot, s, &x, &y);
    }
    put(svg, "</svg>\n");
}
