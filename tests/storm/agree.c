/* The core beside spec/model: spec/model/random_programs.py writes a folder of histories and other
 * inputs with the model's verdicts, this program says what libplimsoll makes of them.
 *
 *   agree FOLDER             every line of index.txt in FOLDER, FOLDER/code and FOLDER/worlds,
 *                            and of FOLDER/proofs.txt and FOLDER/policy.txt
 *   agree --receipts FILE    each block's height and receipts in hex, to find a first difference
 *
 * Ends with "N passed, M failed"; exit code 0 when all agree, 1 otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/policy_row.h"
#include "vm/plimsoll.h"
#include "vm/state/proof.h"

#define PATH_SIZE 1024u
#define LINE_SIZE (8u * PL_PROOF_SIZE_MAX)

/* The whole file, to be freed; NULL when it cannot be read. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    uint8_t *bytes = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        const long end = ftell(file);
        if (end >= 0 && fseek(file, 0, SEEK_SET) == 0) {
            *size = (size_t)end;
            bytes = malloc(*size + 1u);
            if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
                free(bytes);
                bytes = NULL;
            }
        }
    }
    (void)fclose(file);
    return bytes;
}

static void hex(char *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    }
}

static void print_receipts(uint64_t height, const pl_block_result *result)
{
    (void)printf("%llu ", (unsigned long long)height);
    for (size_t i = 0; i < result->receipts_size; i++) {
        (void)printf("%02x", (unsigned)result->receipts[i]);
    }
    (void)printf("\n");
}

/* Replays a history's bytes until its end or the first refused block.
 * On output: *out, to be freed (NULL when there is no world), and the last status. */
static pl_status replay_chain(pl_chain **out, const uint8_t *bytes, size_t size, bool receipts)
{
    pl_history history;
    pl_status status = pl_history_open(&history, bytes, size);
    pl_chain *chain = NULL;
    if (status == PL_OK) {
        status = pl_chain_create(&chain, NULL, &heap_memory, history.world, history.world_size);
    }
    *out = chain;
    if (status != PL_OK) {
        return status;
    }
    for (;;) {
        const uint8_t *block = NULL;
        size_t block_size = 0;
        pl_block_result result;
        status = pl_history_next(&history, &block, &block_size);
        if (status != PL_OK || block == NULL) {
            break;
        }
        status = pl_chain_replay_block(&result, chain, block, block_size, NULL);
        if (receipts) {
            print_receipts(result.height, &result);
        }
        if (status != PL_OK) {
            break;
        }
    }
    return status;
}

/* The same for its head alone; *head stays as it is when there is no world. */
static pl_status replay(pl_head *head, const uint8_t *bytes, size_t size, bool receipts)
{
    pl_chain *chain = NULL;
    const pl_status status = replay_chain(&chain, bytes, size, receipts);
    if (chain != NULL) {
        pl_chain_head(head, chain);
        pl_chain_free(chain);
    }
    return status;
}

/* One line of index.txt: name, height, root, verdict. Returns whether C and model agree. */
static bool agree_on_history(const char *path, unsigned long long height, const char *root,
                             const char *verdict)
{
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    if (bytes == NULL) {
        (void)printf("%s cannot be read\n", path);
        return false;
    }
    pl_head head;
    memset(&head, 0, sizeof head);
    const pl_status status = replay(&head, bytes, size, false);
    free(bytes);
    char mine[65];
    hex(mine, head.state_root, 32);
    if (strcmp(pl_status_name(status), verdict) == 0 && head.height == height &&
        strcmp(mine, root) == 0) {
        return true;
    }
    (void)printf("%s model: height %llu root %s %s; here: height %llu root %s %s\n", path, height,
                 root, verdict, (unsigned long long)head.height, mine, pl_status_name(status));
    return false;
}

/* One line of code/index.txt: name, verdict, code hash. Only accepted or refused must agree, and
 * the hash: which rule a doubly wrong container breaks first is not a rule. */
