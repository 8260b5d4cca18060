# Everything is set up by the target that needs it: `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
DUCKDB2 := .venv/duckdb2
# Words and the parts of identifiers, for the list of words that the glossary has replaced.
WORD_PARTS := '(?:FEWEST|LEAST|MOST)_|(?:EditDesk|KeyRing|SmallWorld)|[A-Z]?[a-z]+|[A-Z]+'

.PHONY: help setup demo up test test-fast test-controls test-duckdb2 check format docs-site pictures lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(RUNTIME) ## Install Turret into .venv (the other targets call it)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Turret needs Python 3.11, 3.12 or 3.13; $(PYTHON) is " + sys.version.split()[0] + ". Name another: make setup PYTHON=python3.12")'
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing Turret's packages (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "Installing the packages that tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: setup ## Simulate users, run the pipeline, print topics and journeys
	@$(BIN)/turret demo

up: setup ## Start collector, dashboard and Dagster
	@$(BIN)/turret up

test: $(DEV) ## Run the tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile

test-fast: $(DEV) ## Run the fast tests, which start no programs, for use while working
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not crawl and not slow"

test-controls: $(DEV) ## Press every control of the dashboard, at desktop and phone widths
	@$(BIN)/python -m pytest -q -p no:randomly -m crawl tests/dashboard/test_controls.py

$(DUCKDB2): requirements/duckdb2.txt $(DEV)
	@echo "Installing DuckDB 2 beside the other packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $(DUCKDB2) -r requirements/duckdb2.txt
	@touch $@

test-duckdb2: $(DUCKDB2) ## Run a few tests of the pipeline and of readers under DuckDB 2
	@PYTHONPATH=$(DUCKDB2) $(BIN)/python -m pytest -q -W "ignore:Arrow output on a DB-API result" tests/orchestration/test_duckdb_version.py tests/orchestration/test_loading.py tests/orchestration/test_excluded_events.py tests/orchestration/test_publishing.py tests/orchestration/test_readers.py tests/cli/test_query_command.py tests/dbt_project/test_builds.py

check: $(DEV) ## Format, lint, types, import rules, SQL lint, spelling, licences
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --strict clients/python/src
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	$(BIN)/sqlfluff lint --disable-progress-bar --templater placeholder orchestration dashboard
	$(BIN)/codespell
	$(BIN)/codespell --builtin '' --dictionary requirements/retired_words.txt --regex $(WORD_PARTS) $$(git ls-files '*.py' docs README.md CONTRIBUTING.md)
	$(BIN)/python requirements/licences.py

format: $(DEV) ## Format Python and SQL
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models
	$(BIN)/sqlfluff fix --disable-progress-bar --templater placeholder orchestration dashboard

docs-site: $(RUNTIME) ## Build dbt's pages about all tables into build/docs-site, as one file for offline reading
	@$(BIN)/python docs/build_site.py build/docs-site

pictures: $(DEV) ## Make the README's pictures from the demo's data (after make demo)
	@$(BIN)/python docs/make_pictures.py docs/pictures

lock: ## Resolve the pinned, hashed requirements again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate --python-version 3.11 --extra dev --extra postgres --extra object-storage --extra spark pyproject.toml -o requirements/dev.txt
	echo 'duckdb>=2,<3' | uv pip compile --quiet --universal --generate-hashes --no-deps --no-header --no-annotate --python-version 3.11 - -o requirements/duckdb2.txt
	uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt --extra postgres --extra object-storage --extra spark pyproject.toml -o requirements/hosts.txt

clean: ## Remove everything that can be rebuilt, but no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dbt_project/target dbt_project/logs
