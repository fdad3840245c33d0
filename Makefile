# `make demo` runs the main job on a simulated estate, `make test` the tests; both make their own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where this is set, as in many containers, each of the tests' processes compiles every module anew: two seconds each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check lowest fuzz conformance soak bench docs bundle clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/licsweep demo

test: $(VENV)/installed
	$(BIN)/python -m pytest -n $(or $(WORKERS),auto) --dist loadfile --no-loadscope-reorder

# Other examples of every property, twenty times as many; what it finds becomes a fixture case.
fuzz: $(VENV)/installed
	LICSWEEP_FUZZ=$(or $(TIMES),20) $(BIN)/python -m pytest -n $(or $(WORKERS),auto) tests/reading/test_fuzz.py \
	  tests/reading/test_robust.py tests/judgement/test_search.py tests/judgement/test_properties.py \
	  tests/access/test_property.py

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy licsweep collectors reconcile
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house

conformance: $(VENV)/installed
	@test -n "$(CORPUS)" || { echo "usage: make conformance CORPUS=DIR (DIR/../conformance/check.py is run on it)"; exit 2; }
	$(BIN)/python "$(CORPUS)/../conformance/check.py" --cases "$(CORPUS)" --licsweep "$(BIN)/licsweep"

# The lower bounds of pyproject.toml are true, with the lowest version of each library. The tests are those that go
# through libraries: the demo (Nornir, Netmiko, TextFSM, asyncssh), each documented command (click, rich, Jinja2,
# XlsxWriter, metrics), NetBox, the keyring, spreadsheets, SQLAlchemy and Alembic on both databases.
LOWEST := .venv-lowest
LOWEST_TESTS := $(addprefix tests/,$(addprefix cli/test_,demo.py documented.py export_netbox.py monitor.py verbs.py) \
  estate imports reports store)
lowest: pyproject.toml
	$(PYTHON) -m venv --clear $(LOWEST)
	sed -n '/^dependencies/,/^]/p; /^[a-z-]* = \[".*>=/p' pyproject.toml | sed -E 's/\[[a-z0-9]+\]>/>/g' \
	  | grep -oE '[a-z0-9-]+>=[0-9.]+' | sed 's/>=/==/' > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/pip install --quiet --disable-pip-version-check -c $(LOWEST)/constraints.txt -e '.[all]' \
	  pytest pytest-xdist hypothesis openpyxl
	$(LOWEST)/bin/python -m pytest -n $(or $(WORKERS),auto) --dist loadfile $(LOWEST_TESTS)

# Minutes each, not part of CI; docs/reliability.md and bench/run.py say what they show.
soak: $(VENV)/installed
	$(BIN)/python -m tests.faults.soak $(or $(DEVICES),2000) $(or $(KILLS),10)

bench: $(VENV)/installed
	$(BIN)/python bench/run.py
	$(BIN)/python bench/whole.py
	$(BIN)/python bench/store.py
	$(BIN)/python bench/cluster.py

docs: $(VENV)/installed
	$(BIN)/python docs/generate.py

# An archive that installs without a network, for this machine's Python and platform (docs/how-to/offline-install.md).
bundle: $(VENV)/installed
	rm -rf build
	$(BIN)/python contrib/offline/make_bundle.py dist '.[all]'

clean:
	rm -rf $(VENV) $(LOWEST) build dist *.egg-info
