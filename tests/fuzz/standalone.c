/* A fuzzing loop for compilers without libFuzzer; every fuzz target links it instead.
 *
 *   TARGET --runs N --seed S FOLDER...     N mutated inputs, from the files of the folders
 *   TARGET --seconds T --seed S FOLDER...  as many as T seconds give
 *   TARGET FILE...                         each file once: replays a finding
 *
 * It keeps no coverage: it stacks a few byte-level changes on inputs of the corpus. The same seed
 * and corpus give the same inputs. An input that ends the program is left in the file that --keep
 * names (crash-input in the working directory). */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX (1u << 16)
#define FILES_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

static input corpus[FILES_MAX];
static size_t corpus_count;
static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || corpus_count == FILES_MAX) {
        (void)fprintf(stderr, "standalone: cannot take %s\n", path);
        exit(2);
    }
    input *to = &corpus[corpus_count++];
    to->bytes = malloc(INPUT_MAX);
    to->size = to->bytes == NULL ? 0 : fread(to->bytes, 1, INPUT_MAX, file);
    (void)fclose(file);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* the order of a folder depends on the disk */
}

static void read_path(const char *path)
{
    struct stat about;
    struct dirent **names;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
        read_file(path);
        return;
    }
    const int count = scandir(path, &names, NULL, by_name);
    for (int i = 0; i < count; i++) {
        char file[4096];
        if (names[i]->d_name[0] != '.') {
            (void)snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
            read_file(file);
        }
        free(names[i]);
    }
    free(names);
}

/* One small change; returns the new size. */
static size_t change(uint8_t *bytes, size_t size)
{
    static const uint8_t edges[] = {0, 1, 2, 7, 8, 16, 31, 32, 33, 63, 64, 127, 128, 254, 255};
    const size_t at = size == 0 ? 0 : draw(size);
    const size_t length = 1 + draw(size - at > 16 ? 16 : size - at + 1);
    switch (size == 0 ? 6 : draw(9)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << draw(8));
        return size;
    case 1:
        bytes[at] = edges[draw(sizeof edges)];
        return size;
    case 2:
        bytes[at] = (uint8_t)(bytes[at] + draw(9) - 4);
        return size;
    case 3: /* remove some */
        if (at + length > size) {
            return at;
        }
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 4: /* repeat some */
        if (at + length > size || size + length > INPUT_MAX) {
            return size;
        }
        memmove(bytes + at + length, bytes + at, size - at);
        return size + length;
    case 5: { /* overwrite some with another input's */
        const input *other = &corpus[draw(corpus_count)];
        const size_t from = other->size == 0 ? 0 : draw(other->size);
        for (size_t i = 0; i < length && at + i < size && from + i < other->size; i++) {
            bytes[at + i] = other->bytes[from + i];
        }
        return size;
    }
    case 6:
        if (size < INPUT_MAX) {
            bytes[size] = (uint8_t)draw(256);
            return size + 1;
        }
        return size;
    default: /* copy within */
        if (at + length <= size) {
            const size_t to = draw(size - length + 1);
            memmove(bytes + to, bytes + at, length);
        }
        return size;
    }
}

/* What runs now, for the handler below. */
static const uint8_t *running;
static size_t running_size;
static const char *kept = "crash-input";

static void keep_running_input(int number)
{
    const int file = open(kept, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0) {
        const ssize_t done = write(file, running, running_size);
        (void)(done + close(file));
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void keep_inputs_that_crash(void)
{
    static const int numbers[] = {SIGILL, SIGTRAP, SIGABRT, SIGFPE};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)signal(numbers[i], keep_running_input);
    }
}

/* Stops after `runs` inputs, or at the second `until` when that is not 0. Returns how many ran. */
static uint64_t storm(uint64_t runs, time_t until)
{
    uint8_t *bytes = malloc(INPUT_MAX);
    uint64_t run = 0;
    for (; run < runs && bytes != NULL; run++) {
        const input *from = &corpus[draw(corpus_count)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (uint64_t changes = draw(6); changes > 0; changes--) {
            size = change(bytes, size);
        }
        uint8_t *exact = malloc(size + (size == 0)); /* so that reading beyond it is seen */
        if (exact == NULL || (until != 0 && run % 64 == 0 && time(NULL) >= until)) {
            free(exact);
            break;
        }
        memcpy(exact, bytes, size);
        running = exact;
        running_size = size;
        (void)LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(bytes);
    return run;
}

int main(int argc, char **argv)
{
    uint64_t runs = 0;
    time_t until = 0;
    random_state = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
            runs = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            until = time(NULL) + (time_t)strtoull(argv[++i], NULL, 10);
            runs = UINT64_MAX;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            random_state = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--keep") == 0 && i + 1 < argc) {
            kept = argv[++i];
        } else {
            read_path(argv[i]);
        }
    }
    if (corpus_count == 0) {
        (void)fprintf(stderr, "usage: TARGET [--runs N | --seconds T] [--seed S] [--keep FILE] "
                              "FILE-OR-FOLDER...\n");
        return 2;
    }
    keep_inputs_that_crash();
    for (size_t i = 0; i < corpus_count; i++) {
        running = corpus[i].bytes;
        running_size = corpus[i].size;
        (void)LLVMFuzzerTestOneInput(corpus[i].bytes, corpus[i].size);
    }
    runs = storm(runs, until);
    (void)printf("%llu inputs, none crashed\n", (unsigned long long)(runs + corpus_count));
    for (size_t i = 0; i < corpus_count; i++) {
        free(corpus[i].bytes);
    }
    return 0;
}
