#!/usr/bin/env bash
# make chaos: kill -9 of supervisors, machines and commands at random, and everything that is left looked at from outside.
#
#   scripts/chaos.sh [--seed N] [--kills N] [--seconds N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools

packc=$PWD/.build/release/packc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A server of 300 kB, which boots in about a second without KVM.
cp -r examples/c-static "$work/project"
"$packc" build --quiet --no-oci --project "$work/project" >/dev/null
python3 scripts/chaos.py "$packc" "$work/project/.packc/unikernel" "$@"
