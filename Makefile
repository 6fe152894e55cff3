# `make report` and `make test` set themselves up; everything else is for working on diffcheck.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help report snapshots figures test lint types imports format clean

help:
	@echo "make report   run every case at the quick profile, print the matrix, write reports/"
	@echo "make snapshots  store what the installed frameworks do, in cases/behaviours/"
	@echo "make figures  measure what is caught and what is a false alarm, write benchmarks/figures.json and the README's table"
	@echo "make test     run the tests"
	@echo "make lint     ruff: rules and formatting"
	@echo "make types    mypy --strict"
	@echo "make imports  the direction of imports"
	@echo "make format   apply ruff's formatting and safe fixes"
	@echo "make clean    remove everything that make made"

report: $(INSTALLED)
	$(BIN)/diffcheck behaviours --run-file reports/behaviours.jsonl --output json:reports/report.json
	$(BIN)/diffcheck run --profile quick --exit-zero --output json:reports/report.json
	$(BIN)/diffcheck report reports/run.jsonl reports/behaviours.jsonl --output text \
		--output json:reports/report.json --output markdown:reports/report.md --output html:reports/report.html

snapshots: $(INSTALLED)
	$(BIN)/diffcheck behaviours --store cases/behaviours

figures: $(INSTALLED)
	$(BIN)/python benchmarks/figures.py --jobs $(WORKERS)

test: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip itself comes first: dependency groups need a newer one than Python brings.
# The stamp is written last, so an interrupted installation is done again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "diffcheck needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt \
		--group dev --editable '.[all]'
	touch $@