static bool agree_on_code(const char *path, const char *verdict, const char *hash)
{
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    if (bytes == NULL) {
        (void)printf("%s cannot be read\n", path);
        return false;
    }
    pl_code code;
    pl_code_error where;
    char mine[65] = "-";
    const pl_status status = pl_code_load(&code, &where, &heap_memory, bytes, size);
    if (status == PL_OK) {
        hex(mine, code.hash, 32);
        pl_code_free(&code, &heap_memory);
    }
    free(bytes);
    if ((status == PL_OK) == (strcmp(verdict, "OK") == 0) && strcmp(mine, hash) == 0) {
        return true;
    }
    (void)printf("%s model: %s; here: %s at byte %zu, function %u, instruction %u\n", path, verdict,
                 pl_status_name(status), where.offset, (unsigned)where.function,
                 (unsigned)where.instruction);
    return false;
}

/* One line of worlds/index.txt: name, verdict, genesis root; as agree_on_code, but for a world
 * called bent-*, whose error is a rule of its feeds: that must be the same one. */
static bool agree_on_world(const char *path, const char *verdict, const char *root)
{
    const bool is_bent = strstr(path, "/bent-") != NULL;
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    if (bytes == NULL) {
        (void)printf("%s cannot be read\n", path);
        return false;
    }
    pl_chain *chain = NULL;
    char mine[65] = "-";
    const pl_status status = pl_chain_create(&chain, NULL, &heap_memory, bytes, size);
    if (status == PL_OK) {
        pl_head head;
        pl_chain_head(&head, chain);
        hex(mine, head.state_root, 32);
        pl_chain_free(chain);
    }
    free(bytes);
    const bool same = is_bent ? strcmp(pl_status_name(status), verdict) == 0
                              : (status == PL_OK) == (strcmp(verdict, "OK") == 0);
    if (same && strcmp(mine, root) == 0) {
        return true;
    }
    (void)printf("%s model: %s %s; here: %s %s\n", path, verdict, root, pl_status_name(status),
                 mine);
    return false;
}

/* Every line of an index; returns false when the index cannot be read. */
static bool walk(const char *folder, const char *sub, unsigned *passed, unsigned *failed)
{
    char path[PATH_SIZE];
    char line[512];
    (void)snprintf(path, sizeof path, "%s%s/index.txt", folder, sub);
    FILE *index = fopen(path, "r");
    if (index == NULL) {
        return false;
    }
    while (fgets(line, sizeof line, index) != NULL) {
        char name[128];
        char word[128];
        char root[65] = "-";
        unsigned long long height = 0;
        bool same = false;
        if (sub[0] == '\0' &&
            sscanf(line, "%127s %llu %64s %127s", name, &height, root, word) == 4) {
            (void)snprintf(path, sizeof path, "%s/%s", folder, name);
            same = agree_on_history(path, height, root, word);
        } else if (sscanf(line, "%127s %127s %64s", name, word, root) == 3) {
            (void)snprintf(path, sizeof path, "%s%s/%s", folder, sub, name);
            same = strcmp(sub, "/code") == 0 ? agree_on_code(path, word, root)
                                             : agree_on_world(path, word, root);
        }
        *(same ? passed : failed) += 1;
    }
    (void)fclose(index);
    return true;
}

/* Bytes of a hex word, in place; `-` is no byte at all. Returns how many. */
static size_t unhex(char *word)
{
    uint8_t *bytes = (uint8_t *)word;
    size_t size = 0;
    unsigned byte;
    if (word[0] == '-') {
        return 0;
    }
    while (sscanf(word + 2 * size, "%2x", &byte) == 1) {
        bytes[size++] = (uint8_t)byte;
    }
    return size;
}

