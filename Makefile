# Everything the project does, by name. Where Debian's Python comes without venv, `make test` installs it, and
# `make bench` installs wrk, which only root may. So does `make browser` with Chromium, Node.js and npm, and `make rust-test`
# with OpenSSH and the shells that complete the command line.
TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/e2e-venv
SARIF_SCHEMA := $(TARGET)/browser/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json

.PHONY: test rust-test e2e browser bench bench-peers docs lint

test: rust-test e2e browser

# Unit tests, and a build without the sandbox, which nothing else may depend on.
rust-test:
	@command -v ssh-keygen > /dev/null || { apt-get update && apt-get install -y openssh-client; } || { echo "ssh-keygen is" \
		"missing and could not be installed: install OpenSSH and try again" >&2; exit 1; }
	@for tool in bash zsh fish groff; do command -v $$tool > /dev/null || missing=1; done; test -z "$$missing" || \
		{ apt-get update && apt-get install -y bash zsh fish groff-base; } || { echo "bash, zsh, fish or groff is missing and" \
		"could not be installed: install all four and try again" >&2; exit 1; }
	cargo test --locked
	cargo check --locked --no-default-features --lib --bins

# The built program against the sandbox, moto and ministack, its tables in DuckDB and Spark, which needs Java, and the
# templates in deploy/.
e2e: $(VENV)/ready $(TARGET)/browser/ready
	@command -v java > /dev/null || { apt-get update && apt-get install -y default-jre-headless; } || { echo "java is missing" \
		"and could not be installed: install Java 17 or newer, which Spark runs on, and try again" >&2; exit 1; }
	cargo build --locked
	KMS_AUDIT_BIN=$(abspath $(TARGET))/debug/kms-audit SARIF_SCHEMA=$(abspath $(SARIF_SCHEMA)) \
		$(VENV)/bin/python -m pytest -q tests/e2e

$(VENV)/ready: tests/e2e/requirements.txt
	rm -rf $(VENV)
	python3 -m venv $(VENV) || { apt-get update && apt-get install -y python3-venv && python3 -m venv --clear $(VENV); }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/e2e/requirements.txt
	touch $@

# report.html in Chromium, with what it is driven and examined by from the npm registry.
browser: $(TARGET)/browser/ready
	cargo build --locked
	cd $(TARGET)/browser && KMS_AUDIT_BIN=$(abspath $(TARGET))/debug/kms-audit ESTATES=$(abspath fixtures/estates) npm test

$(TARGET)/browser/ready: $(wildcard tests/browser/*) tests/browser/.npmrc
	@for tool in chromium node npm; do command -v $$tool > /dev/null || missing=1; done; test -z "$$missing" || \
		{ apt-get update && apt-get install -y chromium nodejs npm; } || { echo "chromium, node or npm is missing and" \
		"could not be installed: install Chromium and Node.js 20 and try again" >&2; exit 1; }
	mkdir -p $(TARGET)/browser
	cp tests/browser/*.mjs tests/browser/*.json tests/browser/.npmrc $(TARGET)/browser/
	cd $(TARGET)/browser && npm ci --silent --no-audit --no-fund
	touch $@

# What judging, writing, reading and comparing a million keys costs, and that memory does not follow them; what the
# formats cost; calls, CPU for each call against the SDK alone, peak memory and pacing of one account and of an
# organization; then how much `sandbox serve` answers.
bench:
	@command -v wrk > /dev/null || { apt-get update && apt-get install -y wrk; } || { echo "wrk is missing and could not be" \
		"installed: install it (Debian: apt-get install wrk, macOS: brew install wrk) and try again" >&2; exit 1; }
	cargo bench --locked --no-fail-fast --bench assess --bench formats --bench history --bench organization --bench scan --bench serve

# Beside others: Prowler and Cloud Custodian, each in an environment of its own, on the same keys and buckets.
bench-peers: $(VENV)/ready $(TARGET)/peers/prowler/ready $(TARGET)/peers/custodian/ready
	cargo build --release --locked
	$(VENV)/bin/python benches/peers/compare.py --kms-audit $(abspath $(TARGET))/release/kms-audit \
		--prowler $(abspath $(TARGET))/peers/prowler/bin/prowler --custodian $(abspath $(TARGET))/peers/custodian/bin/custodian

$(TARGET)/peers/%/ready: benches/peers/%.txt
	rm -rf $(@D)
	python3 -m venv $(@D) || { apt-get update && apt-get install -y python3-venv && python3 -m venv --clear $(@D); }
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# The generated parts of docs/ and deploy/.
docs:
	UPDATE_DOCS=1 cargo test --locked --lib -- in_the_documentation template_in_deploy

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
