# The commands of this project. Everything is installed into .venv; nothing outside this folder is touched.
# An installation is repeated only when its list of packages changes. Another Python: make run PYTHON=/path/to/python3

PORT ?= 8501
PYTHON ?=
FILE ?=
VENV := .venv
PY := $(VENV)/bin/python
COMPILE := uv pip compile -q --universal --python-version 3.11 --no-annotate \
	--custom-compile-command "make lock" pyproject.toml

.PHONY: help run upgrade worker test check torture format notebook bench benchformats benchpages benchvendors lock audit clean

help: ## Show these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'

run: ## Start the workbench on http://localhost:8501 (another port: make run PORT=8600)
	@$(call installed,requirements.txt)
	@$(PY) -m erp_core db upgrade
	@$(PY) -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) --server.showEmailPrompt false

upgrade: ## After a new version: install what it needs, back up, migrate, say what was done
	@$(call installed,requirements.txt)
	@$(PY) -m erp_core --version
	@$(PY) -m erp_core db upgrade

worker: ## Run the worker alone: jobs, the watched folder and the nightly backup, without pages
	@$(call installed,requirements.txt)
	@$(PY) -m erp_core worker

test: check ## Everything that CI checks: format, lint, types, architecture, dependencies, tests
	$(PY) -m pytest -n 2 --dist loadfile

check: ## The same without the tests
	@$(call installed,requirements-dev.txt)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m deptry .

torture: ## 10,000 damaged files of every format and 50 kills of every act, instead of the 500 and 6 of make test
	@$(call installed,requirements-dev.txt)
	ERP_FUZZ_COUNT=10000 $(PY) -m pytest -n 2 --dist load tests/properties/test_fuzz_formats.py
	ERP_TORTURE_ROUNDS=50 $(PY) -m pytest -n 2 --dist load tests/faults/test_kills.py

audit: ## Look for known holes in the packages that are used, and for unsafe ways in the code
	@$(call installed,requirements-dev.txt)
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive erp_core ui pages app.py
	$(PY) -m tests.known_holes

format: ## Put the code into shape
	@$(call installed,requirements-dev.txt)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

notebook: ## Open JupyterLab on the same data
	@$(call installed,requirements-notebook.txt)
	@$(PY) -m erp_core db upgrade
	$(PY) -m jupyterlab notebooks

bench: ## Measure the import against pandas: make bench FILE=online_retail.csv.gz
	@test -n "$(FILE)" || { echo "Name the file, UCI Online Retail as CSV: make bench FILE=online_retail.csv.gz" >&2; exit 1; }
	@$(call installed,requirements-dev.txt)
	PYTHONPATH=. $(PY) benchmarks/import_speed.py "$(FILE)"

benchformats: ## Measure 10,000 rows of every format against pandas and the limit of 3 seconds
	@$(call installed,requirements-dev.txt)
	PYTHONPATH=. $(PY) benchmarks/format_speed.py

benchpages: ## Measure every page, on the file and on ten times as much: make benchpages FILE=online_retail.csv.gz
	@test -n "$(FILE)" || { echo "Name the file, UCI Online Retail as CSV: make benchpages FILE=online_retail.csv.gz" >&2; exit 1; }
	@$(call installed,requirements-dev.txt)
	PYTHONPATH=.:benchmarks $(PY) benchmarks/pages.py "$(FILE)"

benchvendors: ## Measure the choice of an ERP: ranks over 100,000 weightings, and a changed weight
	@$(call installed,requirements-dev.txt)
	PYTHONPATH=. $(PY) benchmarks/vendor_choice.py

lock: ## Write requirements*.txt anew from the ranges in pyproject.toml
	@$(call installed,requirements-dev.txt)
	$(PY) -m pip install --quiet uv
	$(PY) -m $(COMPILE) -o requirements.txt
	$(PY) -m $(COMPILE) --constraint requirements.txt --group dev -o requirements-dev.txt
	$(PY) -m $(COMPILE) --constraint requirements-dev.txt --group notebook -o requirements-notebook.txt

clean: ## Remove the environment and the caches; your data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# $(call installed,LIST): the environment exists, runs, and holds what LIST names.
define installed
	list=$(1); stamp=$(VENV)/$$list.installed; want=$$(cksum < $$list); \
	if $(PY) -c '' 2>/dev/null && [ "$$(cat $$stamp 2>/dev/null)" = "$$want" ]; then exit 0; fi; \
	if ! $(PY) -c '' 2>/dev/null; then \
		fits='import ensurepip, sqlite3, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
		for found in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python ""; do \
			if [ -n "$$found" ] && "$$found" -c "$$fits" >/dev/null 2>&1; then break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "No Python 3.11, 3.12 or 3.13 that can make environments was found." >&2; \
			echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make $@ PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		echo "Making the environment $(VENV) with $$("$$found" --version)"; \
		"$$found" -m venv --clear $(VENV) || exit 1; \
	fi; \
	echo "Installing $$list into $(VENV)"; \
	$(PY) -m pip install --quiet --disable-pip-version-check -r $$list && echo "$$want" > $$stamp
endef
