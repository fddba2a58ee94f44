#!/usr/bin/env bash
# make build: release builds, product by product: an Embedded target cannot be built with --static-swift-stdlib, and
# the others start almost twice as fast with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

products=(packc packc-packs)
# The benchmark program is built by `make bench` only.
if [ "${1:-}" = bench ] && grep -q 'name: "packc-bench"' Package.swift; then products+=(packc-bench); fi
# The same bytes from any directory: packc.lock pins the packs by their digest, packc-packs among them. So no debug
# information and no hash of the compilation's inputs; and no run path, since everything is linked in.
flags=(
  --static-swift-stdlib --disable-local-rpath -debug-info-format none -Xlinker -s -Xlinker --build-id=none
  -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
)
for product in "${products[@]}"; do swift build -c release --product "$product" "${flags[@]}"; done
swift build -c release --product guest-init
