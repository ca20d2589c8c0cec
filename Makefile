# assay: the only build file. `make help` lists the targets.
#
# BUILD=dir         where everything is put (default build)
# SANITIZE=address  AddressSanitizer and UBSan in all host-side programs (own BUILD, see check)
# WERROR=1          warnings are errors (CI)
# VM_MODES="root"   who runs the tests of check-vm (tests/vm/modes.sh; default all)

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
PYTHON ?= /usr/bin/python3
CC ?= cc
CLANG ?= clang
SANITIZE ?=
WERROR ?=
VM_MODES ?=

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# ---------------------------------------------------------------- flags

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings \
	-Wpointer-arith -Wundef -Wformat=2 -Wimplicit-fallthrough $(if $(WERROR),-Werror)
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPTIMIZE := -O2 $(if $(SANITIZE),,-D_FORTIFY_SOURCE=3)
comma := ,
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)

CPPFLAGS += -D_GNU_SOURCE -Idaemon -I. -Iinclude -I$(BUILD)/gen
CFLAGS += -std=gnu11 -g $(OPTIMIZE) -fPIC $(WARNINGS) $(HARDENING)
LDFLAGS += -Wl,-z,relro,-z,now,-z,noexecstack

# V=1 shows whole commands.
Q := $(if $(V),,@)
say = @printf '  %-5s %s\n' $(1) $(2)

# ---------------------------------------------------------------- sources

