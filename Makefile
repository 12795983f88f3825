# Every target sets up what it needs; a machine with Python 3.11 or later is enough.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH_BIN := .venv-bench/bin
BENCH_READY := .venv-bench/.ready
ASL := .venv/asl
ASL_READY := $(ASL)/.ready
AIRFLOW_READY := $(patsubst tests/airflow/requirements/%.txt,.venv/airflow/%/.ready,$(wildcard tests/airflow/requirements/*.txt))
KUBEFLOW := .venv/kubeflow
KUBEFLOW_READY := $(KUBEFLOW)/.ready
DEMO := fixtures/flows/train/flow.py

# What holds each target to its engine; `make engines TARGET=argo` runs that target's only.
TARGET ?= argo step-functions airflow kubeflow
ENGINE_argo := tests/test_fixtures.py tests/argo tests/property
ENGINE_step-functions := tests/step_functions $(wildcard tests/deploy)
ENGINE_airflow := tests/airflow $(wildcard tests/airflow_deploy)
ENGINE_kubeflow := tests/kubeflow

.PHONY: help demo test pythons check engines asl airflow kubeflow azurite golden pictures bench clean

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

engines: $(READY) $(if $(filter step-functions,$(TARGET)),$(ASL_READY)) $(if $(filter airflow,$(TARGET)),$(AIRFLOW_READY)) $(if $(filter kubeflow,$(TARGET)),$(KUBEFLOW_READY)) ## Run flows on the engines at hand, or on that of TARGET.
	FLOWC_ENGINES=1 $(BIN)/pytest -q -n 2 --dist loadfile $(foreach target,$(TARGET),$(or $(ENGINE_$(target)),$(error there is no engine for $(target))))

asl: $(ASL_READY) ## Install what checks state machines, by npm, for the tests that ask for it.

airflow: $(AIRFLOW_READY) ## Install the Airflows that the Airflow target is held to, for the tests that ask for them.

kubeflow: $(KUBEFLOW_READY) ## Install the Kubeflow Pipelines that its target is held to, for the tests that ask for it.

azurite: $(READY) ## Install a server of Azure's protocol, by npm, for the tests that ask for it.
	npm install --silent --no-audit --no-fund --prefix .venv/azurite azurite

golden: $(READY) ## Rewrite the expected files of the fixtures; read their diff like code.
	$(BIN)/pytest -q -n 2 tests/test_fixtures.py tests/step_functions/test_definitions.py tests/airflow/test_dags.py tests/kubeflow/test_pipelines.py --update-golden
	git diff --stat -- fixtures

pictures: $(AIRFLOW_READY) ## Take the pictures of docs again, with Debian's Chromium.
	@command -v chromedriver >/dev/null || apt-get install --yes --no-install-recommends chromium chromium-driver
	$(BIN)/python -m pip install --quiet --group pictures
	PYTHONPATH=tests $(BIN)/python tests/airflow/pictures.py

bench: $(BENCH_READY) ## Measure flowc beside Metaflow.
	$(BENCH_BIN)/python -m bench --check

clean: ## Remove everything that was set up or built.
	rm -rf .venv .venv-bench build dist .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

# Step Functions evaluates JSONata as of 2.0.6:
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
$(ASL_READY): $(READY)
	npm install --silent --no-audit --no-fund --prefix $(ASL) asl-validator@4.0.0 jsonata@2.0.6
	@touch $@

$(AIRFLOW_READY): .venv/airflow/%/.ready: tests/airflow/requirements/%.txt | $(READY)
	$(BIN)/python tests/airflow/environments.py $*

# The marker holds what is installed. kfp is not yet tried under later versions of Python.
$(KUBEFLOW_READY): tests/kubeflow/requirements.txt | $(READY)
	$(BIN)/uv venv --quiet --clear --python '>=3.11,<3.14' $(KUBEFLOW)
	$(BIN)/uv pip install --quiet --python $(KUBEFLOW)/bin/python --requirement $<
	@cp $< $@

$(BENCH_READY): pyproject.toml
	$(PYTHON) -m venv .venv-bench
	$(BENCH_BIN)/python -m pip install --quiet --upgrade pip
	$(BENCH_BIN)/python -m pip install --quiet --editable . --group bench
	@touch $@
