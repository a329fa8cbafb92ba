# `make` sets up and runs the main job; `make test` sets up and runs the tests.
# Another study: make CONFIG=config/studies/tiny.yaml
# How many jobs it has and how long they take: make plan
# Snakemake's own output: make FLAGS=-p

PYTHON ?= python3
CONFIG ?= config/config.yaml
SNAKEMAKE = .venv/bin/snakemake --configfile $(CONFIG) $(FLAGS)
$(if $(wildcard $(CONFIG)),,$(error CONFIG: there is no file $(CONFIG)))
STUDY = $(shell sed -n 's/^study: *["'"'"']*\([a-z0-9-]*\).*/\1/p' $(CONFIG))

.PHONY: all plan setup test report bench bench-mining clean

all: setup
	$(SNAKEMAKE)
	@echo; cat results/$(STUDY)/summary.txt
	@cat results/$(STUDY)/mining.txt results/$(STUDY)/findings.txt 2>/dev/null || true

plan: setup
	@$(SNAKEMAKE) --dry-run --quiet

setup: .venv/ready

.venv/ready: envs/requirements.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Prospect needs Python 3.11 or newer with its venv module; '$(PYTHON)' is not that. Install it, or name another: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r envs/requirements.txt
	@touch $@

test: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow/rules
	.venv/bin/snakemake --lint
	.venv/bin/pytest

report: setup
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report results/$(STUDY)/report.html

# memory as jobs of the pipeline have it (workflow/rules/common.smk), for every engine
bench: .venv/bench all
	MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TOP_PAD_=100000000 \
		PYTHONPATH=workflow .venv/bin/python bench/evaluate.py
	PYTHONPATH=workflow .venv/bin/python bench/memory.py

bench-mining: setup
	.venv/bin/snakemake --configfile config/studies/mining.yaml
	.venv/bin/snakemake --configfile config/studies/published.yaml
	PYTHONPATH=workflow .venv/bin/python bench/mining.py

.venv/bench: envs/bench.txt .venv/ready
	.venv/bin/pip install --quiet --disable-pip-version-check -r envs/requirements.txt -r envs/bench.txt
	@touch $@

clean:
	find results -mindepth 1 -not -name README.md -delete
	rm -rf .snakemake
