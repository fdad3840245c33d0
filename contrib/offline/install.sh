#!/bin/sh
# Installs licsweep with every optional part from this folder alone, without a network: sh install.sh [FOLDER]
# FOLDER (default: /opt/licsweep) becomes a virtual environment. PYTHON names another interpreter than python3.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-/opt/licsweep}
python=${PYTHON:-python3}
made_for=$(cat "$here/made-for.txt")
here_is=$("$python" -c 'import platform as p, sys; print("Python%d.%d" % sys.version_info[:2], p.system(), p.machine())')
if [ "$here_is" != "$made_for" ]; then
  echo "install.sh: these packages are for $made_for; this is $here_is" >&2
  echo "  try: PYTHON=/path/to/python sh install.sh, or make bundle on a machine like this one" >&2
  exit 2
fi
"$python" -m venv "$folder"
"$folder/bin/python" -m pip --isolated install --quiet --disable-pip-version-check --no-cache-dir \
  --no-index --find-links "$here/wheels" --require-hashes --requirement "$here/requirements.txt"
"$folder/bin/licsweep" --version
