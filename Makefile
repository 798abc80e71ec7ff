# Kontor. `make help` lists the commands.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup lint-fix

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the development environment .venv, nothing else
	@$(PYTHON) tools/environment.py dev

lint-fix: setup ## let ruff repair style and formatting
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
