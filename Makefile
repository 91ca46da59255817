# Everything one does with this checkout. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

VENV   := $(or $(VEDETTE_VENV),.venv)
BIN    := $(VENV)/bin
PYTHON ?= python3
DEMO   ?= demo
ONLY   ?=

# Lock files are complete, so pip resolves nothing (`--no-deps`): what an index publishes later changes
# nothing. Every package is installed by its hash, and only what is published as source alone is built.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation
LOCKED  := $(INSTALL) --require-hashes --only-binary=:all:

CODE := src tests bench docs
FAST := tests/core tests/protocol tests/architecture tests/decisions

.PHONY: help
help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

# --- install ------------------------------------------------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing; on Debian: apt install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$$($(PYTHON) --version) is too old; Python 3.11 or newer is needed, name one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "python3 has no venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.suite: requirements/suite.txt pyproject.toml | $(BIN)/python
	@echo "installing what Vedette needs (wheels only, each by its hash)"
	$(LOCKED) -r requirements/suite.txt -r requirements/build.txt
	$(INSTALL) --no-index --editable .
	touch $@

# one package of the test clients, atomicwrites, is published as source alone
$(VENV)/.plain-test: requirements/test.txt $(VENV)/.suite
	@echo "installing what the tests need"
	$(LOCKED) --no-binary=atomicwrites -r requirements/test.txt
	$(BIN)/python -m pip check --quiet \
	  || { echo "$(VENV) does not match the lock files: remove it and try again" >&2; exit 1; }
	touch $@

$(VENV)/.test: requirements/directory.txt requirements/kerberos.txt $(VENV)/.plain-test
	@.ci/debian-packages build
	if [ -e /usr/include/ldap.h ]; then $(DIRECTORY); else echo "without python-ldap: the tests that speak LDAP do not run" >&2; fi
	if [ -e /usr/include/gssapi/gssapi.h ]; then $(KERBEROS); else echo "without gssapi: the tests of Kerberos do not run" >&2; fi
	touch $@

# python-ldap is built against the system's OpenLDAP; pip keeps what it has built
DIRECTORY = $(LOCKED) --no-binary=python-ldap -r requirements/directory.txt

# gssapi against the system's MIT Kerberos. It only hands bytes on: a minute of optimising it would gain nothing.
KERBEROS = CFLAGS="-O1 -g0" $(LOCKED) --no-binary=gssapi -r requirements/kerberos.txt

.PHONY: setup
setup: $(VENV)/.suite  ## what is needed to run Vedette, in .venv

.PHONY: setup-directory
setup-directory: $(VENV)/.suite  ## what speaks LDAP with the company's directory, as well (needs a compiler)
	@.ci/debian-packages build
	$(DIRECTORY)

.PHONY: setup-kerberos
setup-kerberos: $(VENV)/.suite  ## what takes Kerberos tickets, as well (needs a compiler)
	@.ci/debian-packages build
	$(KERBEROS)

.PHONY: setup-plain-test
setup-plain-test: $(VENV)/.plain-test

.PHONY: setup-test
setup-test: $(VENV)/.test  ## what is needed to test it as well

# --- run ----------------------------------------------------------------------------------------

.PHONY: up
up: $(VENV)/.suite  ## two organisations on this machine; plays the scene, then runs until Ctrl-C
	@.ci/debian-packages run
	@exec $(BIN)/vedette demo $(DEMO)

# --- test ---------------------------------------------------------------------------------------

# Failed tests run once more by themselves; one that passes then is reported as flaky (decision 44).
define tried
$(BIN)/pytest $(1) && echo "flaky tests: 0" || {
	  [ $$? -eq 1 ] || exit 1
	  echo "failed tests run once more, with nothing else beside them"
	  VEDETTE_SECOND_TRY=1 $(BIN)/pytest --last-failed --last-failed-no-failures=none --maxfail=3
	}
endef

# `ONLY` as pytest takes it: files and folders as they are, other words as an expression for `-k`
PLACES = $(wildcard $(foreach each,$(ONLY),$(firstword $(subst ::, ,$(each)))))
PART = $(if $(PLACES),$(ONLY),-k "$(subst $(SPACE), and ,$(strip $(ONLY)))")
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)

