#include "vm/base/error.h"

const char *pl_status_name(pl_status status)
{
    switch ((int)status) {
    case PL_OK:
        return "OK";
#define ERR(kind, number, name, sentence)                                                          \
    case number:                                                                                   \
        return #name;
#include "vm/base/errors.def"
#undef ERR
    default:
        return "UNKNOWN";
    }
}

const char *pl_status_sentence(pl_status status)
{
    switch ((int)status) {
#define ERR(kind, number, name, sentence)                                                          \
    case number:                                                                                   \
        return sentence;
#include "vm/base/errors.def"
#undef ERR
    default:
        return "";
    }
}
