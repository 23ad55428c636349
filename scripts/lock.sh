#!/usr/bin/env bash
# Renews requirements/*.txt from the .in files: one lock for every platform and Python we support, with hashes, and
# without a word about where packages come from (that is the installing machine's business).
set -euo pipefail
cd "$(dirname "$0")/../requirements"

lock() {
  ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links "$@"
}

lock --upgrade bootstrap.in -o bootstrap.txt
lock --upgrade dev.in -o dev.txt
# In the versions of dev.txt, so that what was tested is what runs.
lock --upgrade run.in -c dev.txt -o run.txt
