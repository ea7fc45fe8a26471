# One word a task, the same for people, pre-commit and CI. `make` alone says what there is.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help setup run test test-rasa check format ui bench-setup bench clean
help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): pyproject.toml constraints.txt
	@echo "Setting up .venv (once; some minutes) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "chatloop needs Python 3.11; name it: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[dev]'
	@# Prefect's own database: making it takes a quarter of a minute, once; a run would make it, too.
	@test -n "$$PREFECT_API_URL" || $(BIN)/prefect server database upgrade --yes >/dev/null 2>&1 || true
	@touch $@

setup: $(INSTALLED) ## make .venv with everything pinned

run: setup ## run the pipeline: ingest to registered model
	@$(BIN)/chatloop run

test: setup ## run all tests
	@$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile \
	  --no-loadscope-reorder

# Rasa 3.6 runs under Python 3.10 and asks for other versions than the project does.
RASA_PYTHON ?= python3.10
.venv-rasa/bin/rasa:
	@$(RASA_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null \
	  || { echo "Rasa 3.6 needs Python 3.10; name it: make test-rasa RASA_PYTHON=/path/to/python3.10"; exit 2; }
	@$(RASA_PYTHON) -m venv .venv-rasa
	@.venv-rasa/bin/python -m pip install --quiet --disable-pip-version-check \
	  'rasa==3.6.21' 'setuptools<81'

test-rasa: setup .venv-rasa/bin/rasa ## a real Rasa 3.6 talks to chatloop
	@CHATLOOP_RASA=.venv-rasa/bin/rasa $(BIN)/python -m pytest tests/serve/test_real_rasa.py

check: setup ## format, lint and types, as CI and pre-commit do
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: setup ## bring the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

ui: setup ## MLflow and Prefect in the browser, on loopback
	@$(BIN)/chatloop ui

bench-setup: setup ## install the rivals of the benchmarks into .venv-bench and .venv-data-juicer
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
	  --requirement benchmarks/requirements.txt --editable . --constraint constraints.txt
	@# Data-Juicer asks for other versions than the project does, and runs in a process of its own.
	@$(PYTHON) -m venv .venv-data-juicer
	@.venv-data-juicer/bin/python -m pip install --quiet --disable-pip-version-check \
	  --requirement benchmarks/requirements-data-juicer.txt

bench: ## run all benchmarks into docs/performance.md, or some: make bench NAMES="tokenize masks"
	@.venv-bench/bin/python -m benchmarks.report $(NAMES)

clean: ## remove artifacts and stores, not the environment
	rm -rf data models .dvc/cache .dvc/tmp .dvc-remote mlflow.db mlartifacts dvc.lock