# As root the tests run on Debian 13 wherever that can be had (decision 45). `.ci/debian-13` goes there before any
# environment is made: Debian 13's Python has one of its own.
.PHONY: test
test:  ## everything, as root on Debian 13's services; ONLY=<path or words> runs a part
	@exec .ci/debian-13 --or-here $(MAKE) --no-print-directory test-here

.PHONY: test-here
test-here: $(VENV)/.test  ## the same on this machine as it is. On Debian it installs what the tests drive, if allowed
	@$(if $(ONLY),exec $(BIN)/pytest $(PART),)
	.ci/debian-packages
	.ci/timed "lint" $(MAKE) --no-print-directory lint
	.ci/timed "reference pages" $(MAKE) --no-print-directory docs-check
	.ci/timed "tests" $(MAKE) --no-print-directory test-all

# Tests that start servers wait a lot, so there are more processes than cores (tests/distribution.py).
.PHONY: test-all
test-all: $(VENV)/.test
	@$(call tried,--numprocesses=$$(( $$(nproc) + 2 )) --maxprocesses=6 --dist=loadscope)

.PHONY: test-long
test-long: $(VENV)/.test  ## tests with generated examples, each with ten times as many and no limit of time
	VEDETTE_EXAMPLES=long $(BIN)/pytest -m "not system" --numprocesses=$$(nproc) --dist=loadscope $(ONLY)

.PHONY: check
check: $(VENV)/.test  ## seconds: format, rules, types, import contracts, the core's tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-types check-tests lint-contracts lint-style

.PHONY: check-tests
check-tests: $(VENV)/.test
	@VEDETTE_QUICK=1 $(BIN)/pytest -q -m "not system and not thorough" $(wildcard $(FAST))

.PHONY: lint lint-style lint-types lint-contracts
lint: lint-style lint-types lint-contracts

lint-style: $(VENV)/.test
	@$(BIN)/ruff format --check --quiet $(wildcard $(CODE)) || { echo "run \`make fix\`" >&2; exit 1; }
	$(BIN)/ruff check --quiet $(wildcard $(CODE))

lint-types: $(VENV)/.test
	@$(BIN)/mypy --strict src

lint-contracts: $(VENV)/.test
	@$(BIN)/lint-imports --no-logo

.PHONY: fix
fix: $(VENV)/.test  ## format, and mend what can be mended by itself
	$(BIN)/ruff check --fix --quiet $(wildcard $(CODE)) || true
	$(BIN)/ruff format $(wildcard $(CODE))

# --- pages, measurements, locks -----------------------------------------------------------------

.PHONY: docs
docs: $(VENV)/.test  ## write the reference pages anew
	$(BIN)/python -m docs.generate

.PHONY: docs-check
docs-check: $(VENV)/.test
	@$(BIN)/python -m docs.generate --check

.PHONY: pictures
pictures: $(VENV)/.test  ## take the pictures of docs/pictures anew, by the tests that click through pages
	VEDETTE_PICTURES=$(CURDIR)/docs/pictures $(BIN)/pytest -q --basetemp=/tmp/vedette tests/system/console/test_the_officers_day.py \
	  tests/system/sign_in/test_smartcards_live.py

.PHONY: bench
bench: $(VENV)/.test  ## measure; ONLY=<prefix> runs a part
	$(BIN)/python -m bench $(ONLY)

.PHONY: lock
lock:  ## choose versions anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --no-emit-package vedette --extra test -o requirements/test.txt pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --no-emit-package vedette --extra suite -c requirements/test.txt -o requirements/suite.txt pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --no-emit-package vedette --extra directory -c requirements/test.txt -o requirements/directory.txt pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --no-emit-package vedette --extra kerberos -c requirements/test.txt -o requirements/kerberos.txt pyproject.toml
	echo 'hatchling editables setuptools cython' | tr ' ' '\n' | uv pip compile --quiet --universal --generate-hashes --no-header \
	  --python-version 3.11 -o requirements/build.txt -
