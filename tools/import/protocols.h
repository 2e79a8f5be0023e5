/* The tables of the protocols (trace.h), one file each. */
#ifndef PT_IMPORT_PROTOCOLS_H
#define PT_IMPORT_PROTOCOLS_H

#include "tools/import/trace.h"

extern const pt_protocol pt_aave_v3_0;
extern const pt_protocol pt_aave_v3_6;
extern const pt_protocol pt_morpho_blue;
extern const pt_protocol pt_morpho_blue_adaptive;
extern const pt_protocol pt_maker_dss;
extern const pt_protocol pt_compound_v2;
extern const pt_protocol pt_liquity_v1;
extern const pt_protocol pt_compound_v3;

/* All of them, ended by NULL. */
extern const pt_protocol *const pt_protocols[];

#endif
