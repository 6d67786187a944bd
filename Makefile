# The two commands of the README are `make demo` and `make test`; everything they need is installed into .venv once.

VENV  := .venv
ASKED := .venv-oracles
LOOKS := .venv-browser
BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres store-faults histories drift outbox hostile kills faults mutants oracles browser \
	pictures bench lint lock clean

help:
	@echo "make demo       live through nine months with three teams, on a sandbox tracker of our own"
	@echo "make test       run the tests"
	@echo "make test-postgres  run the tests with PostgreSQL as the store"
	@echo "make store-faults   kill migrations everywhere, flip bytes, fill disks, freeze daemons for two minutes"
	@echo "make mutants    seed known bugs, one at a time, and see that the tests catch each"
	@echo "make histories  hold the mirror against 10,000 random histories (HISTORIES=n for another number)"
	@echo "make drift      20,000 answers of the tracker that are not what they should be (DRIFTS=n for another number)"
	@echo "make outbox     5,000 writes with their answers lost, and the database lost at 20 moments (WRITES=n, MOMENTS=n)"
	@echo "make hostile    more than a thousand hostile texts in every field of every document, in every target"
	@echo "make kills      kill the daemon 200 times and stop it 50 times"
	@echo "make faults     kill the daemon 2,000 times and stop it 500 times (KILLS=n, STOPS=n, SEED=n)"
	@echo "make oracles    hold rules and exports against pm4py, which is installed apart into .venv-oracles"
	@echo "make browser    look at pages with Chromium and axe, which are installed apart into .venv-browser"
	@echo "make pictures   make the pictures in docs/images anew, from the real project in ../shared"
	@echo "make bench      a first sync against a bare floor and two common loops; webhooks, writes, honesty of experiments"
	@echo "make lint       check style, types and the direction of imports"
	@echo "make lock       choose the newest dependencies and write them to requirements.lock"
	@echo "make clean      remove everything that the others made"

demo: $(READY)
	$(BIN)/eal-jira demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-postgres: $(READY)
	EAL_TEST_STORE=postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup

kills: $(READY)
	$(BIN)/python -m tests.faults.run --kills 200 --seed $${SEED:-1}
	$(BIN)/python -m tests.faults.run --stops 50 --seed $${SEED:-1}

store-faults: $(READY)
	EAL_TEST_STORE_FAULTS=1 $(BIN)/python -m pytest -n 2 tests/store/test_faults.py
	EAL_TEST_STORE_FAULTS=1 $(BIN)/python -m pytest -n 0 tests/cycle/test_damage.py -k flipped
	EAL_TEST_LEASE=20 EAL_TEST_DAEMONS=2,3,4,5 $(BIN)/python -m pytest -n 0 tests/daemon/test_shared.py -k 'frozen or killed'
	EAL_TEST_LEASE=5 EAL_TEST_STOPS=10 $(BIN)/python -m pytest -n 0 tests/daemon/test_shared.py -k stopped

mutants: $(READY)
	$(BIN)/python tests/mutants.py

histories: $(READY)
	HISTORIES=$${HISTORIES:-10000} $(BIN)/python -m pytest -n 2 tests/mirror/test_random_histories.py

drift: $(READY)
	DRIFTS=$$(( $${DRIFTS:-20000} / 4 )) $(BIN)/python -m pytest -n 2 --timeout 0 tests/mirror/test_schema_drift.py

outbox: $(READY)
	OUTBOX_WRITES=$${WRITES:-5000} LOSS_MOMENTS=$${MOMENTS:-20} $(BIN)/python -m pytest -n 2 \
		tests/outbox/test_figures.py tests/cycle/test_total_loss.py

hostile: $(READY)
	HOSTILE=1 $(BIN)/python -m pytest -n 2 --timeout 0 tests/hostile

faults: $(READY)
	$(BIN)/python -m tests.faults.run --kills $${KILLS:-2000} --seed $${SEED:-1}
	$(BIN)/python -m tests.faults.run --stops $${STOPS:-500} --seed $${SEED:-1}

# pm4py is AGPL: it is asked over a process boundary, and nothing of ours imports it.
oracles: $(READY) $(ASKED)/.ready
	$(BIN)/python -m pytest tests/oracles
	$(BIN)/python -m bench.conformance

# Playwright and axe-core drive Debian's Chromium from an environment of their own.
browser: $(READY) $(LOOKS)/.ready
	$(BIN)/python -m pytest tests/browser

pictures: $(READY) $(LOOKS)/.ready
	$(BIN)/python -m bench.pictures ../shared/data/aea-verification

bench: $(READY)
	$(BIN)/python -m bench.first_sync
	$(BIN)/python -m bench.webhooks
	$(BIN)/python -m bench.honesty
	$(BIN)/python -m bench.designed
	$(BIN)/python -m bench.practices
	$(BIN)/python -m bench.outbox
	$(BIN)/python -m bench.conformance
	$(BIN)/python -m bench.judging
	$(BIN)/python -m bench.workers
	$(BIN)/python -m bench.retro

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Names, versions and hashes only: where packages come from is each machine's own business.
lock: $(READY)
	$(BIN)/python -m pip install --quiet 'uv>=0.9'
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --all-extras --no-emit-index-url --no-emit-find-links --group dev --output-file requirements.lock pyproject.toml
	echo pm4py | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --no-emit-find-links --output-file tests/oracles/requirements.txt -
	printf 'playwright\naxe-playwright-python\n' | $(BIN)/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--output-file tests/browser/requirements.txt -

clean:
	rm -rf $(VENV) $(ASKED) $(LOOKS) build dist demo .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	find eal_jira plugins tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@.ci/make-venv $(VENV)

$(ASKED)/.ready: tests/oracles/requirements.txt | $(ASKED)/bin/python
	$(ASKED)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(ASKED)/bin/python:
	@.ci/make-venv $(ASKED)

$(LOOKS)/.ready: tests/browser/requirements.txt | $(LOOKS)/bin/python
	@.ci/make-browser
	$(LOOKS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(LOOKS)/bin/python:
	@.ci/make-venv $(LOOKS)