/* One line of proofs.txt: contract, table, key, the proof, a damaged one, its verdict. */
static bool agree_on_proof(pl_chain *chain, char *line)
{
    static uint8_t mine[PL_PROOF_SIZE_MAX];
    const unsigned long contract = strtoul(strtok(line, " "), NULL, 10);
    const unsigned long table = strtoul(strtok(NULL, " "), NULL, 10);
    char *key = strtok(NULL, " ");
    char *proof = strtok(NULL, " ");
    char *bad = strtok(NULL, " ");
    const char *verdict = strtok(NULL, " \n");
    if (key == NULL || proof == NULL || bad == NULL || verdict == NULL) {
        return false;
    }
    (void)unhex(key);
    const size_t proof_size = unhex(proof);
    const size_t bad_size = unhex(bad);
    pl_store *store = pl_chain_store(chain);
    const uint32_t number = pl_chain_world(chain)->table_bases[contract] + (uint32_t)table;
    pl_writer writer = pl_writer_of(mine, sizeof mine);
    if (pl_store_prove(store, &writer, number, (const uint8_t *)key) != PL_OK ||
        writer.size != proof_size || memcmp(mine, proof, proof_size) != 0) {
        (void)printf("contract %lu table %lu: the proofs differ\n", contract, table);
        return false;
    }
    pl_claim claim;
    pl_head head;
    uint8_t path[PL_HASH_SIZE];
    pl_chain_head(&head, chain);
    pl_store_path(store, path, number, (const uint8_t *)key);
    const pl_status good = pl_proof_verify(&claim, head.state_root, path, mine, writer.size);
    const pl_status status =
        pl_proof_verify(&claim, head.state_root, path, (const uint8_t *)bad, bad_size);
    if (good != PL_OK || strcmp(pl_status_name(status), verdict) != 0) {
        (void)printf("contract %lu table %lu: proof %s, damaged: model %s, here %s\n", contract,
                     table, pl_status_name(good), verdict, pl_status_name(status));
        return false;
    }
    return true;
}

/* proofs.txt; lines of one history follow each other, so that it is replayed once. */
static void walk_proofs(const char *folder, unsigned *passed, unsigned *failed)
{
    static char line[LINE_SIZE];
    char path[PATH_SIZE];
    char open[128] = "";
    pl_chain *chain = NULL;
    uint8_t *bytes = NULL;
    (void)snprintf(path, sizeof path, "%s/proofs.txt", folder);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char name[128];
        size_t size = 0;
        if (sscanf(line, "%127s", name) != 1) {
            continue;
        }
        if (strcmp(name, open) != 0) {
            pl_chain_free(chain);
            free(bytes);
            chain = NULL;
            (void)snprintf(path, sizeof path, "%s/%s", folder, name);
            (void)snprintf(open, sizeof open, "%s", name);
            bytes = read_file(path, &size);
            if (bytes != NULL) {
                (void)!replay_chain(&chain, bytes, size, false);
            }
        }
        const bool same = chain != NULL && agree_on_proof(chain, line + strlen(name) + 1u);
        *(same ? passed : failed) += 1;
    }
    pl_chain_free(chain);
    free(bytes);
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* Every line of policy.txt; a folder may have none. */
static void walk_policy(const char *folder, unsigned *passed, unsigned *failed)
{
    static char line[1024];
    char path[PATH_SIZE];
    const char *mine;
    (void)snprintf(path, sizeof path, "%s/policy.txt", folder);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (policy_row_agrees(line, &mine)) {
            ++*passed;
        } else {
            (void)printf("here %s: %s", mine, line);
            ++*failed;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--receipts") == 0) {
        size_t size = 0;
        uint8_t *bytes = read_file(argv[2], &size);
        if (bytes == NULL) {
            return 1;
        }
        pl_head head;
        const pl_status status = replay(&head, bytes, size, true);
        (void)printf("%s\n", pl_status_name(status));
        free(bytes);
        return 0;
    }
    if (argc != 2) {
        (void)fprintf(stderr, "usage: agree FOLDER | agree --receipts FILE\n");
        return 1;
    }
    unsigned passed = 0;
    unsigned failed = 0;
    if (!walk(argv[1], "", &passed, &failed)) {
        (void)printf("%s/index.txt cannot be read\n", argv[1]);
        failed++;
    }
    (void)walk(argv[1], "/code", &passed, &failed);
    (void)walk(argv[1], "/worlds", &passed, &failed);
    walk_proofs(argv[1], &passed, &failed);
    walk_policy(argv[1], &passed, &failed);
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
