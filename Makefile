# Everything one does with this repository. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The one place where gocv's build tags are set: only the OpenCV modules that Debian and Ubuntu package well enough.
# For an editor, set GOFLAGS to the same value.
TAGS := gocv_specific_modules,gocv_videoio
export GOFLAGS := -tags=$(TAGS)
# The toolchain that `make setup` brings where the system's Go is too old to fetch one itself.
export PATH := $(CURDIR)/lib/.go/bin:$(PATH)
export BLENDSCOPE_ONNXRUNTIME ?= $(CURDIR)/lib/libonnxruntime.so

# The commit goes into the binary where git can tell it (not in an exported tree or somebody else's checkout).
VCS     := $(if $(shell git rev-parse HEAD 2>/dev/null),true,false)
SOURCES  = $(shell find . -name '*.go' -not -path './lib/*')
TOOL    := go tool -modfile=scripts/tools.mod
CLIPS   ?= testdata/clips testdata/photos

.PHONY: help setup setup-cuda setup-training build demo test test-go test-pure test-race test-leaks test-training measure soak models lint fmt clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing: OpenCV, a Go toolchain, ONNX Runtime (root or sudo)
	@scripts/setup.sh

setup-cuda: ## replace the runtime in lib/ by the one with the CUDA provider
	@scripts/onnxruntime.sh cuda

setup-training: setup ## install what the tests of models/training need: PyTorch, CPU only
	@scripts/setup-training.sh

build: ## build bin/blendscope
	@mkdir -p bin
	@go build -trimpath -buildvcs=$(VCS) -ldflags "-s -w $$(scripts/link-first.sh)" -o bin/blendscope ./cmd/blendscope

demo: setup build ## set up, build, and score the clips of testdata/
	@bin/blendscope scan $(CLIPS) || [ $$? -eq 3 ] # 3: some inputs not scored, and some of these are broken on purpose

test: setup lint test-go test-pure test-race test-leaks test-training ## every check there is

test-go: build
	@go test -timeout 20m ./...

test-pure: ## the packages that need no native library, without cgo
	@CGO_ENABLED=0 GOFLAGS= go test $$(scripts/pure-packages.sh)

test-race: ## the concurrent packages under the race detector
	@go test -race -timeout 20m ./score/... ./model/... ./cmd/...

test-leaks: ## native pictures that nobody closed
	@go test -tags=$(TAGS),matprofile -run Leak ./frames/opencv

test-training: ## the training pipeline on made-up pictures
	@scripts/test-training.sh

measure: build ## the figures of docs/performance.md: ten minutes on an idle machine
	@scripts/measure.sh

soak: build ## thousands of damaged files, killed runs, memory over hundreds of clips: a few minutes
	@scripts/soak/soak.sh
	@scripts/soak/kill.sh

models: build ## train the classifier anew and measure it (models/training/PROTOCOL.md); MEASURE_ONLY=1: measure the shipped one
	@models/training/rerun.sh

lint: ## vet, staticcheck, gofumpt, import layers
	@go vet ./...
	@$(TOOL) staticcheck ./...
	@unformatted=$$($(TOOL) gofumpt -l $(SOURCES)); [ -z "$$unformatted" ] || { echo "error: not gofumpt-ed: $$unformatted"; echo "hint: make fmt"; exit 1; }

fmt: ## format the Go code
	@$(TOOL) gofumpt -w $(SOURCES)

clean: ## remove what was built; lib/ stays
	@rm -rf bin
