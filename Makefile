# Everything is done by programs of the project; these are short names for them. `make help` lists the names.
# Without make: see README.md, "The plain lines".

PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv/bin/python
INSTALL := "$(PYTHON)" marketplace/embedded/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help install run check test browser bench mutation screenshots

help: ## list the targets
	@echo "make install      make .venv and install what running needs"
	@echo "make run          start the whole site at http://127.0.0.1:8000/ (PORT=, HOST=); Ctrl-C stops it"
	@echo "make check        format, lint, templates, types, floors, migrations, translations, API description"
	@echo "make test         make check, then all tests (PYTEST_ARGS=)"
	@echo "make machine      the long form of the state machine (50,000 steps) and of the kills (200)"
	@echo "make browser      the long form of the browser tests: every page, language, width and theme"
	@echo "make bench        measure speed and memory, and write bench/RESULTS.md"
	@echo "make mutation     change the money, rights and deal code line by line; say which change no test notices (EVERY=20)"
	@echo "make screenshots  take a picture of every kind of page"
	@echo
	@echo "DATABASE_URL= and REDIS_URL= use your own servers; PYTHON= names a Python, 3.11 or newer."

install:
	@$(INSTALL)

run:
	@$(INSTALL) && exec $(VENV) manage.py up

check:
	@$(INSTALL) --dev
	$(VENV) -m ruff format --check .
	$(VENV) -m ruff check .
	$(VENV) -m djlint templates --lint --quiet
	$(VENV) -m mypy
	$(VENV) -c "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv[0] = 'lint-imports'; lint()"
	$(VENV) manage.py makemigrations --check --dry-run
	$(VENV) manage.py check_translations
	$(VENV) manage.py spectacular --lang en --validate --fail-on-warn --file .run/openapi.yaml
	$(VENV) -c "import filecmp, sys; sys.exit(0 if filecmp.cmp('.run/openapi.yaml', 'docs/openapi.yaml', shallow=False) else 'docs/openapi.yaml is not what the code says; make it anew with manage.py spectacular --lang en')"

test: check
	$(VENV) manage.py compile_translations
	$(VENV) -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

machine:
	@$(INSTALL) --dev
	MACHINE=long KILLS=200 $(VENV) -m pytest -n 2 --dist loadfile -s tests/machine tests/faults/test_deal_kills.py $(PYTEST_ARGS)
	KILLS=50 $(VENV) -m pytest -n 0 -s tests/faults/test_close_kills.py $(PYTEST_ARGS)

browser:
	@$(INSTALL) --dev
	$(VENV) manage.py compile_translations
	CI=true BROWSER=long $(VENV) -m pytest tests/browser $(PYTEST_ARGS)

bench:
	@$(INSTALL) --dev
	@exec $(VENV) -m bench

mutation:
	@$(INSTALL) --dev
	@exec $(VENV) -m tests.mutation --every $(or $(EVERY),1)

screenshots:
	@$(INSTALL) --dev
	@exec $(VENV) -m tests.browser.screenshots
