# Two commands do everything on a fresh machine with Python 3.11, git and make:
#   make run     set up, get the data, run the main study to its leaderboard
#   make test    set up, get the data, run the tests

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
STUDY  ?= studies/ganhacks.yaml

.PHONY: run server test slow lint audit format setup data lock schema gallery screenshots clean

run: data
	$(BIN)/python -m ablations run $(STUDY)

test: data
	$(BIN)/python -m pytest -n 2 --dist loadfile

slow: data
	$(BIN)/python -m pytest -m "slow or server"

# a team's server on this machine, without Docker; `python -m ablations server --help` has its options
server: setup
	$(BIN)/python -m ablations server

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Known weaknesses of the pinned versions; without a network it says that nothing was audited
audit: setup
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[audit]"
	$(BIN)/python .ci/audit.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup: $(READY)

data: setup
	$(BIN)/python -m ablations data fetch fashion-mnist

# constraints.txt pins every version, so that the set-up comes out the same
$(READY): pyproject.toml constraints.txt gan_core/requirements.txt ablations/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

# After a change of settings, tricks or designs: what editors know of study files
schema: setup
	$(BIN)/python -m ablations schema --out docs/study.schema.json

# After a change of dependencies: install what is newest, test it, then write down what it was
lock: setup
	$(BIN)/python -m pip freeze --exclude-editable --all | grep -v -E '^(pip|setuptools)==' > constraints.txt

# The pictures of docs/gallery.md; PHOTOS is any folder of colour photographs
gallery: data
	$(BIN)/python docs/make_gallery.py --photos $(PHOTOS)

# The pictures of docs/mlflow.md, of the main study when it has been run; Chromium and its driver must be there
screenshots: setup
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	$(BIN)/python docs/make_screenshots.py ganhacks --out docs/screenshots

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
