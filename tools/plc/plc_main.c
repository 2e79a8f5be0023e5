/* plc build FILE [-o OUT] [-L LIBRARY] | plc fmt FILE: a small driver of the compiler library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/plc/plc.h"

typedef struct texts {
    char *at[PLC_UNITS_MAX];
    uint32_t count;
} texts;

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    texts *kept = context;
    FILE *file = fopen(path, "rb");
    if (file == NULL || kept->count == PLC_UNITS_MAX) {
        if (file != NULL) {
            (void)fclose(file);
        }
        return false;
    }
    char *buffer = malloc(PLC_SOURCE_SIZE_MAX + 1);
    if (buffer != NULL) {
        *size = fread(buffer, 1, PLC_SOURCE_SIZE_MAX + 1, file);
        kept->at[kept->count++] = buffer;
        *text = buffer;
    }
    (void)fclose(file);
    return buffer != NULL;
}

static void print_diagnostics(const plc_result *result)
{
    for (size_t i = 0; i < result->diagnostic_count; i++) {
        char text[4096];
        (void)plc_diagnostic_text(&result->diagnostics[i], text, sizeof text);
        (void)fputs(text, stderr);
    }
}

static int write_out(const char *path, const plc_result *result)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(result->bytes, 1, result->size, file) != result->size ||
        fclose(file) != 0) {
        (void)fprintf(stderr, "%s: cannot be written\n", path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *input = NULL;
    const char *output = NULL;
    plc_options options = {.library = "contracts"};
    texts kept = {{NULL}, 0};
    plc_result result;
    int status = 1;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0 && i + 1 < argc) {
            output = argv[++i];
        } else if (strcmp(argv[i], "-L") == 0 && i + 1 < argc) {
            options.library = argv[++i];
        } else {
            input = argv[i];
        }
    }
    if (input == NULL || (strcmp(argv[1], "build") != 0 && strcmp(argv[1], "fmt") != 0)) {
        (void)fprintf(stderr, "usage: plc build FILE [-o OUT] [-L LIBRARY] | plc fmt FILE\n");
        return 2;
    }
    if (strcmp(argv[1], "fmt") == 0) {
        const char *text = "";
        size_t size = 0;
        if (!load(&kept, input, &text, &size)) {
            (void)fprintf(stderr, "%s: cannot be read\n", input);
            return 1;
        }
        plc_format(&result, input, text, size);
        if (result.ok) {
            (void)fwrite(result.bytes, 1, result.size, stdout);
        }
    } else {
        plc_compile(&result, load, &kept, input, &options);
        if (result.ok && output != NULL && write_out(output, &result) != 0) {
            result.ok = false;
        }
    }
    print_diagnostics(&result);
    status = result.ok ? 0 : 1;
    plc_result_free(&result);
    for (uint32_t i = 0; i < kept.count; i++) {
        free(kept.at[i]);
    }
    return status;
}
