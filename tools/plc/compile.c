/* The page that is the table of contents: one contract from path to container. */
#include "tools/plc/program.h"

static void compile(plc *p, plc_str path, const uint8_t **bytes, size_t *size)
{
    const plc_unit *contract = plc_load_units(p, path);
    if (contract == NULL || plc_failed(p)) {
        return;
    }
    plc_declare(p);
    if (plc_failed(p)) {
        return;
    }
    plc_emit_functions(p);
    if (plc_failed(p)) {
        return;
    }
    *bytes = plc_container(p, size);
}

static plc_str string(const char *text)
{
    return (plc_str){text, (uint32_t)strlen(text)};
}

typedef struct outcome {
    const uint8_t *bytes;
    size_t size;
} outcome;

/* Catches what jumps out: too many errors, or no memory. */
static void guarded(plc *p, const char *path, outcome *out)
{
    if (setjmp(p->bail) != 0) {
        out->bytes = NULL;
        return;
    }
    p->program = PLC_NEW(p, plc_program);
    compile(p, string(path), &out->bytes, &out->size);
    if (p->file_count == 0) {
        (void)plc_add_file(p, string(path), "", 0);
        plc_error(p, (plc_loc){0, 0}, NULL, "the file cannot be read");
    }
}

void plc_compile(plc_result *result, plc_loader loader, void *context, const char *path,
                 const plc_options *options)
{
    static const plc_options none = {0};
    const plc_options *o = options == NULL ? &none : options;
    plc *p = plc_begin(o->memory_max);
    outcome out = {NULL, 0};
    if (p != NULL) {
        p->loader = loader;
        p->loader_context = context;
        p->library = o->library == NULL ? PLC_STR("") : string(o->library);
        p->no_symbols = o->no_symbols;
        guarded(p, path, &out);
    }
    plc_finish(p, result, out.bytes, out.size);
}
