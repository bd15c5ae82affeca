# make help shows what there is. Needs Python 3.11 or newer, make and git, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help demo test check bench clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Andon needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

# torch first and alone: what depends on it would otherwise take the newest build with CUDA.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Andon into $(VENV) (a few minutes, once) ..."
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) --editable '.[offline]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP_INSTALL) --editable '.[offline,test]'
	@touch $@

demo: $(VENV)/.installed  ## simulated machines, faults and the operator page, in one command
	$(BIN)/andon demo

test: $(VENV)/.installed-test  ## all tests; three at a time, since many wait for machines and brokers
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

check: $(VENV)/.installed-test  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.installed-test  ## measurements: a table, and JSON under bench-results/ (ONLY="classifier few-shot")
	$(BIN)/python -m tests.bench $(ONLY)

clean:  ## the virtual environment, caches and the demo's state
	rm -rf $(VENV) .andon .mypy_cache .ruff_cache .pytest_cache *.egg-info
