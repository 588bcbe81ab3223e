# make demo and make test each work alone, on a fresh machine with Python 3.11 or newer.
#   setup     the environment .venv with everything that the tests need
#   demo      a campaign from launch to checked export, against random search
#   test      the fast tests        test-all  slow and acceptance tests too
#   check     format, lint, types, architecture
#   bench     benchmarks against named peers
#   docs      the documentation as a site in site/
#   clean     removes what the other targets made, .venv too

.PHONY: setup demo test test-all check bench docs clean
.DEFAULT_GOAL := setup

PYTHON = $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PACKAGES = evosearch evaluators search_spaces

setup: $(BIN)/.dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "need Python 3.11 or newer with venv (Debian: python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv

$(BIN)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(BIN)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@ $(BIN)/.core

$(BIN)/.exports: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev,onnx,torch]'
	@touch $@

$(BIN)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev,bench]'
	@touch $@ $(BIN)/.dev $(BIN)/.core

$(BIN)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[docs]'
	@touch $@

demo: export EVOSEARCH_STORAGE = sqlite:///runs/demo.db
demo: $(BIN)/.core
	@rm -f runs/demo.db*
	$(BIN)/evosearch run runs/exp2.toml
	$(BIN)/evosearch run runs/exp2_random.toml
	$(BIN)/evosearch compare exp2 exp2-random
	$(BIN)/evosearch verify exp2 best
	$(BIN)/evosearch export exp2 best --format c --output runs/exp2/best.c
	$(BIN)/evosearch export exp2 best --format python --output runs/exp2/best.py
	$(BIN)/python runs/exp2/best.py
	$(BIN)/evosearch report exp2

test: $(BIN)/.dev
	$(BIN)/pytest -n 2

test-all: $(BIN)/.dev
	$(BIN)/pytest -n 2 -m ""

check: $(BIN)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports

bench: $(BIN)/.bench
	$(BIN)/python -m benchmarks

docs: $(BIN)/.docs
	$(BIN)/zensical build

clean:
	rm -rf .venv build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -f runs/demo.db*
