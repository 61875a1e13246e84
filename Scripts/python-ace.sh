# Sourced with $root set: puts ML-PACE's own evaluator (PyPI's python-ace, academic licence) into the build folder, and names its
# environment $venv; builds what is compared with it.
venv="$root/.build/python-ace"
if ! "$venv/bin/python" -c 'import pyace' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet python-ace==0.4.0rc1 'numpy>=2'
fi
swift build -c release --package-path "$root" --product lacuna >&2
swift build -c release --package-path "$root" --product evaluation-benchmark >&2
