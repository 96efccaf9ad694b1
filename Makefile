# Two commands do all the set-up on a fresh machine: make demo, make test.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN     := bin/kvmbridge
MODULE  := github.com/kvmbridge/kvmbridge
VERSION := $(shell git describe --tags --dirty --always 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X $(MODULE)/internal/app/cli.version=$(VERSION) -X $(MODULE)/internal/app/cli.commit=$(COMMIT)
LINT    := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULN    := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
SHIM    := whmcs-php-shim
ARGS    ?=

.PHONY: help deps build demo bench test test-go test-php check lint fmt fmt-check vet vuln golden fuzz cover sizes schema shim dist clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "%-10s %s\n", $$1, $$2}'

deps: ## install what demo and test need and the machine lacks
	@.ci/deps

build: ## static binary with version and commit at bin/kvmbridge
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/kvmbridge

demo: deps build ## everything on this machine, one order to ready; ARGS=--once ends there
	@$(BIN) demo $(ARGS)

bench: deps build ## figures with their floors and budgets
	@$(BIN) bench $(ARGS)

test: deps test-php test-go ## the whole suite: PHP (syntax, as 7.4, PHPUnit), then Go with -race; a skipped test fails

test-go: ## the Go tests alone
	go run ./.ci/gotest -race -shuffle=on -timeout 25m ./...

test-php: ## the PHP tests alone
	@php $(SHIM)/tests/run.php

check: deps fmt-check lint vet sizes shim ## what needs no run of the suite: format, lint, vet, sizes, shim syntax (the suite is "test")

lint: ## golangci-lint
	$(LINT) run

fmt: ## format the Go files
	$(LINT) fmt

fmt-check:
	@out=$$($(LINT) fmt --diff) || { echo "$$out"; echo 'run make fmt'; exit 1; }

vet:
	go vet ./... ./.ci/gotest ./.ci/schema

vuln: ## known holes in what we use; says so when its database cannot be reached
	@out=$$($(VULN) ./... 2>&1) && echo "$$out" || { echo "$$out"; \
	 case "$$out" in *'exit status 3'*) exit 1 ;; esac; echo 'govulncheck could not do its work (see above): nothing is known.'; }

golden: ## rewrite the golden files, then name what changed
	@pkgs=$$(grep -rl 'internal/golden"' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); \
	 [ -z "$$pkgs" ] || go test $$pkgs -update
	@git --no-pager diff --stat -- '*testdata*'

fuzz: ## each fuzz target for 30 seconds
	@for dir in $$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); do \
	   for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | cut -c6-); do \
	     echo "== $$dir $$f"; go test $$dir -run '^$$' -fuzz "^$$f$$" -fuzztime 30s; done; done

cover: ## coverage per package, then the functions without any
	@mkdir -p bin && go test -coverprofile=bin/cover.out ./... | grep -v 'no test files'
	@go tool cover -func=bin/cover.out | awk '$$NF == "0.0%"'

sizes: ## files and packages over the limits
	@.ci/sizes
	@php $(SHIM)/tests/sizes.php | tail -n 1

schema: ## apply the migrations to an empty database and print the result
	@go run ./.ci/schema

shim: ## syntax of the PHP half, on the installed PHP and as PHP 7.4
	@php $(SHIM)/tests/run.php --syntax

dist: clean build ## binary, shim archive and checksums in dist/
	@mkdir -p dist && cp $(BIN) dist/kvmbridge
	@git archive --format=zip -o dist/kvmbridge-whmcs.zip HEAD:$(SHIM) modules
	@cd dist && sha256sum kvmbridge kvmbridge-whmcs.zip > SHA256SUMS && cat SHA256SUMS

clean: ## remove what was built
	rm -rf bin dist
