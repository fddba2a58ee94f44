#!/usr/bin/env bash
# Runs the tutorial of docs/pack-authors.md as it is written, in an empty directory, with the packc that was built:
# files are written, commands are run, and what is shown is compared with what they print.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools
packc=$(realpath "${PACKC:-.build/release/packc}")

work=$(mktemp -d "${TMPDIR:-/tmp}/packc-tutorial.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/empty"
env -i HOME="$work" XDG_CACHE_HOME="$work/cache" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config" \
  PATH="$(dirname "$packc"):$PATH" LANG=C.UTF-8 NO_COLOR=1 \
  python3 scripts/tutorial.py docs/pack-authors.md "$work/empty"
