# make demo: colors the line art in eval/examples.
# make .venv/beam: installs Apache Beam, for --runner of data_pipeline.prepare and eval.colorize.
# make web: opens a page in the browser to color on.
# make test: runs all tests. That of the page needs Chromium, which is installed if the system has apt.
# make lint: checks the code's style.
# make train DATA=data/all RUNS=runs: trains the system with the settings of the shipped weights (models/pretrained).
# Each command works right after a clone: it first makes .venv and installs requirements.txt. `train` also needs data.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= data/all
RUNS ?= runs
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo web test lint train

demo: .venv/installed
	$(BIN)/python -m eval.colorize --input eval/examples/drawings --output out/demo --samples 2

web: .venv/web
	$(BIN)/python -m eval.web

test: .venv/web .venv/beam .venv/chromium
	$(BIN)/python -m pytest tests

lint: .venv/installed
	$(BIN)/ruff check .

train: .venv/installed
	$(BIN)/python -m train.low_res_colorizer --data $(DATA) --workdir $(RUNS)/low_res_colorizer \
		--steps 23000 --batch_size 8 --learning_rate 1.5e-3 --seed 1
	$(BIN)/python -m train.background_detector --data $(DATA) --workdir $(RUNS)/background_detector \
		--steps 4000 --background_weight 1.2 --seed 1
	$(BIN)/python -m train.polishing_network --data $(DATA) --workdir $(RUNS)/polishing_network \
		--background_detector $(RUNS)/background_detector --steps 1000 --seed 1

.venv/web .venv/beam: .venv/%: requirements-%.txt .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

.venv/chromium: .venv/installed
	if (command -v chromium || (apt-get update && apt-get install --yes --no-install-recommends chromium)) > $@.log 2>&1; \
		then touch $@; else echo 'Chromium cannot be installed ($@.log says why): its test is skipped'; fi

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@
