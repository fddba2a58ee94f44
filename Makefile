# What people and CI run. The work is in scripts/; `make -n TARGET` shows which.
#
#   make deps     install what building, testing and the demo need (asks for root only when something is missing)
#   make build    packc, its packs and the guest init, in .build/release
#   make test     build, every test, formatting, links in the documents; a skipped test is a failure
#   make test-slow  the tests that take minutes, with the release build
#   make bench    speed and memory as ratios to other tools, in interleaved runs; BENCH="layer noop": those alone
#   make fuzz     the property tests, many more rounds, with a new seed; FUZZ_SECONDS=1800: for so long, with many seeds
#   make chaos    kills deployments at random and looks at what is left: KILLS=300 SEED=…
#   make reproducibility  `packc verify` of real projects: the table of docs/reproducibility.md; ONLY="lua cgo": those alone
#   make corpus   which pack real repositories get: TSV=FILE CHECKOUTS=DIR or MIRRORS=DIR
#   make facts-truth  what the packs read off the source of projects, against what a person found in them
#   make demo     build an example from source, boot it, show its answer
#   make format   rewrite the sources in the house style;  make lint  only check
#   make docs     check the documents
#   make install  PREFIX=/usr/local DESTDIR=

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_FACTOR ?= 50
FUZZ_SECONDS ?= 0
KILLS ?= 300
SEED ?=

.PHONY: all deps deps-demo deps-slow build test test-slow bench fuzz chaos corpus facts-truth reproducibility demo format lint docs install clean
.NOTPARALLEL:

all: build

deps:
	@scripts/deps.sh

deps-demo:
	@scripts/deps.sh demo

deps-slow:
	@scripts/deps.sh slow

build:
	scripts/build.sh

test: deps lint docs
	scripts/test.sh

test-slow: deps-slow build
	PACKC_TEST_JOBS=1 PACKC_TEST_BINARY=$(CURDIR)/.build/release/packc scripts/test.sh --filter SlowTests

bench: deps
	scripts/build.sh bench
	Benchmarks/run.sh $(BENCH)

# A failure prints the seed; PACKC_FUZZ_SEED=… runs it again.
fuzz:
	FUZZ_FACTOR=$(FUZZ_FACTOR) FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh

chaos: build
	scripts/chaos.sh --kills $(KILLS) $(if $(SEED),--seed $(SEED))

corpus: build
	scripts/corpus.sh --plans

facts-truth: build
	scripts/facts-truth.py

reproducibility: build
	ONLY="$(ONLY)" scripts/reproducibility.sh

demo: deps-demo build
	scripts/demo.sh

format:
	swift format -i -r Sources Tests Package.swift

lint:
	swift format lint --strict -r Sources Tests Package.swift

docs:
	scripts/check-docs.sh

install:
	@test -x .build/release/packc || $(MAKE) build
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install.sh

clean:
	rm -rf .build
