#!/usr/bin/env bash
# build-guest-init.sh [OUTPUT]: the guest's init (.build/release/guest-init), Embedded Swift and C in one static file with
# musl, which takes a twentieth of the room that glibc does. Swift Package Manager cannot link with another libc. The
# Swift part sees two headers of ours, which name no type of a libc, so it does not matter which one the compiler knows.
# The bytes lie in every initrd: they depend on the sources and the tools alone, never on the directory.
#
# Where Debian's cross compiler is installed, .build/release/guest-init-arm64 too, for images for linux/arm64. Debian has
# no musl for it that goes beside the host's, so that one has glibc in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
output=${1:-.build/release/guest-init}

for tool in swiftc:swift musl-gcc:musl-tools; do
  command -v "${tool%%:*}" >/dev/null ||
    { echo "build-guest-init: ${tool%%:*} is missing (${tool##*:}); \`make deps\` installs it" >&2; exit 30; }
done
if [ "$output" = .build/release/guest-init ] && [ ! -e .build/release ]; then
  # Where SwiftPM will look for it, too.
  mkdir -p ".build/$(uname -m)-unknown-linux-gnu/release"
  ln -s "$(uname -m)-unknown-linux-gnu/release" .build/release
fi
mkdir -p "$(dirname "$output")"
objects=$(mktemp -d "${TMPDIR:-/tmp}/guest-init.XXXXXX")
trap 'rm -rf "$objects"' EXIT

# build OUTPUT COMPILER [FLAGS OF SWIFTC]: nothing when the file is newer than everything it is made of.
build() {
  local file=$1 compiler=$2 staged
  shift 2
  if [ -x "$file" ] && [ -z "$(find Sources/GuestCore Sources/CGuest Sources/CGuestWire Sources/guest-init \
      scripts/build-guest-init.sh "$(command -v swiftc)" -newer "$file" -print -quit)" ]; then
    return
  fi
  swiftc -c -parse-as-library -swift-version 6 -enable-experimental-feature Embedded -wmo -Osize -gnone \
    -warnings-as-errors -Xfrontend -function-sections -Xfrontend -disable-incremental-llvm-codegen -module-name GuestCore \
    -file-prefix-map "$PWD=." -module-cache-path "$objects/modules" "$@" \
    -I Sources/CGuest/include -I Sources/CGuestWire/include -o "$objects/core.o" Sources/GuestCore/*.swift
  "$compiler" -std=gnu11 -Os -static -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
    -Wall -Wextra -Werror -I Sources/CGuest/include -no-pie -s \
    -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -o "$objects/guest-init" \
    Sources/guest-init/main.c Sources/CGuest/*.c "$objects/core.o"
  # Staged beside its place and renamed: a build that is cut off leaves the old one.
  staged=$(mktemp "$(dirname "$file")/.guest-init.XXXXXX")
  cp "$objects/guest-init" "$staged"
  chmod 755 "$staged"
  mv "$staged" "$file"
}

build "$output" musl-gcc
cross=aarch64-linux-gnu-gcc
# Without its C library's headers and archives the compiler alone is of no use.
if [ "$(uname -m)" != aarch64 ] && command -v "$cross" >/dev/null && [ -e "$("$cross" -print-file-name=libc.a)" ]; then
  build "$output-arm64" "$cross" -target aarch64-none-none-elf
else
  # One that is there would be of other sources.
  rm -f "$output-arm64"
fi
