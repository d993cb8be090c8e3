# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
SILAH_HOME ?= var
SILAH_PORT ?= 8080
export SILAH_HOME SILAH_PORT

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
# Where the CPU build of torch is published; asked only when the plain index does not carry it.
TORCH_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: run test check fix unit bench docs lock clean
.DEFAULT_GOAL := test

# Everything is installed into .venv, again only when the project's requirements change.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade "pip>=25.1"
	$(INSTALL) -e '.[index,evaluate]' --group dev || $(INSTALL) --extra-index-url $(TORCH_INDEX) -e '.[index,evaluate]' --group dev
	touch $@

# Install, prepare the model, index the example corpus, serve it, and print two requests to try.
run: $(VENV)/installed
	$(BIN)/silah-index build examples/articles.jsonl
	$(BIN)/python examples/serve.py

# Install and run every test; what needs a program that is missing is skipped and says so.
test: $(VENV)/installed
	$(BIN)/pytest

# The quick loop: style, types, layers.
check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The quick loop: tests that need no model.
unit: $(VENV)/installed
	$(BIN)/pytest -q tests/unit

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.relevance
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.embed
	$(BIN)/python -m benchmarks.widget
	$(BIN)/python -m benchmarks.small_languages

docs: $(VENV)/installed
	$(BIN)/pytest -q tests/docs

# Write the versions that are installed now to constraints.txt.
lock: $(VENV)/installed
	{ sed -n "/^#/p;/^torch==/p" constraints.txt; $(BIN)/pip freeze --exclude-editable | grep -v "^torch=="; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) var build .*_cache .hypothesis *.egg-info
