# make demo   sets everything up and runs the platform with demonstration data at http://127.0.0.1:8000
# make test   sets everything up and passes the tests
# make check  what CI runs: format, lint, types, layers, tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: bench-search bench-bids bench-watchers faults-auction demo test check lint format browser clean

demo: $(INSTALLED)
	@$(BIN)/trading demo

test: $(INSTALLED) browser
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: lint test

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# make bench-bids  decisions a second, beside what the same machine does otherwise; ARGS="--seconds 10" for longer runs
bench-bids: $(INSTALLED)
	@$(BIN)/python -m tests.load.bench_bids $(ARGS)

# make bench-watchers  how soon thousands of watchers of one lot are told; ARGS="--watchers 2000" for fewer
bench-watchers: $(INSTALLED)
	@$(BIN)/python -m tests.load.bench_watchers $(ARGS)

# make bench-search  how long a search takes among 100,000 announcements; ARGS="--announcements 10000" for fewer
bench-search: $(INSTALLED)
	@$(BIN)/python -m tests.load.bench_search $(ARGS)

# make faults-auction  kills, bad lines and clock steps; ARGS="--kills 100" for a longer one
faults-auction: $(INSTALLED)
	@$(BIN)/python -m tests.faults.auction_faults $(ARGS)

browser:
	@sh tools/need-chromium.sh

$(INSTALLED): pyproject.toml constraints.txt hatch_build.py frontend/package.json frontend/package-lock.json
	@PYTHON="$(PYTHON)" sh tools/install.sh $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
