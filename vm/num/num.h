/* All of vm/num: 256-bit integers, fused fixed-point operations, powers, text. */
#ifndef PL_NUM_NUM_H
#define PL_NUM_NUM_H

#include "vm/num/i256.h"
#include "vm/num/muldiv.h"
#include "vm/num/pow.h"
#include "vm/num/text.h"
#include "vm/num/u256.h"

#endif
