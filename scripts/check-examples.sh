#!/usr/bin/env bash
# The examples' own tests, in a copy, with the host's tools: what is shown to strangers must be right by itself.
# (python-notes has its tests, too; they need Flask, and run where packc has built it.)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools

work=$(mktemp -d "${TMPDIR:-/tmp}/packc-examples.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R examples "$work/"
(
  cd "$work/examples/go-hello"
  export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=readonly
  go vet ./...
  go test ./...
)
make --no-print-directory -C "$work/examples/c-static" out/server check
python3 -m py_compile "$work/examples/python-notes/"*.py
echo "examples: good"
