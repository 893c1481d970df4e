#!/usr/bin/env bash
# Writes requirements.lock (what a desk runs on, PostgreSQL driver included) and requirements-dev.lock (the same versions and
# what developers need). Both hold names, versions and digests, for every platform and Python from 3.11 on, and no addresses.
#
#   scripts/lock.sh                       keeps the locked versions that still fit pyproject.toml
#   scripts/lock.sh --upgrade             takes the newest versions that fit
#   scripts/lock.sh --upgrade-package X   takes the newest X
#
# Needs uv: `.venv/bin/python -m pip install uv`.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv) || {
  echo "lock.sh: uv is not installed; run: .venv/bin/python -m pip install uv" >&2
  exit 1
}

compile() {
  # Only wheels: what is locked can be installed without running anyone's build script.
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
    --annotation-style line --custom-compile-command scripts/lock.sh --no-emit-index-url --no-emit-find-links "$@" >/dev/null
}

compile pyproject.toml --extra postgres --group build --output-file requirements.lock "$@"
compile pyproject.toml --extra postgres --group build --group dev -c requirements.lock --output-file requirements-dev.lock "$@"

if grep -nE '://|file:|/(home|root|work|tmp)/' requirements.lock requirements-dev.lock; then
  echo "lock.sh: a lock holds an address or a path of this machine (above); do not commit it." >&2
  exit 1
fi
grep -cE '^[a-z0-9].*==' requirements.lock requirements-dev.lock | sed 's/:/: /; s/$/ packages/'
