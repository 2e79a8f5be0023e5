#include "tools/plim/import_folders.h"

#include "tools/common/source.h"
#include "tools/import/folder.h"

pt_exit pt_import_folders(const char **output, char **contracts, const pt_args *args,
                          pt_report *report)
{
    *output = pt_args_value(args, "-o");
    if (*output == NULL) {
        return pt_fail(report, PT_USAGE, "import needs -o DIR: where to write the history");
    }
    PT_TRY(pt_folder_check(*output, report));
    PT_TRY(pt_contracts_folder(contracts, pt_args_value(args, "--contracts"), report));
    return *contracts != NULL
               ? PT_OK
               : pt_fail(report, PT_INPUT,
                         "the folder of contracts is not beside the program; say where it is with "
                         "--contracts FOLDER");
}
