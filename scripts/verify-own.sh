#!/usr/bin/env bash
# packc builds a piece of packc: the guest's init, C and Embedded Swift, as a project with a unik.yaml, and verifies that its
# image is the same bytes under all conditions, without help of the sandbox.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packc=$(realpath "${PACKC:-.build/release/packc}")
work=$(mktemp -d "${TMPDIR:-/tmp}/packc-own.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/init/Sources" "$work/init/scripts"
cp -R Sources/CGuest Sources/CGuestWire Sources/GuestCore Sources/guest-init "$work/init/Sources/"
cp scripts/build-guest-init.sh "$work/init/scripts/"
cat >"$work/init/unik.yaml" <<'YAML'
version: 1
name: guest-init
build: {command: scripts/build-guest-init.sh out/guest-init}
artifact: {path: out/guest-init}
YAML
"$packc" verify --strict --no-unikernel --quiet "$work/init"
