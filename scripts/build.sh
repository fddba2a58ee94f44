#!/usr/bin/env bash
# make build: release builds, product by product: an Embedded target cannot be built with --static-swift-stdlib, and
# the others start almost twice as fast with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

products=(packc packc-packs)
# The benchmark program is built by `make bench` only.
if [ "${1:-}" = bench ] && grep -q 'name: "packc-bench"' Package.swift; then products+=(packc-bench); fi
# Without a run path beside the executable: everything is linked in, and the loader need not look there.
for product in "${products[@]}"; do swift build -c release --disable-local-rpath --product "$product" --static-swift-stdlib; done
swift build -c release --product guest-init