BASE := $(wildcard daemon/base/*.c)
CORE := $(wildcard daemon/core/*.c)
CONFIG := $(wildcard daemon/config/*.c)
BROKER := $(wildcard daemon/broker/*.c)
KEEPER := $(wildcard daemon/keeper/*.c)
INSIDE := $(wildcard daemon/inside/*.c)
SUPERVISOR := $(wildcard daemon/*.c daemon/doctor/*.c)
PROTO := $(wildcard proto/*.c)
LIB := $(wildcard client/lib/*.c)
CLI := $(wildcard client/cli/*.c)
SUITE := $(wildcard client/suite/*.c)
LOOPS := $(wildcard client/loops/*.c)
MODEL := $(wildcard client/model/*.c) client/cli/option_number.c
PID_ONE := $(wildcard daemon/inside/cell/*.c)
PYTHON_MODULE := $(wildcard daemon/inside/runtimes/python/*.c)
PYTHON_SCRIPTS := $(wildcard daemon/inside/runtimes/python/*.py)
# The mark is linked with tests and candidates, in their cells.
NATIVE := $(filter-out %/mark.c,$(wildcard daemon/inside/runtimes/native/*.c))
# Reads hostile bytes within a cell, but needs nothing of the runtime: also tested and fuzzed by itself.
CHECKERS := daemon/inside/runtimes/python/values_check.c \
	$(addprefix daemon/inside/runtimes/native/,blame.c declarations.c directives.c tokens.c)
UNIT_TESTS := $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
FUZZ := $(wildcard tests/fuzz/*_fuzz.c)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PROTO_OBJECTS := $(call objects,$(PROTO)) $(BUILD)/obj/gen/assay.pb-c.o
LIB_OBJECTS := $(call objects,$(LIB)) $(PROTO_OBJECTS) $(BUILD)/obj/daemon/base/error.o
LIBRARY := $(BUILD)/libassay.so.0

PYTHON_CLIENT := $(patsubst client/python/%,$(BUILD)/python/%,client/python/pyproject.toml \
	client/python/evaluate_functional_correctness \
	client/python/assay/py.typed $(wildcard client/python/*/*.py client/python/assay/*/*.py)) \
	$(BUILD)/python/assay/assay_pb2.py

PROGRAMS := $(BUILD)/assayd $(BUILD)/assay-keeper $(BUILD)/assay-broker $(BUILD)/assay $(BUILD)/assay-model
RUNTIME := $(BUILD)/runtimes/python
NATIVE_RUNTIME := $(BUILD)/runtimes/native
PYTHON_PACKAGES = $(shell $(PYTHON) -c 'import sys; print("lib/python%d.%d/dist-packages" % sys.version_info[:2])')
PYTHON_INCLUDE = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')

# ---------------------------------------------------------------- what people call

.PHONY: help all demo check test test-unit test-integration test-security test-e2e test-python lint \
	format format-check fuzz fuzz-short bench bench-docs bench-layers soak layers install uninstall \
	clean deps deps-bench deps-vm check-vm

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/:/' | \
		awk -F': ' '{printf "  make %-18s %s\n", $$1, $$2}'

all: $(PROGRAMS) $(BUILD)/libassay.so $(BUILD)/libassay.a runtime policies $(PYTHON_CLIENT) ## build everything into build/

demo: deps ## install what is missing, build, judge the sample tasks
	@$(MAKE) --no-print-directory -s all
	@tests/data/demo.sh $(BUILD)

check: deps ## everything that must pass
	@tests/check.sh $(BUILD)

test: test-unit test-integration test-security test-e2e test-python ## all tests of this BUILD

check-vm: all $(BUILD)/gen/assay_pb2.py ## the tests of the box under Debian's kernel with cgroup v2, in a small virtual machine (VM_MODES)
	@tests/vm/run.sh $(BUILD) $(VM_MODES)

deps: ## install the Debian packages that building and testing need (as root), or name them
	@packaging/deps.sh

deps-bench: ## the same for make bench: what is measured beside us, and what draws
	@packaging/deps.sh bench

deps-vm: ## the same for check-vm, which needs an emulator and a kernel besides
	@packaging/deps.sh vm

# ---------------------------------------------------------------- compiling

$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h: proto/%.proto
	@mkdir -p $(BUILD)/gen
	$(call say,GEN,$@)
	$(Q)protoc-c --c_out=$(BUILD)/gen -Iproto $<

# Names of the system calls, out of the kernel's header.
$(BUILD)/gen/syscalls.def:
	@mkdir -p $(BUILD)/gen
	$(call say,GEN,$@)
	$(Q)echo '#include <asm/unistd.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9]*$$/X(\1)/p' | sort > $@

$(BUILD)/gen/%_pb2.py: proto/%.proto
	@mkdir -p $(BUILD)/gen
	$(call say,GEN,$@)
	$(Q)protoc --python_out=$(BUILD)/gen -Iproto $<

# The Python client: its files as they are, and the messages with their types.
$(BUILD)/python/assay/assay_pb2.py: proto/assay.proto
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)protoc --python_out=$(@D) --pyi_out=$(@D) -Iproto $<

$(BUILD)/python/%: client/python/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZERS) -Wno-cast-align -c -o $@ $<

# What runs inside a cell is built without AddressSanitizer: it fights rlimits, seccomp and clone.
$(BUILD)/obj/plain/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/daemon/inside/%.o: daemon/inside/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZERS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c $(BUILD)/gen/assay.pb-c.h $(BUILD)/gen/syscalls.def
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZERS) -MMD -MP -c -o $@ $<

-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

link = @printf '  %-5s %s\n' LINK $@; $(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -pie -o $@ $(1) $(2)

# core/value.c reads messages whose checker is the runtime's.
VALUES := $(call objects,sanitized/daemon/inside/runtimes/python/values_check.c)

$(BUILD)/assayd: $(call objects,$(SUPERVISOR) $(CONFIG) $(BASE) $(CORE)) $(VALUES)
	$(call link,$^,-lcyaml -ljansson -lm)

$(BUILD)/assay-keeper: $(call objects,$(KEEPER) $(BASE) daemon/core/policy.c $(INSIDE))
	$(call link,$^,-lcap -lseccomp)

$(BUILD)/assay-broker: $(call objects,$(BROKER) $(BASE) $(CORE)) $(VALUES) $(PROTO_OBJECTS)
	$(call link,$^,-levent_core -lprotobuf-c -lnettle -lm)

$(LIBRARY): $(LIB_OBJECTS) client/lib/libassay.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -shared -Wl,-soname,libassay.so.0 \
		-Wl,--version-script=client/lib/libassay.map -o $@ $(LIB_OBJECTS) -lprotobuf-c

$(BUILD)/libassay.so: $(LIBRARY)
	$(Q)ln -sf libassay.so.0 $@

$(BUILD)/libassay.a: $(LIB_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The command line links the shared library, so that it can use nothing that the map does not export.
$(BUILD)/assay: $(call objects,$(CLI) $(SUITE) $(LOOPS)) $(BUILD)/libassay.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -pie -o $@ $(call objects,$(CLI) $(SUITE) $(LOOPS)) \
		-L$(BUILD) -lassay -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' -ljansson -lcyaml -lz -lsmartcols -lm

# Apart from the command line, because an HTTP client takes longer to load than most commands to run.
$(BUILD)/assay-model: $(call objects,$(MODEL))
	$(call say,LINK,$@)
	$(call link,$^,-lcurl -ljansson)

.PHONY: runtime policies
runtime: $(NATIVE_RUNTIME)/assay-init $(NATIVE_RUNTIME)/mark.o $(RUNTIME)/_assay.abi3.so $(patsubst daemon/inside/runtimes/python/%,$(RUNTIME)/%,$(PYTHON_SCRIPTS))

# What pid 1 of every cell is made of, whatever its language.
PID_ONE_OBJECTS := $(call objects,$(PID_ONE) $(addprefix daemon/inside/,lock.c landlock.c notify.c)) \
	$(patsubst %.c,$(BUILD)/obj/plain/%.o,daemon/base/error.c daemon/base/fd.c)

# The zygote, as an extension module of the stable ABI. -O2 and no sanitizers: it forks candidates.
PYTHON_MODULE_OBJECTS := $(call objects,$(PYTHON_MODULE))
$(PYTHON_MODULE_OBJECTS): CPPFLAGS += -I$(PYTHON_INCLUDE) -DPy_LIMITED_API=0x03090000
$(RUNTIME)/_assay.abi3.so: $(PYTHON_MODULE_OBJECTS) $(PID_ONE_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -fvisibility=hidden -o $@ $^

# Static, so that it needs nothing of the cell's root.
$(NATIVE_RUNTIME)/assay-init: $(call objects,$(NATIVE)) $(PID_ONE_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -s -o $@ $^

# Runs before the C library is initialised: without what needs it.
$(NATIVE_RUNTIME)/mark.o: daemon/inside/runtimes/native/mark.c $(wildcard daemon/inside/runtimes/native/mark.h daemon/inside/wire.h)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -fPIE $(WARNINGS) -fcf-protection -fno-stack-protector -c -o $@ $<

$(RUNTIME)/%.py: daemon/inside/runtimes/python/%.py
	@mkdir -p $(@D)
	$(Q)cp $< $@

policies: $(patsubst %,$(BUILD)/%,$(wildcard policies/*.yaml policies/*/*.yaml policies/*/*.json policies/*.json))
$(BUILD)/policies/%: policies/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

# ---------------------------------------------------------------- tests

# Everything but the programs' main files, for unit tests and fuzzing: the linker takes what it needs.
MAINS := daemon/broker/main.c daemon/keeper/main.c daemon/main.c client/cli/main.c
PARTS := $(call objects,$(filter-out $(MAINS),$(BASE) $(CORE) $(CONFIG) $(BROKER) $(KEEPER) $(INSIDE) \
	$(SUPERVISOR) $(PROTO) $(LIB) $(CLI) $(SUITE) $(LOOPS)) $(patsubst %.c,sanitized/%.c,$(CHECKERS))) \
	$(BUILD)/obj/gen/assay.pb-c.o
# PARTS_ONLY="folder ..." takes only those folders: to work on one part while another does not compile.
PARTS_ONLY ?=
ifneq ($(PARTS_ONLY),)
PARTS := $(filter $(foreach folder,$(PARTS_ONLY),$(BUILD)/obj/$(folder)/%),$(PARTS)) $(BUILD)/obj/gen/assay.pb-c.o
endif
PARTS_LIBRARIES := -lcyaml -ljansson -lcap -lseccomp -levent_core -lprotobuf-c -lnettle -lz -lsmartcols -lm
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_TESTS))

$(BUILD)/parts.a: $(PARTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/parts.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) -o $@ $< $(BUILD)/parts.a -lcmocka $(PARTS_LIBRARIES)

test-unit: $(UNIT_PROGRAMS) ## unit tests (cmocka), one program a source file
	@tests/unit/run.sh $(UNIT_PROGRAMS)

test-integration: all $(BUILD)/gen/assay_pb2.py ## the real daemon, through its socket
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q tests/integration

test-security: all $(BUILD)/gen/assay_pb2.py ## one promise a file, attacked
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q tests/security

test-e2e: all $(BUILD)/gen/assay_pb2.py ## the command line, as a person calls it
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q tests/e2e

test-python: all $(BUILD)/gen/assay_pb2.py ## the Python client
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q tests/python

FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ))
FUZZ_SECONDS ?= 120
FUZZ_FLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_PARTS := $(patsubst %.c,$(BUILD)/obj/fuzz/%.o,$(filter-out $(MAINS),$(BASE) $(CORE) $(CONFIG) $(PROTO) $(BROKER)) \
	$(CHECKERS) daemon/keeper/requests.c) $(BUILD)/obj/fuzz/gen/assay.pb-c.o

$(BUILD)/obj/fuzz/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -c -o $@ $<

$(BUILD)/obj/fuzz/%.o: %.c $(BUILD)/gen/assay.pb-c.h $(BUILD)/gen/syscalls.def
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

# Each target takes what it needs: that of the keeper's requests has a fake of what they start.
$(BUILD)/fuzz/parts.a: $(FUZZ_PARTS)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/fuzz/%: $(BUILD)/obj/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/parts.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -o $@ $^ -lcyaml -ljansson -levent_core -lprotobuf-c -lnettle -lm

fuzz: $(FUZZ_PROGRAMS) ## libFuzzer targets, FUZZ_SECONDS each (default 120)
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_PROGRAMS)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_PROGRAMS)

fuzz-short: $(FUZZ_PROGRAMS)
	@tests/fuzz/run.sh 5 $(FUZZ_PROGRAMS)

# Programs of the bench: never sanitized. The floor is an interpreter, the others are clients.
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,floor load arrivals)
bench_object = $(BUILD)/obj/plain/tests/bench/$(1).o

$(call bench_object,floor): CPPFLAGS += -I$(PYTHON_INCLUDE)
$(BUILD)/bench/floor: $(call bench_object,floor) $(call bench_object,task_file)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(shell $(PYTHON)-config --embed --ldflags)

$(BUILD)/bench/%: $(BUILD)/obj/plain/tests/bench/%.o $(call bench_object,requests) $(call bench_object,task_file) \
		$(BUILD)/libassay.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) -L$(BUILD) -lassay -lm -Wl,-rpath,'$$ORIGIN/..'

.PHONY: bench-programs
bench-programs: all $(BUILD)/gen/assay_pb2.py $(BENCH_PROGRAMS)

# ROWS="native floor" measures only these, ROUNDS=n so often (tests/bench/__main__.py).
bench: bench-programs ## throughput, latency and memory beside the floor and others: figures and targets
	ASSAY_BUILD=$(abspath $(BUILD)) PYTHONPATH=tests $(PYTHON) -m bench

bench-docs: ## figures and plots of the last `make bench` into docs/performance.md
	$(PYTHON) tests/bench/tables.py $(BUILD)/bench docs/performance.md

soak: all $(BUILD)/gen/assay_pb2.py ## N=100000 evaluations, attacks among them, on one daemon: nothing grows, no answer is wrong
	ASSAY_BUILD=$(abspath $(BUILD)) N=$(or $(N),100000) $(PYTHON) tests/soak/soak.py

bench-layers: all $(BUILD)/gen/assay_pb2.py ## what single layers of isolation cost an evaluation, in CPU time (minutes, root)
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/layers.py

layers: all $(BUILD)/gen/assay_pb2.py ## the table of docs/threat-model.md: which promises break without which layer (minutes, root)
	ASSAY_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/security/layers_table.py docs/threat-model.md

# ---------------------------------------------------------------- keeping the code in shape

C_FILES = $(shell git ls-files '*.c' '*.h')

format: ## clang-format, in place
	clang-format -i $(C_FILES)

format-check:
	clang-format --dry-run -Werror $(C_FILES)

lint: $(BUILD)/gen/assay.pb-c.h $(BUILD)/gen/syscalls.def $(PYTHON_CLIENT) ## clang-format, clang-tidy, cppcheck, shellcheck, codespell, include directions
	@tests/lint/lint.sh $(BUILD)

# ---------------------------------------------------------------- installing

install: all ## into PREFIX (default /usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/assay \
		$(addprefix $(DESTDIR)$(PREFIX)/libexec/assay/runtimes/,python native) $(DESTDIR)$(PREFIX)/share/assay
	install -m 755 $(BUILD)/assay $(BUILD)/assay-model $(BUILD)/assayd $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/assay-keeper $(BUILD)/assay-broker $(DESTDIR)$(PREFIX)/libexec/assay
	install -m 644 $(RUNTIME)/* $(DESTDIR)$(PREFIX)/libexec/assay/runtimes/python
	install -m 755 $(NATIVE_RUNTIME)/assay-init $(DESTDIR)$(PREFIX)/libexec/assay/runtimes/native
	install -m 644 $(NATIVE_RUNTIME)/mark.o $(DESTDIR)$(PREFIX)/libexec/assay/runtimes/native
	install -m 755 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib
	ln -sf libassay.so.0 $(DESTDIR)$(PREFIX)/lib/libassay.so
	install -m 644 $(BUILD)/libassay.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 include/assay/assay.h $(DESTDIR)$(PREFIX)/include/assay
	cp -r policies $(DESTDIR)$(PREFIX)/share/assay/
	install -d $(DESTDIR)$(PREFIX)/$(PYTHON_PACKAGES)/assay/integrations
	install -m 644 $(BUILD)/python/assay/*.py* $(BUILD)/python/assay/py.typed $(DESTDIR)$(PREFIX)/$(PYTHON_PACKAGES)/assay
	install -m 644 $(BUILD)/python/assay/integrations/*.py $(DESTDIR)$(PREFIX)/$(PYTHON_PACKAGES)/assay/integrations

uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/assay bin/assay-model bin/assayd lib/libassay.so.0 lib/libassay.so lib/libassay.a)
	rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,libexec/assay include/assay share/assay $(PYTHON_PACKAGES)/assay)

clean: ## remove build/
	rm -rf $(BUILD) build-asan
