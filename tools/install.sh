#!/bin/sh
# Installs the platform and what its tests need into a virtual environment of its own: install.sh FOLDER
set -eu
folder=$1
python=${PYTHON:-python3}

fail() { echo "$*" >&2; exit 1; }

command -v "$python" >/dev/null || fail "Python 3.11 or newer is needed (command '$python' was not found)."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; '$python' is older."

echo "[1/3] A virtual environment in $folder"
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "Python's venv module is missing. On Debian: sudo apt-get install python3-venv"
    apt-get update -qq
    apt-get install -y -qq python3-venv
fi
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"

echo "[2/3] The installer"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check 'pip>=25.1'

echo "[3/3] The platform with its libraries and front-end files (the first time this takes a minute or two)"
"$folder/bin/python" -m pip install --disable-pip-version-check --progress-bar on --constraint constraints.txt --group dev --editable . |
    awk '/^(Collecting|Downloading|Installing|Building|Preparing)/ { count += 1; printf "\r      %d steps: %-60.60s", count, $0; fflush() } END { printf "\r%-80s\r", "" }'
"$folder/bin/trading" --help >/dev/null || fail "The installation did not succeed; run it by hand to see why: $folder/bin/python -m pip install -c constraints.txt --group dev -e ."
echo "      installed"
