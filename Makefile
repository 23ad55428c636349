# Thin on purpose: what there is to do, each a line or two. The work is in scripts/ and in the command `riskmap`.
.DEFAULT_GOAL := help
.PHONY: help demo down test lint bench lock
SHELL := /bin/bash -euo pipefail
BIN := .venv/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## start everything on this machine, run the main job once and show what came of it
	@scripts/bootstrap.sh run
	@$(BIN)/riskmap demo

down: ## stop what demo started; data stay in .riskmap/
	@if [[ -x $(BIN)/riskmap ]]; then $(BIN)/riskmap down; else echo "nothing is installed, so nothing runs"; fi

test: ## run all tests, in two processes, each against a PostgreSQL of its own
	@scripts/bootstrap.sh dev
	@$(BIN)/pytest -n 2 --dist loadfile

lint: ## check code, SQL, contracts, imports and the compose file
	@scripts/bootstrap.sh dev
	@scripts/lint.sh

bench: ## run the benchmarks and keep their results with the machine that gave them
	@scripts/bootstrap.sh dev
	@$(BIN)/python -m bench

lock: ## renew the locked requirements from the .in files
	@scripts/bootstrap.sh run
	@scripts/lock.sh
