# What a newcomer types is `make run` and `make test`; `make help` lists the rest.
# Everything that is set up lives in .venv and build, and is set up again only when its sources change.

PYTHON ?= python3
VENV := .venv
PY := $(abspath $(VENV))/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q
WHEEL = $(firstword $(wildcard build/wheel/tcpkit-*.whl))
PYTEST_ARGS ?=
# What is the same in both builds: the package that is made of the wheel, the files of deploy, the pages.
SAME := --ignore=tests/deploy --ignore=tests/browser

# -t 10: what took 10 ms or more.
RUN := -m redis -r pcaps/redis/slow.pcap -t 10

# What the installed program is made of, names and contents, as one number: a stamp that carries it is up to date.
KEY := $(shell find tcpkit scripts pyproject.toml setup.py \
    -type f ! -name '*.pyc' -exec cksum {} + | LC_ALL=C sort | cksum | cut -d' ' -f1)
WHEEL_STAMP := $(VENV)/stamps/wheel-$(KEY)
INSTALL_STAMP := $(VENV)/stamps/install-$(KEY)
TEST_STAMP := $(VENV)/stamps/test-$(KEY)
DEV_STAMP := $(VENV)/stamps/dev-$(KEY)

.PHONY: help run test compiled-folder test-compiled test-interpreted check lint format coverage truth golden pcaps bench wheel clean

help:
	@echo 'make run       set everything up, then trace a shipped capture: slow requests, then the summary'
	@echo 'make test      set up what the tests need, then run them on the compiled and the interpreted build'
	@echo 'make check     what CI runs: formatting, lint, types, then make test'
	@echo 'make format    let ruff format and fix the sources'
	@echo 'make coverage  what the tests run of the sources (interpreted build)'
	@echo 'make truth     trace damaged captures: nothing exact may be reported that did not happen'
	@echo 'make golden    write the golden logs anew: read the diff'
	@echo 'make pcaps     make the captures anew against real servers (root)'
	@echo 'make bench     throughput, against what it is compared to'
	@echo 'make wheel     a compiled wheel and the source archive, in dist'
	@echo 'make clean     remove all that this makefile made'

run: $(INSTALL_STAMP)
	$(VENV)/bin/tcpkit $(RUN)

test: test-compiled test-interpreted

# A folder with everything but the package's source: there, `tcpkit` is the installed, compiled one.
compiled-folder: $(TEST_STAMP)
	@rm -rf build/compiled && mkdir -p build/compiled
	@for each in $$(ls -A); do \
	    case $$each in tcpkit|build|dist|.git|.venv|*.egg-info|.*_cache) ;; \
	    *) ln -s ../../$$each build/compiled/$$each ;; esac; \
	done

test-compiled: compiled-folder
	cd build/compiled && TCPKIT_EXPECT_BUILD=compiled $(PY) -m pytest $(PYTEST_ARGS)

test-interpreted: $(TEST_STAMP)
	TCPKIT_EXPECT_BUILD=interpreted $(PY) -m pytest $(SAME) $(PYTEST_ARGS)

check: lint test

lint: $(DEV_STAMP)
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy

format: $(DEV_STAMP)
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

coverage: $(TEST_STAMP) $(DEV_STAMP)
	$(PY) -m coverage run -m pytest $(PYTEST_ARGS)
	$(PY) -m coverage report

truth: compiled-folder
	cd build/compiled && $(PY) -m tests.truth

golden: $(TEST_STAMP)
	$(PY) -m tests.goldens

pcaps: $(TEST_STAMP)
	$(PY) -m pcaps.make

bench: $(TEST_STAMP)
	$(PY) -m benchmarks

wheel: $(DEV_STAMP)
	rm -rf build/lib* build/bdist* dist
	$(PY) -m build

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/stamps/venv: .ci/system-packages
	@.ci/system-packages run $(PYTHON)
	@echo 'setting up $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(VENV)/stamps
	@touch $@

# Old build outputs would put modules into the wheel that the sources no longer have; old stamps would
# call sources installed that are taken back to what they were.
$(WHEEL_STAMP): $(VENV)/stamps/venv
	@echo 'compiling tcpkit (a minute or two)'
	@rm -rf build/lib* build/bdist* build/wheel *.egg-info $(VENV)/stamps/*-*
	@$(PIP) wheel --no-deps -w build/wheel .
	@touch $@

# Live capture is an extra that needs libpcap's headers: reading files works without it.
$(INSTALL_STAMP): $(WHEEL_STAMP)
	@$(PIP) install --force-reinstall --no-deps $(WHEEL)
	@$(PIP) install $(WHEEL)
	@$(PIP) install '$(WHEEL)[live]' \
	    || echo 'tcpkit: live capture (-i) was not set up: pypcap did not build; -r works without it'
	@$(VENV)/bin/python -I -c 'import sys, tcpkit.installation as i; sys.exit(not i.is_compiled())' \
	    || echo 'tcpkit: this is the interpreted build; TCPKIT_COMPILE=1 $(VENV)/bin/pip wheel . tells why'
	@touch $@

$(TEST_STAMP): $(INSTALL_STAMP) .ci/system-packages
	@.ci/system-packages test $(PYTHON)
	@$(PIP) install '$(WHEEL)[test]'
	@touch $@

$(DEV_STAMP): $(INSTALL_STAMP)
	@$(PIP) install '$(WHEEL)[dev]'
	@touch $@
