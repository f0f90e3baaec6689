#!/bin/sh
# Builds the agent's wheel, hydrofleet_pi-VERSION-py3-none-any.whl, into a folder:
#   deploy/pi/build-wheel.sh FOLDER [PYTHON]
# More words go to pip, e.g. --no-build-isolation where setuptools is installed and there is no network.
set -eu

folder=$1
python=${2:-python3}
[ $# -gt 2 ] && shift 2 || shift $#
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf -- "$build"' EXIT
cp -- "$source/deploy/pi/pyproject.toml" "$build/"
cp -R -- "$source/pi_reader" "$build/"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$folder" "$@" "$build"
