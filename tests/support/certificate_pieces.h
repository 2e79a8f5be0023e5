/* A certificate in pieces that can be changed, left out and put together again, and the nodes of a
 * witness: how forgers of the storm work. spec 10 §2, §4 */
#ifndef PL_SUPPORT_CERTIFICATE_PIECES_H
#define PL_SUPPORT_CERTIFICATE_PIECES_H

#include "tools/common/bytes.h"
#include "vm/plimsoll.h"
#include "vm/verify.h"

enum { LINKS_MAX = 32, VIEWS_MAX = 64, EVIDENCE_MAX = 64, CLAIM_SIZE = 39 };

typedef struct piece {
    const uint8_t *bytes;
    size_t size;
} piece;

typedef struct pieces {
    uint8_t kind;
    uint64_t height;
    piece world;
    bool has_header;
    uint8_t first[PL_HEADER_SIZE];
    unsigned link_count;
    uint8_t links[LINKS_MAX][PL_LINK_SIZE];
    piece witness, body;
    unsigned view_count, evidence_count;
    piece views[VIEWS_MAX];
    piece evidence[EVIDENCE_MAX]; /* feed, size and report */
    uint8_t claim[CLAIM_SIZE];
} pieces;

/* Takes a well-formed certificate apart; what points, points into its bytes. Returns false when it
 * is none, or has more of something than fits. */
bool pieces_of(pieces *to, const uint8_t *bytes, size_t size);

/* Puts the seal behind all the other parts. */
void certificate_seal(pt_bytes *parts);

/* Writes the certificate of these pieces, sealed, over what was in *out. */
void pieces_join(pt_bytes *out, const pieces *from);

/* Puts the hash of a changed body where its header has it. */
void pieces_relink(pieces *of);

/* One node of a witness, in the order of its bytes. */
typedef struct node {
    size_t at;
    uint8_t kind;
    uint32_t end; /* the first node that is not of its subtree */
} node;

typedef struct nodes {
    node *list; /* one more than count: where the bytes end */
    uint32_t count;
    uint32_t room;
} nodes;

/* Finds the nodes of a well-formed witness of this chain. Returns false when it is none. */
bool nodes_of(nodes *to, const pl_chain *chain, piece witness);
void nodes_free(nodes *list);

/* hash = that of the tree below node i. */
void node_hash(uint8_t hash[32], const nodes *list, const pl_chain *chain, piece witness,
               uint32_t i);

/* Writes the witness with node i and what is below it replaced. */
void node_replace(pt_bytes *out, const nodes *list, piece witness, uint32_t i, const uint8_t *bytes,
                  size_t size);

#endif
