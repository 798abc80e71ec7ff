# Kontor. `make help` lists the commands; docs/running.md and docs/deploying.md say more.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
PY := .venv/bin/python
STAGE ?=
DRY_RUN ?=

.DEFAULT_GOAL := help
.PHONY: help setup run stop reset test check lint-fix bench deploy

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the development environment .venv, nothing else
	@$(PYTHON) tools/environment.py dev

run: ## start Kontor on this machine (PORT=4570 make run for another port)
	@$(PYTHON) tools/environment.py dev emulator
	@$(PY) -m tools.run up

stop: setup ## stop it; the data stays
	@$(PY) -m tools.run stop

reset: setup ## stop it and remove its data
	@$(PY) -m tools.run reset

test: ## everything: linters, types, contracts, rules, storage, packaged stack, pages
	@$(PYTHON) tools/environment.py dev emulator
	@$(PY) -m tools.checks all

check: setup ## the fast part: linters, types, contracts, pure tests
	@$(PY) -m tools.checks fast

lint-fix: setup ## let ruff repair style and formatting
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: ## print sizes and times (benchmarks/)
	@$(PYTHON) tools/environment.py dev emulator
	@$(PY) -m benchmarks

deploy: setup ## deploy to an AWS account: make deploy STAGE=prod (DRY_RUN=1 only shows the template)
	@$(PY) -m tools.deploy $(if $(STAGE),--stage $(STAGE)) $(if $(DRY_RUN),--dry-run)
