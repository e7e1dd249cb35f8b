# make setup | demo | test | check | fix | golden | interop | docs | sbom | bench | mutation | fuzz
# make check-wheel | lock | clean
# PYTHON names the interpreter that makes the environment (3.11 or newer).

PYTHON ?= python3
VENV   ?= .venv
PYTEST_ARGS ?=
FUZZ_MINUTES ?= 20

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test check fix golden interop docs sbom bench mutation fuzz check-wheel lock clean
.DEFAULT_GOAL := test

setup: $(STAMP)

# The build backend comes from the lock too, hence no build isolation: it would fetch one unhashed.
$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/csfleak demo

test: setup
	$(BIN)/pytest -q -n auto --dist worksteal $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Rewrites the expected files; the diff is then read.
golden: setup
	$(BIN)/pytest -q --rewrite-golden $(PYTEST_ARGS)

# What is not ours, with Java and Maven at hand: HL7's validation engine and two more validators read
# what we write; a FHIR server is built, started, filled and read.
interop: setup
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/interop/requirements.txt
	for project in validator hapi; do \
	    (cd tests/interop/$$project && mvn -q -B -ntp compile dependency:copy-dependencies -DincludeScope=runtime) || exit 1; \
	done
	CSFLEAK_REQUIRE_SERVER=1 $(BIN)/pytest -q tests/interop $(PYTEST_ARGS)

# The pages that are made of tables, then the site in build/site.
docs: setup
	$(BIN)/python -m docs.site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet -f docs/site/mkdocs.yml

sbom: setup
	$(BIN)/python -m docs.site.sbom

bench: setup
	$(BIN)/python -m benchmarks

mutation: setup
	$(BIN)/python -m tests.mutation

fuzz: setup
	$(BIN)/python -m tests.sr.fuzz_decode --minutes $(FUZZ_MINUTES) --seed 1

# What a stranger gets by pip, with a registry at hand: the wheel alone, in an environment of its own.
check-wheel: setup
	bash tests/check_wheel.sh $(BIN)/python $(PYTHON)

lock: setup
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra docs --extra test \
	    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock' --upgrade pyproject.toml -o constraints.txt
	! grep -n '://' constraints.txt

clean:
	rm -rf $(VENV) tests/interop/hapi/target tests/interop/validator/target build dist demo-output .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
