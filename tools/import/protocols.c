#include "tools/import/protocols.h"

const pt_protocol *const pt_protocols[] = {
    &pt_aave_v3_0,  &pt_aave_v3_6, &pt_compound_v2, &pt_compound_v3,
    &pt_liquity_v1, &pt_maker_dss, &pt_morpho_blue, &pt_morpho_blue_adaptive,
    NULL,
};
