#!/usr/bin/env bash
# make build: release builds, product by product, with --static-swift-stdlib, by which they start almost twice as fast;
# and the guest's init, which takes neither SwiftPM nor glibc. `build.sh test`: the tests, and packc without optimization,
# in half of the time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" = test ]; then
  swift build --build-tests -debug-info-format none
  scripts/build-guest-init.sh
  scripts/build-go-facts.sh
  # It is one file for both, and packc looks for it beside itself.
  for init in .build/release/guest-init .build/release/guest-init-arm64; do
    if [ -e "$init" ]; then cp -p "$init" .build/debug/; else rm -f ".build/debug/${init##*/}"; fi
  done
  exit
fi

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
scripts/build-guest-init.sh
scripts/build-go-facts.sh
