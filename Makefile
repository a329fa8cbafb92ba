# `make` sets up and runs the main job; `make test` sets up and runs the tests; `make help` lists all.

PYTHON ?= python3
CONFIG ?= config/config.yaml
SNAKEMAKE = .venv/bin/snakemake --configfile $(CONFIG) $(FLAGS)
$(if $(wildcard $(CONFIG)),,$(error CONFIG: there is no file $(CONFIG)))
STUDY = $(shell sed -n 's/^study: *["'"'"']*\([a-z0-9-]*\).*/\1/p' $(CONFIG))

.PHONY: all plan claims verify help setup readable page test soak soak-files soak-slurm report docs bench bench-surfaces bench-mining bench-valleys bench-spinglass bench-samples bench-trajectories bench-normalisations bench-images bench-page clean

all: readable ## set up, and run the study; another one: make CONFIG=config/studies/tiny.yaml
	$(SNAKEMAKE)
	@echo; cd results/$(STUDY) && cat summary.txt samples_needed.txt 2>/dev/null; \
		found=$$(ls *.txt | grep -v -e summary.txt -e samples_needed.txt); \
		test -z "$$found" || echo "in sentences:" $$found

plan: readable ## say what there is to do and how long it takes, and run nothing
	@$(SNAKEMAKE) --dry-run --quiet

claims: setup ## print the verdicts on the papers' claims, of every study that has been run
	$(if $(wildcard results/*/claims.csv),,$(error there is no results/{study}/claims.csv yet; run a study: make))
	@PYTHONPATH=workflow .venv/bin/python -m prospect.records.claims $(wildcard results/*/claims.csv)

verify: setup ## compare the files of every study with those that its run has written
	$(if $(wildcard results/*/provenance.json),,$(error there is no results/{study}/provenance.json yet; run a study: make))
	@PYTHONPATH=workflow .venv/bin/python -m prospect.records.provenance $(wildcard results/*/provenance.json)

report: readable ## write results/{study}/report.html: all figures and tables with captions
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report results/$(STUDY)/report.html

page: readable ## write results/{study}/atlas.html of what is there now, also while a run is at work
	@PYTHONPATH=workflow .venv/bin/python -m prospect.page.make $(CONFIG)

test: setup ## check format, lint and types, and run the tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow/rules workflow/prospect/systems
	.venv/bin/snakemake --lint
	.venv/bin/mypy
	.venv/bin/pytest -n auto --maxprocesses 4 --dist loadfile

soak: setup ## kill a small study 60 times at random moments; it must end as if nothing had happened (15 min)
	PYTHONPATH=workflow .venv/bin/python tests/kills.py --count 60

soak-files: readable ## damage 5,000 files of a copy of the study; each must be found (2 min)
	$(SNAKEMAKE)
	PYTHONPATH=workflow .venv/bin/python tests/damage.py results/$(STUDY) --count 5000

soak-slurm: setup ## end jobs and nodes of a real SLURM cluster in the middle of a study (10 min)
	.venv/bin/pytest tests/slurm -m soak

docs: setup ## write the tables of README.md and config/README.md, from docs/*.csv and the schemas
	PYTHONPATH=workflow .venv/bin/python docs/write.py

# memory as jobs of the pipeline have it (workflow/rules/common.smk), for every engine
MEASURE = MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TOP_PAD_=100000000 \
	PYTHONPATH=workflow .venv/bin/python

bench: .venv/bench ## measure the evaluator against its peers (15 min)
	$(MEASURE) bench/evaluate.py
	PYTHONPATH=workflow .venv/bin/python bench/memory.py
	$(MAKE) docs

bench-surfaces: .venv/bench all ## measure adaptive surfaces against every point of them (an hour; 5 more where these are missing)
	.venv/bin/snakemake --configfile config/studies/surfaces.yaml --until evaluate_surface
	.venv/bin/snakemake --configfile config/studies/surfaces-small.yaml --until evaluate_surface
	$(MEASURE) bench/surfaces.py
	$(MAKE) docs

bench-mining: setup ## measure how sure mining is, against the published settings (65 min)
	.venv/bin/snakemake --configfile config/studies/mining.yaml
	.venv/bin/snakemake --configfile config/studies/published.yaml
	PYTHONPATH=workflow .venv/bin/python bench/mining.py
	$(MAKE) docs

bench-valleys: setup ## measure whether valleys are flat for signs or for growth (8 min)
	$(MAKE) all CONFIG=config/studies/valleys.yaml
	PYTHONPATH=workflow .venv/bin/python bench/valleys.py
	$(MAKE) docs

bench-spinglass: setup ## measure what of a spin glass the landscape has (9 min)
	$(MAKE) all CONFIG=config/studies/spinglass.yaml
	PYTHONPATH=workflow .venv/bin/python bench/spinglass.py
	$(MAKE) docs

bench-samples: setup ## measure how fast planes settle and how many samples they need (4 min)
	$(MAKE) all CONFIG=config/studies/samples.yaml
	PYTHONPATH=workflow .venv/bin/python bench/samples.py
	$(MAKE) docs

bench-trajectories: setup ## measure how much of a training run one plane shows (2 min)
	$(MAKE) all CONFIG=config/studies/trajectories.yaml
	PYTHONPATH=workflow .venv/bin/python bench/trajectories.py
	$(MAKE) docs

bench-normalisations: setup ## measure what normalisations see of a rescaled network (10 s)
	PYTHONPATH=workflow .venv/bin/python bench/normalisations.py
	$(MAKE) docs

bench-images: setup ## mine networks of the papers on small images: the study small-images
	$(MAKE) all CONFIG=config/studies/small-images.yaml
	PYTHONPATH=workflow .venv/bin/python bench/images.py
	$(MAKE) docs

bench-page: all ## measure the page in a browser: size, time to the first plot (1 min)
	PYTHONPATH=workflow:tests/page .venv/bin/python bench/page.py results/$(STUDY)/atlas.html

clean: ## delete all results
	find results -mindepth 1 -not -name README.md -delete
	rm -rf .snakemake

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 22
	@echo; echo 'Snakemake itself: .venv/bin/snakemake; its own output: make FLAGS=-p'

setup: .venv/ready ## set up .venv

readable: setup
	@PYTHONPATH=workflow .venv/bin/python -m prospect.study.text $(CONFIG)

.venv/ready: envs/requirements.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Prospect needs Python 3.11 or newer with its venv module; '$(PYTHON)' is not that. Install it, or name another: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r envs/requirements.txt
	@touch $@

.venv/bench: envs/bench.txt .venv/ready
	.venv/bin/pip install --quiet --disable-pip-version-check -r envs/requirements.txt -r envs/bench.txt
	@touch $@
