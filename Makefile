# Regulars: every verb of daily work. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# One environment per content of the lock and of the project file: a changed lock is installed, an unchanged one is not looked at again.
INSTALLED := .venv/installed-$(shell cat requirements.lock pyproject.toml | cksum | tr ' ' '-')

.PHONY: help setup jvm run down test check format lint requirements contracts migrate simulate mutants chaos chaos-smoke kills soak history model bytefuzz fuzz fuzz-smoke rebuilds replays bench benchimport benchanalyses benchlists supply trust canaries complaints workingtime replay

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run takes: ONCE=1 (summary, then end)  SEED=n (other dealers)  DATA=<file> (your trade)  KAFKA=no  FRESH=1 (drop the data)  SECURED=1 (Kafka asks who one is)"

setup: $(INSTALLED) ## make .venv from the hash-pinned lock

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Regulars needs Python 3.11 or newer; name one with PYTHON=<path>")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f .venv/installed-*
	@touch $@

jvm: setup ## find a JVM of 17 or newer, else install the one of requirements-jvm.lock
	@$(BIN)/python -m deploy.local.jvm

run: setup ## PostgreSQL, Kafka, four services, two years of trade, the first warnings
	@exec $(BIN)/regulars up

down: setup ## stop what a run that was killed has left behind
	@$(BIN)/regulars down

test: lint jvm ## everything: lint, types, import rules, then every test
	$(BIN)/pytest

check: lint ## under a minute: lint, types, import rules, unit and architecture tests
	$(BIN)/pytest tests/architecture tests/contract/schemas tests/unit

lint: setup ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## rewrite the code in the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

simulate: setup ## schedules of the deterministic simulation: SCHEDULES=100000, FIRST=0 (the first seed), SECONDS=<limit>
	$(BIN)/python -m tests.chaos.simulation --schedules $(or $(SCHEDULES),100000) --first $(or $(FIRST),0) $(if $(SECONDS),--seconds $(SECONDS))

mutants: setup ## seeded bugs, each in a copy of the code: the tests must find every one of them; ONLY=<number>,...
	$(BIN)/python -m tests.chaos.mutants $(if $(ONLY),--only $(ONLY))

chaos: setup jvm ## faults under load, checked after each (build/chaos.json): SCENARIO=C3,C7 RUNS=20 SEED=1 SECONDS=60 RATE=100
	$(BIN)/python -m tests.chaos $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE))

chaos-smoke: setup jvm ## some of these faults in about three minutes
	$(BIN)/python -m tests.chaos --smoke

kills: setup jvm ## random processes killed under load, checked every fifty: KILLS=1000 SEED=1 SECONDS=n
	$(BIN)/python -m tests.chaos.kills $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS))

soak: setup jvm ## a long steady run: memory and file descriptors must not grow: SECONDS=28800 RATE=60
	$(BIN)/python -m tests.chaos.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE)) $(if $(SEED),--seed $(SEED))

history: setup ## what many clients see of streams, checked against the store: OPERATIONS=20000 SECONDS=n SEED=1
	$(BIN)/python -m tests.chaos.history $(if $(OPERATIONS),--operations $(OPERATIONS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

model: setup ## any order of commands, crashes, repeats and rebuilds beside a model of dictionaries: RUNS=250 STEPS=50 SECONDS=n SEED=1
	$(BIN)/python -m tests.chaos.model $(if $(RUNS),--runs $(RUNS)) $(if $(STEPS),--steps $(STEPS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(FIRST),--first $(FIRST))

bytefuzz: setup ## atheris looks for bytes that parsers break on: SECONDS=20 for each, SEED=1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.chaos.bytefuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

fuzz: setup ## schemathesis asks every service as each role (build/schemathesis): REQUESTS=20000 SECONDS=n SEED=1 SERVICE= ROLE=
	@test -x build/fuzzing/bin/python || $(PYTHON) -m venv build/fuzzing
	build/fuzzing/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-schemathesis.lock
	$(BIN)/python -m tests.fuzz $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(SERVICE),--service $(SERVICE)) $(if $(ROLE),--role $(ROLE))

fuzz-smoke: setup ## the same for a minute: complaints as their handler, who may do most of what there is
	@$(MAKE) --no-print-directory fuzz SERVICE=complaints ROLE=complaint_handler SECONDS=$(or $(SECONDS),60)

rebuilds: setup ## read models made anew and swapped under load, then compared byte for byte: RUNS=100 SECONDS=3600 SEED=1
	$(BIN)/python -m tests.chaos.rebuilds $(if $(RUNS),--runs $(RUNS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

replays: setup jvm ## one story judged over both feeds, in batches of one and of thousands, topics up to DELAY=60 seconds late: RUNS=1
	$(BIN)/python -m tests.chaos.replays $(if $(DELAY),--delay $(DELAY)) $(if $(RUNS),--runs $(RUNS))

supply: setup ## what is shipped, with licences (docs/dependencies.md, build/sbom.json), and what is known against it (pip-audit)
	$(BIN)/python -m deploy.supply look

canaries: setup jvm ## every personal value of the tests is a canary: 0 in logs, problems, metrics, spans; TESTS=<paths>
	$(BIN)/python -m pytest -n0 -p tests.canaries $(or $(TESTS),tests/unit tests/integration)

trust: setup jvm ## who may see and do what: all of its tests, with what each part has counted; ONLY=<part>,...
	$(BIN)/python -m tests.trust $(if $(ONLY),--only $(ONLY))

bench: setup jvm ## all bars, each beside a baseline of the same run (build/bench.json): ONLY=3,4 ROUNDS=5 SMALL=1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(BIN)/python -m tests.performance.bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SMALL),--small)

benchimport: setup ## import 100,000 sales into the running installation, beside COPY of the same rows
	$(BIN)/python -m tests.performance.import_sales

benchlists: setup ## pages of lists over 100,000 customers, beside their statements alone; starts a database of its own
	$(BIN)/python -m tests.performance.customer_lists

benchanalyses: setup ## analyses over 1,000,000 customers and 10,000,000 ledger lines, beside queries written by hand; a database of its own
	$(BIN)/python -m tests.performance.analyses

evaluate: setup ## how good the warnings are on public data, beside fixed rules: DATA_DIR=<folder>
	$(BIN)/python -m deploy.evaluate $(DATA_DIR)

complaints: setup ## real complaints through the procedure, deadlines beside another computation: DATA_DIR=<folder>
	$(BIN)/python -m tests.simulation.complaints $(DATA_DIR)

workingtime: setup ## working time against a walk by minutes, in every zone at every change of the clock from 2000 to 2050 (minutes)
	$(BIN)/python -m tests.simulation.every_zone

replay: setup ## every way of reading gives the same alerts, bit for bit: over the running installation, or over DATA_DIR=<folder>
	$(BIN)/python -m deploy.replay $(DATA_DIR)

requirements: setup ## requirement rows with and without a test (from the last test run)
	@$(BIN)/regulars requirements

contracts: setup ## generate schemas/, asyncapi/ and docs/events.md from the event classes, openapi/ from the routes
	@$(BIN)/regulars contracts

migrate: setup ## bring the local database to the newest schema
	@$(BIN)/regulars migrate
