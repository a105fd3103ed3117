# Short forms of the commands in README.md. `make` lists them.

DATA = data
OUT = my-model
RECIPES = default,textbook,popularity
TESTS = tests

files = --ratings $(DATA)/rating.csv --anime $(DATA)/anime.csv $(addprefix --titles ,$(wildcard $(DATA)/titles.csv))

.PHONY: help install run data train refresh evaluate tune test lint format lock

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16
	@echo 'Variables: DATA=$(DATA) OUT=$(OUT) RECIPES=$(RECIPES) TESTS=$(TESTS)'

install: .venv/installed .venv-dev/installed  ## make both environments: to run and train, and to test

run: .venv/installed  ## start the app (MODEL_DIR=folder: with the model in a folder)
	.venv/bin/python app.py

data: .venv/installed  ## download the ratings from Kaggle into DATA
	.venv/bin/python scripts/download_data.py --out $(DATA)

train: .venv/installed  ## train a model from DATA into OUT
	.venv/bin/python scripts/train.py $(files) --out $(OUT)

refresh: .venv/installed  ## add the newest titles to the model in OUT
	.venv/bin/python scripts/refresh.py --model $(OUT)

evaluate: .venv/installed  ## measure RECIPES against each other
	.venv/bin/python scripts/evaluate.py $(files) --recipes $(RECIPES) --out report

tune: .venv/installed  ## search better settings of the ranking head
	.venv/bin/python scripts/tune.py $(files) --recipe ranking --out study

test: .venv-dev/installed  ## run TESTS
	.venv-dev/bin/python -m pytest -n 2 $(TESTS)

lint: .venv-dev/installed  ## check style, types, the order of the packages and security
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .
	.venv-dev/bin/mypy
	.venv-dev/bin/lint-imports
	.venv-dev/bin/bandit -q -c pyproject.toml -r app.py core scripts

format: .venv-dev/installed  ## put the code in its standard form
	.venv-dev/bin/ruff format .

lock: .venv-dev/bin/uv  ## write requirements.lock anew from the requirements files
	.venv-dev/bin/uv pip compile --quiet --system-certs --no-config --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command 'make lock' --output-file requirements.lock requirements-dev.txt

.venv-dev/bin/uv:
	python3 -m venv .venv-dev
	.venv-dev/bin/pip install $$(grep '^uv==' requirements-dev.txt)

.venv/installed: requirements.txt requirements-train.txt
	python3 -m venv .venv
	.venv/bin/pip install -r requirements-train.txt
	touch $@

.venv-dev/installed: requirements.txt requirements-train.txt requirements-dev.txt
	python3 -m venv .venv-dev
	.venv-dev/bin/pip install -r requirements-dev.txt
	touch $@
