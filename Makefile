# Plimsoll. `make demo` shows it, `make test` checks it, `make help` lists the rest.

# ---- settings
CC      ?= gcc
OPT     ?= -O2
LIMBS   ?=
B       ?= build
DATA    ?= ../shared/data
TIME    ?= 60

ifeq ($(origin CC),default)
CC := gcc
endif

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum \
        -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wvla -Werror
ifdef SAN
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DPL_SURE_STOPS
endif
CFLAGS   = -std=c11 $(OPT) -g -fno-strict-overflow $(WARN) $(SANFLAGS) -I. \
           -ffile-prefix-map=$(CURDIR)=. $(if $(LIMBS),-DPL_LIMB_BITS=$(LIMBS)) \
           -D_POSIX_C_SOURCE=200809L -fstack-protector-strong -D_FORTIFY_SOURCE=$(if $(SAN),0,2)
LDLIBS   = -lsecp256k1 -lcrypto
TOOLLIBS = -ljansson -lsqlite3 -lz -lm -pthread

# ---- rules; nothing below needs a change to build elsewhere ---------------------------------------
VM_SRC    := $(wildcard vm/*/*.c)
PLC_SRC   := $(wildcard tools/plc/*.c)
TOOL_SRC  := $(filter-out tools/plim/main.c tools/report/verify_%,$(wildcard tools/common/*.c tools/import/*.c \
             tools/oracle/*.c tools/report/*.c tools/sim/*.c tools/plim/*.c))
# What checking a certificate does not need: making one, histories, checkpoints, threads, what people read.
VERIFY_OUT := $(addprefix vm/,chain/ahead.c chain/certify.c chain/certify_write.c chain/history.c chain/checkpoint.c \
              chain/suppose.c state/recorder.c machine/disasm.c num/text.c)
SUP_SRC   := $(wildcard tests/support/*.c tests/bench/native.c)
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
PROG_SRC  := $(wildcard tests/storm/*.c tests/plc/*.c tests/vectors/*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c tests/bench/evm/*.c)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)

obj   = $(patsubst %.c,$(B)/obj/%.o,$(1))
UNIT  = $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
PROGS = $(patsubst tests/%.c,$(B)/%,$(PROG_SRC))
BENCH = $(patsubst tests/bench/%.c,$(B)/bench/%,$(BENCH_SRC))
FUZZ  = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
LIB   = $(B)/libplimsoll.a
TLIB  = $(B)/libplimtools.a
VLIB  = $(B)/libplimsoll-verify.a
# Open MPI, where Debian's libopenmpi-dev is; nothing else asks for it. A sanitized build has none.
MPI   = $(if $(SAN),,$(shell pkg-config --exists ompi-c 2>/dev/null && echo $(B)/plim-mpi))

all: $(B)/plim $(B)/verify_example $(MPI) ## build the libraries, build/plim and the example of an embedded verifier

$(LIB): $(call obj,$(VM_SRC))
	@rm -f $@ && ar rcs $@ $^
$(VLIB): $(call obj,$(filter-out $(VERIFY_OUT),$(VM_SRC)))
	@rm -f $@ && ar rcs $@ $^
$(B)/verify_example: $(B)/obj/tools/report/verify_example.o $(VLIB)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS) -lz
$(TLIB): $(call obj,$(PLC_SRC) $(TOOL_SRC) $(SUP_SRC))
	@rm -f $@ && ar rcs $@ $^
$(B)/plim: $(B)/obj/tools/plim/main.o $(TLIB) $(LIB)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS) $(TOOLLIBS)

$(B)/plim-mpi: $(B)/obj/tools/plim/main.o $(B)/obj/tools/mpi/ranks.o $(TLIB) $(LIB)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS) $(TOOLLIBS) $(shell pkg-config --libs ompi-c)
$(B)/obj/tools/mpi/ranks.o: CFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I ompi-c))

# Limb stores must not be followed by vector reloads of the same words: scalar code is faster here.
$(call obj,$(wildcard vm/machine/*.c vm/num/*.c)): CFLAGS += -fno-tree-vectorize -fno-tree-slp-vectorize
$(B)/obj/%.o: %.c
	@mkdir -p $(dir $@)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(TLIB) $(LIB)
	@mkdir -p $(dir $@)
	$(CC) $(CFLAGS) -o $@ $< $(TLIB) $(LIB) $(LDLIBS) $(TOOLLIBS) -lcmocka -lgmp
$(PROGS) $(BENCH): $(B)/%: $(B)/obj/tests/%.o $(TLIB) $(LIB)
	@mkdir -p $(dir $@)
	$(CC) $(CFLAGS) -o $@ $< $(TLIB) $(LIB) $(LDLIBS) $(TOOLLIBS) -lgmp
$(B)/storm/crash_memory: LDLIBS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/standalone.o $(TLIB) $(LIB)
	@mkdir -p $(dir $@)
	$(CC) $(CFLAGS) -o $@ $< $(filter %standalone.o,$^) $(TLIB) $(LIB) $(LDLIBS) $(TOOLLIBS)
.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

tests-bin: $(UNIT) $(PROGS) $(FUZZ) $(B)/plim $(MPI)
bench-bin: $(BENCH) $(B)/plim $(B)/storm/long_history
.PHONY: all demo test check bench bench-evm fuzz cover mutate format deps help clean cross cross-ci verify-page storm \
        tests-bin bench-bin

build/.deps-%: tools/deps.sh
	@mkdir -p build
	@sh tools/deps.sh $* && touch $@

demo: build/.deps-build ## install what is missing, build, replay a real trace
	@$(MAKE) --no-print-directory -s -j2 all
	@sh tools/demo.sh build/plim

test: build/.deps-test ## everything that CI checks; ends with "N passed, N failed"
	@python3 tests/run.py --data $(DATA)

storm: build/.deps-test ## the long runs: 10^7 cases an operation, 10^5 state sequences, 10^7 fuzz runs
	@python3 tests/run.py --long --data $(DATA)

check: build/.deps-test ## layers, names, lengths, format, generated tables fresh
	@python3 tools/tidy.py

# JSON=FILE: everything in a file; ONLY=NAME: a part; FULL=1: the large ones, too.
BENCH_WORDS = --build $(B) $(if $(JSON),--json $(JSON)) $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full)
bench: build/.deps-test ## ratios of every part, with spread and targets (JSON=out.json ONLY=health FULL=1)
	@$(MAKE) --no-print-directory -s -j2 bench-bin
	@python3 tests/bench/run.py $(BENCH_WORDS)

bench-evm: build/.deps-test ## the same formulas as Solidity under EVMs from npm (needs node, npm)
	@$(MAKE) --no-print-directory -s -j2 $(B)/bench/evm/worker
	@python3 tests/bench/run.py --evm $(BENCH_WORDS)

fuzz: build/.deps-test ## every fuzz target for TIME seconds (60), two at a time, and a table
	@python3 tests/fuzz/all.py --seconds $(TIME)

cover: build/.deps-test ## lines and branches of validator, verifier, decoders and arithmetic that the tests reach
	@nice python3 tests/cover.py

mutate: build/.deps-test ## 600 mistakes made by rule in the same files, and the test that notices each (SAMPLE=600)
	@nice python3 tests/mutate_c.py --strict --sample $(or $(SAMPLE),600)

cross: build/.deps-cross ## other processors and compilers: the same roots, certificates, curve (TARGETS="s390x armhf")
	@$(MAKE) --no-print-directory -s -j2 $(B)/plim
	@nice python3 tools/cross.py --plim $(B)/plim --data $(DATA) $(TARGETS)

cross-ci: ## the part of `make cross` that fits ten minutes
	@$(MAKE) --no-print-directory cross TARGETS="host-gcc-O2 host-clang-O2 s390x armhf wasm32"

verify-page: build/.deps-cross ## build/verify.html: one file that verifies certificates in a browser, offline
	@python3 tools/report/page.py

format: ## clang-format the C sources in place
	@git ls-files '*.c' '*.h' | xargs clang-format -i

deps: build/.deps-test ## install the Debian packages that building and testing need

clean: ## remove build/
	rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18
