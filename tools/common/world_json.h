/* A world described for people, as JSON: exact decimals as strings, names instead of numbers where
 * there are any. */
#ifndef PT_COMMON_WORLD_JSON_H
#define PT_COMMON_WORLD_JSON_H

#include <jansson.h>

#include "tools/common/value.h"

/* Contracts, parameters, feeds, labels and genesis rows of the chain's world. json_decref the
 * result. */
json_t *pt_world_json(const pl_chain *chain);

/* A number that JSON integers of 64 bits can hold, else its decimal digits as a string. */
json_t *pt_u64_json(uint64_t value);

/* {"field": "value", ...} of consecutive stored fields; integers with their scale, as strings. */
json_t *pt_fields_json(pt_names names, const pl_field *fields, size_t count, const uint8_t *bytes,
                       size_t size);

/* True if any feed of the world is signed by a stand-in or not signed at all: *what says which. */
bool pt_world_stand_in(const pl_world *world);
bool pt_world_unsigned(const pl_world *world);

/* Who signs its prices: "a stand-in signer", "the feeds' own signers", either ("... or ..."), or
 * "some are not signed". */
const char *pt_world_signed_by(const pl_world *world);

/* The same of one feed, whose number the world must have. */
const char *pt_feed_signed_by(const pl_world *world, uint32_t feed);

#endif
