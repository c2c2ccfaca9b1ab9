## PYTHON=python3.13  another Python      ARGS="--seed 7"  passed on to the command      RUNS="a b"  runs to report on or compare

# Every command runs in the virtual environment of PYTHON, which scripts/environment.py makes on first use: of two parts,
# the second only for those who work on the suite. -E and -s: that Python is to hear nothing of PYTHONPATH and its like.
PYTHON ?= python3
ARGS ?=
RUNS ?=
HOSTS ?=
HOSTFILE ?=
SCHEDULER ?=
here := $(dir $(lastword $(MAKEFILE_LIST)))
in_environment := $(PYTHON) -E -s "$(here)scripts/environment.py"
with_tools := cd "$(here)" && $(PYTHON) -E -s scripts/environment.py --dev

.DEFAULT_GOAL := help
.PHONY: bench full quick verify report compare site fleet doctor selftest list test test-long lint lock clean help

bench:   ## measure the default grid (at most 10 minutes), write the report, print the card
	@$(in_environment) -m bench run $(ARGS)

full:    ## the whole grid, in at most 45 minutes
	@$(in_environment) -m bench run --preset full $(ARGS)

quick:   ## the same path in at most a minute: figures, no verdicts
	@$(in_environment) -m bench run --preset quick $(ARGS)

verify:  ## prove that every cell does the same work; times nothing
	@$(in_environment) -m bench verify $(ARGS)

report:  ## render reports again; measures nothing
	@$(in_environment) -m bench report $(RUNS) $(ARGS)

compare: ## put runs side by side (RUNS="a b"): machines, interpreters or dates
	@$(in_environment) -m bench compare $(RUNS) $(ARGS)

site:    ## gallery, comparisons and docs as one static folder, for any web host (ARGS="FOLDER")
	$(with_tools) scripts/site.py $(ARGS)

fleet:   ## measure many machines over SSH (HOSTS="a b", HOSTFILE=file or SCHEDULER=tls://...): docs/fleet.md
	@$(PYTHON) -E -s "$(here)scripts/environment.py" --fleet -m bench fleet --hosts "$(HOSTS)" --hostfile "$(HOSTFILE)" --scheduler "$(SCHEDULER)" $(ARGS)

doctor:  ## what about this machine would spoil or limit a run, and what to do; changes nothing
	@$(in_environment) -m bench doctor $(ARGS)

selftest: ## let the suite judge itself: false alarms, detection, coverage, agreement, pyperf (20 minutes)
	@$(in_environment) -m scripts.selftest $(ARGS)

list:    ## workloads and models: what can run here, and if not, why
	@$(in_environment) -m bench list $(ARGS)

test:    ## run the tests, some files at a time
	$(with_tools) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

test-long: ## the tests that take minutes each: more mutants, more runs, more rounds
	$(with_tools) -m pytest -m long --timeout 3600 $(ARGS)

lint:    ## check style, format and types; changes nothing
	$(with_tools) -m ruff check
	$(with_tools) -m ruff format --check
	$(with_tools) -m mypy

# Of locks that are damaged, `git checkout` brings back the last.
lock:    ## resolve pyproject.toml into the locks (ARGS=--upgrade: newest versions)
	$(with_tools) scripts/lock.py $(ARGS)

clean:   ## remove the virtual environments and caches; reports stay
	cd "$(here)" && rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache
	cd "$(here)" && find bench scripts tests -type d -name __pycache__ -prune -exec rm -rf {} +

help:    ## show this
	@awk -F ': *## *' '/^## /{head = substr($$0, 4)} /^[a-z-]+: *## /{printf "make %-9s %s\n", $$1, $$2} \
	  END {print "\n" head}' $(firstword $(MAKEFILE_LIST))
