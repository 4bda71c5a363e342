# Leadlight: the commands for people who work from a checkout. Each sets up what it needs.
SHELL := bash
VENV ?= .venv
OUT ?= out
BIN := $(VENV)/bin

.PHONY: demo test lint bench setup clean

## demo: the window with the bundled samples already read; without a display, every view drawn to PNG files
demo: $(VENV)/.program
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(BIN)/leadlight demo; \
	else $(BIN)/leadlight demo --screenshots $(OUT)/demo; fi

## test: style, types, import contracts, tests
test: lint
	$(BIN)/python -m pytest

lint: $(VENV)/.tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## bench: the speed figures of the README, as ratios measured in one run
bench: $(VENV)/.tests
	$(BIN)/python -m tests.benchmarks

setup: $(VENV)/.program

$(VENV)/.python:
	python=$$(packaging/python.sh) && $$python -m venv $(VENV)
	touch $@

$(VENV)/.program: $(VENV)/.python pyproject.toml
	packaging/linux/system-libraries.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.tests: $(VENV)/.program
	packaging/linux/system-libraries.sh test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) $(OUT) build dist
