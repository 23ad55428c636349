#!/usr/bin/env bash
# Every check that needs no running stack. All of them run, then the failed ones are named.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
failed=()
said=$(mktemp)
trap 'rm -f "$said"' EXIT

check() {
  local name=$1
  shift
  echo "== $name"
  "$@" || failed+=("$name")
}

contracts() {
  riskmap feeds check > "$said" || {
    cat "$said"
    return 1
  }
  python scripts/lint_contracts.py
}

compose() {
  # No engine is needed to check the file; it wants its secrets to be set, to anything.
  local variable
  for variable in $(grep -o '\${[A-Z_]*:?' docker-compose.yml | tr -d '${:?' | sort -u); do
    export "$variable=checked"
  done
  if command -v docker-compose > /dev/null; then
    docker-compose -f docker-compose.yml --profile demo config --quiet
  else
    docker compose -f docker-compose.yml --profile demo config --quiet
  fi
}

check "ruff check" ruff check --quiet
check "ruff format" ruff format --quiet --check
check "mypy" mypy --no-error-summary
check "import contracts" lint-imports --no-cache
check "sqlfluff" sqlfluff lint --nocolor --disable-progress-bar --processes 0 dbt/models
check "yamllint" yamllint --strict feeds dbt/models docker-compose.yml
check "feed contracts" contracts
check "docker-compose.yml" compose


if ((${#failed[@]})); then
  echo "lint failed: $(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
echo "lint passed"
