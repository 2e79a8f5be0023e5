/* The parts of plim import maker-ethb: one ilk as it goes from row to row. */
#ifndef PT_IMPORT_MAKER_LIFE_H
#define PT_IMPORT_MAKER_LIFE_H

#include "tools/import/export.h"
#include "tools/import/maker_book.h"

/* Places of the columns, maker_life.c. */
enum {
    PT_COLUMN_BITE_LOT,
    PT_COLUMN_BITE_DEBT,
    PT_COLUMN_BARK_LOT,
    PT_COLUMN_BARK_DEBT,
    PT_COLUMN_REPAID,
    PT_COLUMN_CEILING
};

/* An auction that runs. next_s: when its buyer acts again. */
typedef struct pt_maker_auction {
    bool is_clip, is_bid; /* a Clipper's; a Flipper's with its bid */
    uint64_t id, next_s;
} pt_maker_auction;

typedef struct pt_maker_life {
    pt_maker_rows rows;
    pt_maker_path path;
    pt_export out;
    pl_u256 *offs, *lates;           /* wad, per vault: see pt_maker_vault */
    pl_u256 off;                     /* of all vaults                                         */
    bool has_dog;                    /* the Dog has taken over from the Cat                   */
    pl_u256 auto_line[3];            /* line, gap (wad), ttl                               */
    pl_u256 dog_chop, buf, ttl, beg; /* wad; ttl: seconds                       */
    pl_u256 price;                   /* wad: the last report; 0 before the first              */
    pt_maker_auction *auctions;
    size_t auction_count, auction_room;
    uint64_t auction_total;
    uint64_t mends[PT_MENDS], rests, trims, implied, bent_up, bent_down, bent_little, rooms, raised;
    uint64_t bent_most_bps;
    pt_bytes notes; /* rows of the page's table, one for each row that was mended or refused */
} pt_maker_life;

#define PT_MAKER_ADMIN  "admin"  /* the ward, and every proxy      */
#define PT_MAKER_KEEPER "keeper" /* who liquidates and buys        */
enum { PT_MAKER_NAME = 16 };

/* "v15967". */
const char *pt_maker_name(char name[PT_MAKER_NAME], const pt_maker_life *life, uint32_t vault);

/* People, feed, ward; and the block before the first row. */
pt_exit pt_maker_world(pt_maker_life *life, pt_report *report);
pt_exit pt_maker_first_block(pt_maker_life *life, uint64_t time_s, pt_report *report);

/* A call of the ward. */
pt_exit pt_maker_call_it(pt_maker_life *life, const char *function, const pt_arg *arguments,
                         size_t count, pt_report *report);

/* One row of governance, or of DssAutoLine; *ilk follows. */
pt_exit pt_maker_parameter_row(pt_maker_life *life, pt_maker_ilk *ilk, const pt_maker_row *row,
                               pt_report *report);

/* The path has a bar for this time. */
bool pt_maker_has_path(const pt_maker_life *life, uint64_t time_s);

/* Counts a price that a row bent away from what the path, or the last report, says. */
void pt_maker_bend(pt_maker_life *life, uint64_t time_s, const pl_u256 *price, const pl_u256 *path);

/* A note for the page: | block | vault | what | */
void pt_maker_note(pt_maker_life *life, const pt_maker_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The price in force at a time: the open of the bar of the hour before; the last report where the
 * path says nothing. */
pl_u256 pt_maker_path_price(const pt_maker_life *life, uint64_t time_s);

/* Reports a price and pokes it, when it is not the last one. */
pt_exit pt_maker_price(pt_maker_life *life, uint64_t time_s, const pl_u256 *price,
                       pt_report *report);

/* Seals the block being made and notes refused calls. row: one of them, or NULL when all must
 * succeed. */
pt_exit pt_maker_seal(pt_maker_life *life, uint64_t time_s, const pt_maker_row *row,
                      pt_report *report);

/* Calls of a ward about the ilk: name(0, value). */
pt_exit pt_maker_set(pt_maker_life *life, const char *function, const pl_u256 *value,
                     pt_report *report);

/* ---- maker_auctions.c ---- */

/* The auction that this call of the block sealed last has started. */
pt_exit pt_maker_auction_begin(pt_maker_life *life, size_t call, uint64_t time_s,
                               pt_report *report);

/* Every step of every auction up to a time, each in a block of its own time. */
pt_exit pt_maker_auctions_until(pt_maker_life *life, uint64_t time_s, pt_report *report);

/* ---- maker_page.c ---- */

/* README.md of the history; free() it. */
char *pt_maker_page(const pt_maker_life *life, const char *prices);

#endif
