# SOP Desk. `make help` lists the commands.
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# With nobody to look, what runs on real time (a browser, a local AWS) may be tried twice more; the report names what needed it.
AGAIN := $(if $(CI),--reruns 2 -r R)
# Most of them wait for one processor, and none for another test. The browser's tests and the crashes share a machine badly.
SHARED := -n 2 --dist loadgroup
LOCKS := uv runtime dev ministack sam lambda bench gates
READY := .venv/.ready .tools/ministack/.ready .tools/sam/.ready .tools/lambda/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo serve pilot test lint types imports template workflows unit artefact integration crash load e2e pictures walk bench build release manifest replay audit lock clean

help:  ## this list
	@awk -F ':[^#]*## ' '/^[a-z0-9]+:[^#]*## / { printf "%-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## everything that the commands, the tests and the linters need

.venv/.ready: requirements/uv.txt requirements/dev.txt infra/setup.sh
	@sh infra/setup.sh venv
	@touch $@

.tools/%/.ready: requirements/%.txt .venv/.ready
	@sh infra/setup.sh tool $*
	@touch $@

# `exec`: a signal to make must reach the program, and make must wait for its end, not for a shell's.
demo: $(READY)  ## the whole app on this machine with sample data, in the browser (PORT=8000)
	@exec $(PYTHON) -m infra.local demo $(if $(PORT),--port $(PORT))

serve: $(READY)  ## the app without our workspace: PORT= SLACK_API_URL= SETTINGS=people.yaml SHEET=workbook.xlsx
	@exec $(PYTHON) -m infra.local serve $(if $(PORT),--port $(PORT)) $(if $(SLACK_API_URL),--slack-api-url "$(SLACK_API_URL)") \
		$(if $(SETTINGS),--settings "$(SETTINGS)") $(if $(SHEET),--sheet "$(SHEET)") $(if $(STATE),--state "$(STATE)")

pilot: $(READY)  ## the app in a real Slack workspace, without AWS: SLACK_BOT_TOKEN= SLACK_APP_TOKEN= SETTINGS=people.yaml
	@exec $(PYTHON) -m infra.local pilot $(if $(SETTINGS),--settings "$(SETTINGS)") $(if $(SHEET),--sheet "$(SHEET)") \
		$(if $(STATE),--state "$(STATE)")

test: lint types imports template workflows unit artefact integration crash e2e  ## every gate and every test

lint: .venv/.ready  ## ruff: style and format
	@echo "lint: ruff"
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .

types: .venv/.ready  ## mypy, strict
	@echo "types: mypy"
	@.venv/bin/mypy

imports: .venv/.ready  ## the layers keep their direction
	@echo "imports: import-linter"
	@PYTHONPATH=.:layers/shared .venv/bin/lint-imports --no-cache

# W2001: what the transform has used up, the translated template names no more.
template: .venv/.ready .tools/sam/.ready .tools/gates/.ready  ## sam validate, cfn-lint with the serverless rules, checkov; as written and as translated
	@echo "template: sam validate, cfn-lint, checkov"
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .tools/sam/bin/sam validate --lint
	@.tools/gates/bin/cfn-lint -a cfn_lint_serverless.rules -- template.yaml infra/operations.yaml
	@for environment in dev prod; do .tools/sam/bin/python infra/translate.py build $$environment template.yaml || exit; done
	@.tools/gates/bin/cfn-lint --ignore-checks W2001 W3011 -- build/template-dev.json build/template-prod.json
	@.tools/gates/bin/checkov -f template.yaml infra/operations.yaml build/template-prod.json

workflows: .tools/gates/.ready  ## the public repository's workflows: GitHub's schema, and zizmor for what is unsafe
	@echo "workflows: check-jsonschema, zizmor"
	@.tools/gates/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.tools/gates/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@.tools/gates/bin/zizmor --offline --quiet .github

unit: $(READY)  ## unit, property and conformance tests
	@$(PYTEST) $(SHARED) tests/unit tests/property tests/conformance

artefact: $(READY)  ## the built functions started as Lambda starts them, the build for AWS; sizes and starts
	@$(PYTEST) tests/artefact

integration: $(READY)  ## tests against the template deployed to the local AWS
	@$(PYTEST) $(SHARED) $(AGAIN) tests/integration

crash: $(READY)  ## the app killed before and after all that it changes, one at a time: nothing lost, nothing doubled (FLOW="open a case")
	@echo "crash: every change of every flow"
	@exec env PYTHONPATH=.:layers/shared $(PYTHON) -m tests.crash $(if $(FLOW),"$(FLOW)")

load: $(READY)  ## fifty agents at once for two minutes: SECONDS= AGENTS= for less, BURST= for more; figures in .local/load.json
	@exec env PYTHONPATH=.:layers/shared $(PYTHON) -m tests.load $(if $(AGENTS),--agents $(AGENTS)) $(if $(BURST),--burst $(BURST)) \
		$(if $(SECONDS),--seconds $(SECONDS)) --json .local/load.json

e2e: $(READY)  ## a person's way through the app, in a real browser
	@$(PYTHON) -m infra.local browser
	@$(PYTEST) $(AGAIN) tests/e2e

pictures: $(READY)  ## the pictures in the documents, taken anew by the browser tests
	@$(PYTHON) -m infra.local browser
	@$(PYTEST) tests/e2e --screenshots docs/images

walk: $(READY)  ## a newcomer's way through the README, timed: its own commands in a fresh clone (ALL=yes: make test too)
	@$(PYTHON) -m tests.walk $(if $(ALL),--all)

bench: $(READY) .tools/bench/.ready  ## measure the bars of the design
	@PYTHONPATH=.:layers/shared $(PYTHON) -m tests.bench

build: $(READY)  ## the artefact for AWS: arm64, Lambda's Python
	@sh infra/build.sh aws

release: build  ## what a release carries: the artefact as an archive, its section of the changelog (VERSION=1.2.0)
	@$(PYTHON) -m infra.release "$(VERSION)"

manifest: .venv/.ready  ## the Slack app manifest, ready to paste: URL=https://…/slack/events, or PILOT=yes
	@$(PYTHON) -m infra.local manifest "$(if $(PILOT),--socket-mode,$(URL))"

replay: .venv/.ready  ## what is dead in a deployed stack (deliveries, dead letters) tried again, once it is mended: STACK=sop-desk
	@$(PYTHON) -m infra.replay $(if $(STACK),--stack "$(STACK)")

audit: .venv/.ready  ## the pinned packages held against the known faults of OSV; without a network: ADVISORIES=<OSV's export for PyPI>
	@$(PYTHON) -m infra.audit $(if $(ADVISORIES),--advisories "$(ADVISORIES)")

lock: .venv/.ready  ## choose the newest versions again and pin them with hashes, without index addresses
	@for name in $(LOCKS); do cd requirements && ../.venv/bin/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$(sed -n 's/^# uv: //p' $$name.in) \
		$$name.in -o $$name.txt; cd ..; done

clean:  ## remove what was built and what the local run kept
	rm -rf .local .aws-sam build .mypy_cache .ruff_cache .pytest_cache .hypothesis
