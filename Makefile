# Every target sets up what it needs; a machine with Python 3.11 or later is enough.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH_BIN := .venv-bench/bin
BENCH_READY := .venv-bench/.ready
DEMO := fixtures/flows/train/flow.py

.PHONY: help demo test pythons check engines azurite golden bench clean

help: ## Show the targets.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(READY) ## Compile and run a real flow.
	@echo "== flowc lint $(DEMO)"
	@$(BIN)/flowc lint $(DEMO)
	@echo; echo "== flowc compile $(DEMO) --target argo --image registry.example/train:1 -o build/train.yaml"
	@mkdir -p build
	@$(BIN)/flowc compile $(DEMO) --target argo --image registry.example/train:1 -o build/train.yaml
	@wc -c build/train.yaml
	@echo; echo "== flowc run $(DEMO) --wanted 20 --datastore-root build/store"
	@$(BIN)/flowc run $(DEMO) --wanted 20 --datastore-root build/store

test: $(READY) pythons ## Run all tests that need no heavy engine.
	$(BIN)/pytest -q -n 2 --dist loadfile

pythons: $(READY) ## Set up other versions of Python, where they are found, for the runtime's tests.
	@$(BIN)/python tests/pythons.py

check: $(READY) ## Check style, types and layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_layers.py

engines: $(READY) ## Run the fixtures and random flows on the engines at hand.
	$(BIN)/pytest -q -n 2 tests/test_fixtures.py tests/argo tests/property

azurite: $(READY) ## Install a server of Azure's protocol, by npm, for the tests that ask for it.
	npm install --silent --no-audit --no-fund --prefix .venv/azurite azurite

golden: $(READY) ## Rewrite the expected files of the fixtures; read their diff like code.
	$(BIN)/pytest -q -n 2 tests/test_fixtures.py --update-golden
	git diff --stat -- fixtures

bench: $(BENCH_READY) ## Measure flowc beside Metaflow.
	$(BENCH_BIN)/python -m bench --check

clean: ## Remove everything that was set up or built.
	rm -rf .venv .venv-bench build dist .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

$(BENCH_READY): pyproject.toml
	$(PYTHON) -m venv .venv-bench
	$(BENCH_BIN)/python -m pip install --quiet --upgrade pip
	$(BENCH_BIN)/python -m pip install --quiet --editable . --group bench
	@touch $@
