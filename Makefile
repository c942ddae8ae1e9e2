# Everything is done by programs of the project; these are short names for them. `make help` lists the names.
# Without make: see README.md, "The plain lines".

PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv/bin/python
INSTALL := "$(PYTHON)" marketplace/embedded/bootstrap.py

.DEFAULT_GOAL := help
CHECKS := $(addprefix check-,types api templates migrations translations floors lint format)
.PHONY: help install run tools check $(CHECKS) test coverage machine browser bench mutation screenshots

help: ## list the targets
	@echo "make install      make .venv and install what running needs"
	@echo "make run          start the whole site at http://127.0.0.1:8000/ (PORT=, HOST=); Ctrl-C stops it"
	@echo "make check        format, lint, templates, types, floors, migrations, translations, API description"
	@echo "make test         make check, then all tests (PYTEST_ARGS=)"
	@echo "make coverage     all tests again with their branches counted, which takes twice as long"
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

tools:
	@$(INSTALL) --dev

check: tools ## two at a time, the longest first
	@$(MAKE) --no-print-directory --jobs 2 $(CHECKS)

check-format:
	$(VENV) -m ruff format --check .

check-lint:
	$(VENV) -m ruff check .

check-templates:
	$(VENV) -m djlint templates --lint --quiet

check-types:
	$(VENV) -m mypy

check-floors:
	$(VENV) -c "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv[0] = 'lint-imports'; lint()"

check-migrations:
	$(VENV) manage.py makemigrations --check --dry-run

check-translations:
	$(VENV) manage.py check_translations

check-api:
	$(VENV) manage.py spectacular --lang en --validate --fail-on-warn | cmp - docs/openapi.yaml \
	|| { echo "docs/openapi.yaml is not what the code says; make it anew with manage.py spectacular --lang en"; exit 1; }

test: check
	$(VENV) manage.py compile_translations
	$(VENV) -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

coverage: tools
	$(VENV) manage.py compile_translations
	$(VENV) -m pytest -n 2 --dist loadfile --cov --cov-report= $(PYTEST_ARGS)
	$(VENV) -m coverage report | tail -1
	for package in listings/rights listings/deals listings/brokers marketplace/payments marketplace/signing; do \
	    echo $$package; $(VENV) -m coverage report --include="$$package/*" --fail-under=95 | tail -1 || exit 1; done

machine: tools
	MACHINE=long KILLS=200 $(VENV) -m pytest -n 2 --dist loadfile -s tests/machine tests/faults/test_deal_kills.py $(PYTEST_ARGS)
	KILLS=50 $(VENV) -m pytest -n 0 -s tests/faults/test_close_kills.py $(PYTEST_ARGS)

browser: tools
	$(VENV) manage.py compile_translations
	CI=true BROWSER=long $(VENV) -m pytest tests/browser $(PYTEST_ARGS)

bench: tools
	@exec $(VENV) -m bench

mutation: tools
	@exec $(VENV) -m tests.mutation --every $(or $(EVERY),1)

screenshots: tools
	@exec $(VENV) -m tests.browser.screenshots
