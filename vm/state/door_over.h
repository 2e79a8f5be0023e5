/* A door that stands before another and hands levels of the journal on: what recording, witnessing
 * and supposing share. A struct of such a door starts with a pl_door_over. */
#ifndef PL_STATE_DOOR_OVER_H
#define PL_STATE_DOOR_OVER_H

#include "vm/state/door.h"

typedef struct pl_door_over {
    pl_door door; /* first: a door is a struct that starts with its ops */
    pl_door *under;
} pl_door_over;

static inline pl_door *pl_door_under(pl_door *door)
{
    return ((pl_door_over *)(void *)door)->under;
}

/* The levels of the door underneath; same results. */
static inline pl_status pl_door_over_begin(pl_door *door)
{
    pl_door *under = pl_door_under(door);
    return under->ops->begin(under);
}

static inline pl_status pl_door_over_commit(pl_door *door)
{
    pl_door *under = pl_door_under(door);
    return under->ops->commit(under);
}

static inline pl_status pl_door_over_rollback(pl_door *door)
{
    pl_door *under = pl_door_under(door);
    return under->ops->rollback(under);
}

#endif
