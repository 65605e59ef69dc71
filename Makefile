# Two commands do all the set-up: `make lab` opens the course, `make test` runs the tests.
# Everything is installed into .venv; an installation is only repeated when pyproject.toml changes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
FIRST  := notebooks/index.ipynb
ROOT   := $(if $(filter 0,$(shell id -u)),--allow-root)# in a container there is often nobody else

.PHONY: lab test test-all check bench notebooks static exercises docs gallery format clean

$(VENV)/.lab: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "k8slab needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[grade]"
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.lab
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

lab: $(VENV)/.lab  ## open the course in JupyterLab
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(FIRST) $(ROOT) $(ARGS)

test: $(VENV)/.dev  ## the default test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-all: $(VENV)/.dev  ## with the long searches
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "long or not long" --timeout 3600 $(ARGS)

check: $(VENV)/.dev  ## style, types, arrows between the rooms, generated files, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/build_notebooks.py --check
	$(BIN)/python tools/make_docs.py --check
	$(MAKE) test

bench: $(VENV)/.dev  ## measure, and compare with the recorded baseline
	$(BIN)/python benchmarks/run.py $(ARGS)

notebooks: $(VENV)/.dev  ## generate notebooks/ from course/
	$(BIN)/python tools/build_notebooks.py

static: $(VENV)/.dev  ## render the notebooks for readers without a kernel, into build/static/
	$(BIN)/python tools/build_static.py $(ARGS)

exercises: $(VENV)/.dev  ## generate exercises/ from solutions/ with nbgrader
	$(BIN)/python tools/build_exercises.py

docs: $(VENV)/.dev  ## generate the tables in docs/
	$(BIN)/python tools/make_docs.py

gallery: $(VENV)/.dev  ## photograph the views for docs/gallery (needs Chromium)
	$(BIN)/python tools/make_gallery.py $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build $(VENV)
