#include "vm/oracle/adapter.h"

pl_status pl_median_message_read(pl_reading *reading, const pl_adapter_input *in)
{
    (void)reading;
    (void)in;
    return PL_REJECT_TYPE;
}
