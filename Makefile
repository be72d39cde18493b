# 挂号 Guahao. `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run demo-reset build test soak audit check bench format lock clean
SHELL := /bin/sh
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) -B -m hospital_app.launch.bootstrap
BIN = .venv/bin

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## a living demonstration hospital on http://localhost:8000 (PORT=...); Ctrl-C ends it
	@$(BOOTSTRAP) frontend
	@exec $(BIN)/python -m hospital_app run

demo-reset: ## forget the demonstration's data; the next `make run` starts over
	@$(BOOTSTRAP)
	@$(BIN)/python -m hospital_app demo-reset

build: ## virtual environment and front end only
	@$(BOOTSTRAP) dev frontend

test: ## every test, on real MariaDB and Redis and on SQLite (ARGS="-k name")
	@$(BOOTSTRAP) dev frontend
	@$(BIN)/python -m tests.support.programs
	@$(BIN)/python -m pytest $(ARGS)

soak: ## the long runs: many kills, large fuzz and stateful counts
	@$(BOOTSTRAP) dev frontend
	@$(BIN)/python -m tests.support.programs
	@$(BIN)/python -m pytest -m soak -n 0 --timeout 3600 $(ARGS)

audit: ## check every invariant of the books: of the settings' database, else of the demonstration in .run/
	@$(BIN)/python -m hospital_app audit

check: ## ruff, mypy --strict, import contracts
	@$(BOOTSTRAP) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## measure, and print one table
	@$(BOOTSTRAP) dev frontend
	@$(BIN)/python -m tests.support.programs
	@$(BIN)/python -m bench

format: ## let ruff put the code in order
	@$(BOOTSTRAP) dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove everything that was built; data under .run/ stays
	rm -rf .venv .web .states .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
