/* What a person says about a feed on a command line, as the rules that a report is checked by. */
#ifndef PT_ORACLE_SETUP_H
#define PT_ORACLE_SETUP_H

#include "tools/oracle/look.h"

/* Options as they were typed; NULL: not given. */
typedef struct pt_setup_options {
    const char *signers;   /* a comma list, a file, or NAME@vectors.json                */
    const char *feed;      /* a symbol, a hex id, a key: what the report must be about  */
    const char *config;    /* configuration digest in hex                               */
    const char *last;      /* order key of the last accepted report, or epoch:round     */
    const char *decimals;  /* of the signed price, where the format does not sign them  */
    const char *guardians; /* guardian set index                                        */
    const char *quorum;
    const char *at, *max_age, *max_ahead;
    bool strict;
} pt_setup_options;

typedef struct pt_setup {
    pt_oracle_feed feed;
    pl_clock now;
    bool has_feed;      /* somebody said what the report must be about, or it cannot say */
    bool has_set;       /* the signer set is named by somebody else than the report      */
    bool sets_by_index; /* guardian sets of a file, the report chooses one               */
    bool has_now;       /* false: the report's own time is used                          */
    bool has_decimals;  /* the scale of the price is known                               */
    pl_price last;
    json_t *notes; /* sentences about what was assumed; owned */
} pt_setup;

/* On input: look, an inspection of the payload; what the options leave out is taken from it where
 * that is safe, and a note says so. Errors: PT_USAGE for an option, PT_INPUT for a file.
 * Free it also after an error. */
pt_exit pt_setup_read(pt_setup *setup, unsigned format, const pt_setup_options *options,
                      const pt_look *look, pt_report *report);
void pt_setup_free(pt_setup *setup);

/* The subject of a format as people write it. Errors: PT_USAGE. */
pt_exit pt_setup_subject(pt_bytes *subject, unsigned format, const char *text, pt_report *report);

/* Reports of the format say what they are about, or sign it: a feed should have a subject. */
bool pt_setup_has_subject(unsigned format);

/* Reports of the format sign a time of their price, so an age can be asked. */
bool pt_setup_has_time(unsigned format);

/* A feed without rules, for an inspection. */
void pt_setup_inspect(pt_oracle_feed *feed, unsigned format);

#endif
