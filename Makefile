# make demo | make test | make lint: each works alone, right after a clone.
PYTHON ?= python3
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test lint

demo: .venv/installed
	$(BIN)/python -m eval.colorize --input eval/examples/drawings --output out/demo --samples 2

test: .venv/installed
	$(BIN)/python -m pytest tests

lint: .venv/installed
	$(BIN)/ruff check .

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@
