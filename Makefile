# Every command of this repository. "make" alone lists them.

PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help demo test check docs setup down bench soak

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /\1,/p' $(MAKEFILE_LIST) | while IFS=, read -r target text; do \
		printf '  make %-7s %s\n' "$$target" "$$text"; done

demo: setup ## Build the lab, deploy the stack on it and prove who reaches whom (root)
	@echo 'demo: building the lab; about 30 s, and 2 min more the first time'
	python -m lab up
	@echo 'demo: deploying the stack; about 4 min, most of it for packages and images on each host'
	ansible-playbook site.yml
	@python -m lab next

test: setup ## Run every test: the checks, the artefact and the stack on the lab (root)
	python scripts/test.py all

check: ## Run the quick tests: lint, sanity and unit (no root, no lab)
	scripts/setup venv
	python scripts/test.py check

docs: ## Build the documents and the reference as one site (no root, no network)
	scripts/setup venv
	scripts/docs

setup: ## Install what these commands need: Debian packages (root) and .venv
	scripts/setup

down: ## Remove the lab and everything it made on this machine (root)
	scripts/setup venv
	python -m lab down

bench: setup ## Measure, on the lab (root); "make bench scale" measures one part
	python benchmarks/run.py $(filter $(BENCHMARKS),$(MAKECMDGOALS))

soak: setup ## Operate and break the lab at random, with checks after each step (root)
	python benchmarks/soak.py $(ARGS)

# The parts of the benchmarks are goals only beside "bench".
BENCHMARKS := stack database balancer path edge verification model gcp audit scale operate run
.PHONY: $(BENCHMARKS)
$(BENCHMARKS):
	@:
