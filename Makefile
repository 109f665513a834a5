# Where only Python 3.13, make and git are, every target makes what it needs by itself.

export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
# Dozens of processes import the same thousand modules: each would compile them again.
unexport PYTHONDONTWRITEBYTECODE
JOBS ?= 3
WAITING_JOBS ?= 5
NIGHTS := tests/both tests/drills
WHOLE  := tests/deployed
FIGHTS := tests/drills/test_fight.py
BIN    := .venv/bin
READY  := .venv/.ready
SECOND := .venv-ministack/.ready
THIRD  := .venv-checkov/.ready
BLOBS  := .venv-azurite/.ready
MEASURED := $(BIN)/python -W ignore::RuntimeWarning -m slipcover
LOCK   := $(BIN)/uv pip compile --quiet --python $(BIN)/python --generate-hashes --no-annotate --no-header
LOCKS  := requirements/uv.txt requirements/dev.txt

.DEFAULT_GOAL := help
.PHONY: help setup drill test system deployed check bench mutate soak live package lock clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: $(READY) $(SECOND) $(BLOBS) ## the environments in .venv and beside it, from the locks

drill: $(READY) ## a rehearsed breach of an imaginary hospital
	@$(BIN)/codeblue drill --help >/dev/null 2>&1 || { echo "drill: this version of codeblue has no drill command" >&2; exit 1; }
	$(BIN)/codeblue drill --out out/drill

# Fights are against the clock: two at a time, and nothing beside them. They go last, so that the closing line is pytest's own.
test: ## the library and ten thieves who fight back, with branch coverage
	@$(MAKE) --no-print-directory --jobs 3 setup
	@mkdir -p out; \
	$(MEASURED) -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(addprefix --ignore ,$(NIGHTS) $(WHOLE)); rest=$$?; \
	$(MEASURED) --fail-under 85 --merge out/coverage.json; covered=$$?; \
	$(BIN)/pytest --numprocesses 2 --dist worksteal $(FIGHTS); fights=$$?; \
	exit $$((rest || covered || fights))

# They wait more than they compute, in processes of their own, which nothing measures.
system: $(READY) ## the program as a person runs it: whole nights, in processes of their own
	@$(BIN)/pytest --numprocesses $(WAITING_JOBS) --dist loadfile --no-loadscope-reorder $(NIGHTS) --ignore $(FIGHTS)

deployed: $(READY) $(SECOND) ## the synthesised stacks in an emulator: an event on the bus, and nothing else
	$(BIN)/pytest $(WHOLE)

check: $(READY) ## every static check: form, lint, types, imports, secrets, dependencies, the house
	.ci/check

bench: $(READY) ## measurements, printed as tables
	@set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script; done

mutate: $(READY) ## mutants of the engine and of custody that no test kills
	$(BIN)/mutmut run
	$(BIN)/mutmut results

soak: $(READY) $(SECOND) $(THIRD) $(BLOBS) ## many seeds, many minutes
	$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal --timeout 3600 -m soak

live: $(READY) ## the cloud's facts against your own throw-away accounts
	$(BIN)/pytest -m live

package: $(READY) ## the functions' code as one zip, from the lock
	$(BIN)/python -m infra_cdk.package

lock: $(READY) ## newest versions, by hash
	$(LOCK) --upgrade requirements/uv.in --output-file requirements/uv.txt
	$(LOCK) --upgrade pyproject.toml --all-extras --group dev --constraints requirements/uv.txt --output-file requirements/dev.txt
	$(LOCK) --upgrade pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt
	$(LOCK) --upgrade pyproject.toml --extra azure --constraints requirements/dev.txt --output-file azure_functions_app/requirements.txt
	$(LOCK) --upgrade requirements/ministack.in --output-file requirements/ministack.txt
	$(LOCK) --upgrade requirements/checkov.in --output-file requirements/checkov.txt
	npm update --prefix requirements/azurite --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

# Where there is no npm, the rows that azurite would answer are skipped, and say so.
$(BLOBS): requirements/azurite/package-lock.json
	@if ! command -v npm >/dev/null; then echo "no npm here: tests do without azurite, the second emulator of blobs"; exit 0; fi; \
	mkdir -p .venv-azurite && cp requirements/azurite/*.json .venv-azurite && \
	npm ci --prefix .venv-azurite --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@

clean: ## everything that was made
	rm -rf .venv .venv-* build dist out mutants .*_cache .hypothesis

$(READY): $(LOCKS) pyproject.toml
	python=$$(.ci/find-python) && $$python -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(SECOND): requirements/ministack.txt | $(READY)
	$(BIN)/python -m venv --without-pip .venv-ministack
	$(BIN)/uv pip sync --quiet --python .venv-ministack/bin/python --require-hashes requirements/ministack.txt
	@touch $@

$(THIRD): requirements/checkov.txt | $(READY)
	$(BIN)/python -m venv --without-pip .venv-checkov
	$(BIN)/uv pip sync --quiet --python .venv-checkov/bin/python --require-hashes requirements/checkov.txt
	@touch $@
