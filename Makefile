# Every target sets up what it needs. `make grade` and `make test` are all that a fresh machine needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
RUBRIC ?= rubrics/convnets_hw3.yaml

.PHONY: grade test lint format truth doctor clean sandbox

grade: $(READY) sandbox  ## grade the sample class and show the result
	@$(BIN)/autograder grade $(RUBRIC) submissions/$(basename $(notdir $(RUBRIC))) \
	  -o results/$(basename $(notdir $(RUBRIC))) --workers $(WORKERS) || test $$? -eq 1

test: $(READY) sandbox  ## everything CI runs
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(READY)  ## style, types, rubrics
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@for rubric in rubrics/*.yaml; do $(BIN)/autograder lint $$rubric || exit 1; done

format: $(READY)
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

truth: $(READY)  ## compute the ground truth again
	$(BIN)/autograder truth $(RUBRIC)

doctor: $(READY) sandbox  ## what works on this machine
	$(BIN)/autograder doctor

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[torch,dev]"
	@touch $@

# bubblewrap comes from the system's packages: installed where we may, named where we may not
sandbox:
	@command -v bwrap >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing bubblewrap"; \
	    { apt-get install -y -qq bubblewrap || { apt-get update -qq && apt-get install -y -qq bubblewrap; }; } >/dev/null 2>&1 \
	      || { echo "bubblewrap could not be installed; try: apt-get install bubblewrap"; exit 1; }; \
	  else echo "bubblewrap is missing; install it: sudo apt-get install bubblewrap"; exit 1; fi; }

clean:
	rm -rf $(VENV) results build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
