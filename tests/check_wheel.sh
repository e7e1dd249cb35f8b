#!/usr/bin/env bash
# Builds sdist and wheel, installs the wheel into an environment of its own as a stranger would,
# and runs the command far from the checkout. Needs a registry.
set -euo pipefail
builder=$(realpath --no-symlinks "$1")
python=$2
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
"$builder" -m hatchling build -d "$work/dist" >/dev/null
# The sdist alone must give the same wheel.
"$builder" -m pip wheel --quiet --no-deps --no-build-isolation -w "$work/from-sdist" "$work"/dist/*.tar.gz
cmp "$work"/dist/*.whl "$work"/from-sdist/*.whl

"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$work"/dist/*.whl
"$work/venv/bin/pip" check

cd "$work"
"$work/venv/bin/python" - <<'PY'
import adapter
from adapter import terms

assert "site-packages" in adapter.__file__, adapter.__file__
assert terms.root().name == "_mappings", terms.root()
print("installed", adapter.__version__, "mappings", terms.load().digest[:12])
PY
"$work/venv/bin/csfleak" demo
echo "check-wheel: passed"
