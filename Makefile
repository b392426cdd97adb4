# `make` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint bench bench-parts crash-test console binary needs test-console test-rust test-rest test-sdk \
	test-journeys test-crash clean

# One optimised profile serves `make run` and every test of the binary; see Cargo.toml.
BINARY := target/quick/feihong
export FEIHONG_BIN := $(CURDIR)/$(BINARY)

NPM_CI := npm ci --no-audit --no-fund --loglevel=error
COMMAND_SOURCES := $(shell find src/command -name '*.rs')
CONSOLE_SOURCES := $(shell find web -type d \( -name node_modules -o -name dist -o -name tests -o -name '.*' \) -prune \
	-o -type f -print)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | column -t -s "$$(printf '\t')"

run: binary ## build and start one node on ./data; SERVE_ARGS="--listen 127.0.0.1:8000" goes to `feihong serve`
	@exec $(BINARY) serve $(SERVE_ARGS)

binary: console
	@echo 'server: building (the first time takes some minutes)'
	@cargo build --profile quick -p feihong-server --bin feihong

console: web/dist/index.html ## build the web console

web/dist/index.html: web/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	@echo 'console: building'
	@mkdir -p target
	@npm --prefix web run build >target/console.log 2>&1 || { cat target/console.log; exit 1; }
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@command -v npm >/dev/null || { echo 'the console needs Node 20.19 or newer with npm: install it and run make again'; exit 1; }
	@echo 'console: installing packages'
	@cd web && $(NPM_CI)
	@touch $@

test: needs test-console test-rust test-rest test-sdk test-journeys test-crash ## install what the tests need and run all of them
	@echo 'all tests passed'

needs:
	@.ci/needs

lint: web/node_modules/.package-lock.json ## formatting and lints of Rust and TypeScript
	cargo fmt --all --check
	@# Files that a macro declares are not seen by cargo.
	rustfmt --edition 2024 --check $(COMMAND_SOURCES)
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	npm --prefix web run --silent typecheck
	npm --prefix web run --silent lint

test-console: console
	npm --prefix web run --silent test

test-rust: lint binary
	@if cargo nextest --version >/dev/null 2>&1; then \
		echo 'cargo nextest run --workspace'; cargo nextest run --workspace --no-fail-fast; \
	else \
		echo 'cargo test --workspace'; cargo test --workspace --no-fail-fast; \
	fi

test-rest: binary
	@.ci/with-server bash -c 'python3 tests/rest/run.py --quiet --rest "http://$$FEIHONG_ADDRESS" --sdkappid "$$FEIHONG_SDKAPPID" --key "$$FEIHONG_KEY"'
	@.ci/with-server bash -c 'python3 tests/rest/run.py --settings | xargs -d "\n" "$$FEIHONG_BIN" app set --data "$$FEIHONG_DATA" "$$FEIHONG_SDKAPPID" >/dev/null && \
		python3 tests/rest/run.py --quiet --declared --rest "http://$$FEIHONG_ADDRESS" --sdkappid "$$FEIHONG_SDKAPPID" --key "$$FEIHONG_KEY"'

test-sdk: binary web/node_modules/.package-lock.json
	@cd tests/sdk && $(NPM_CI) && npm test

test-journeys: binary
	@npm --prefix web run --silent test:journeys

# A few kills; `make crash-test` does more of them.
test-crash: binary
	@cargo build --quiet --profile quick -p feihong-bench
	@target/quick/feihong-bench crash --rounds 5 --server $(BINARY) --out target/crash

bench: release ## measure a release build; BENCH_ARGS goes to `feihong-bench run`
	target/release/feihong-bench run $(BENCH_ARGS)

bench-parts: ## measure parts alone: commits, reading frames, dispatch
	cargo test --release --quiet -p feihong-store -p feihong-gateway --lib -- --ignored --nocapture --test-threads 1 bench

crash-test: release ## kill a release build under load, again and again; CRASH_ARGS goes to `feihong-bench crash`
	target/release/feihong-bench crash $(CRASH_ARGS)

.PHONY: release
release: console
	cargo build --release -p feihong-server -p feihong-bench

clean: ## remove everything that was built, but not ./data
	cargo clean
	rm -rf web/dist web/node_modules tests/sdk/node_modules
