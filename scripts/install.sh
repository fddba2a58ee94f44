#!/usr/bin/env bash
# make install: a tree that works wherever it is put.
#
#   PREFIX/bin/packc
#   PREFIX/libexec/packc/{packc-packs,guest-init,guest-init-arm64,packs.d/,templates/}     see Sources/PackCore/Host/Installation.swift
#   PREFIX/share/doc/packc/  PREFIX/share/man/man1/
#   PREFIX/share/{bash-completion/completions/packc,zsh/site-functions/_packc,fish/vendor_completions.d/packc.fish}
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
prefix=${DESTDIR:-}${PREFIX:-/usr/local}
# What the tests run may lie elsewhere.
built=${BUILT:-.build/release}

for file in packc packc-packs guest-init; do
  [ -x "$built/$file" ] || { echo "make install: $built/$file is missing; run \`make build\` first" >&2; exit 1; }
done
umask 022
install -D -m 755 "$built/packc" "$prefix/bin/packc"
install -D -m 755 "$built/packc-packs" "$prefix/libexec/packc/packc-packs"
install -D -m 755 "$built/guest-init" "$prefix/libexec/packc/guest-init"
# Built where a cross compiler is; an older version's would be of other sources.
rm -f "$prefix/libexec/packc/guest-init-arm64"
if [ -x "$built/guest-init-arm64" ]; then
  install -D -m 755 "$built/guest-init-arm64" "$prefix/libexec/packc/guest-init-arm64"
fi
# An older version's packs and templates must not stay beside the new ones.
for tree in packs.d templates; do
  rm -rf "${prefix:?}/libexec/packc/$tree"
  find "$tree" -type f -print0 | while IFS= read -r -d '' file; do
    mode=644
    if [ -x "$file" ]; then mode=755; fi
    install -D -m "$mode" "$file" "$prefix/libexec/packc/$file"
  done
done
for file in LICENSE README.md; do
  if [ -f "$file" ]; then install -D -m 644 "$file" "$prefix/share/doc/packc/$file"; fi
done
# What the README links to.
rm -rf "${prefix:?}/share/doc/packc/docs"
find docs -type f -print0 | while IFS= read -r -d '' file; do install -D -m 644 "$file" "$prefix/share/doc/packc/$file"; done
# Of the definitions that are in the program just installed. An older version's pages must not stay beside the new ones.
mkdir -p "$prefix/share/man/man1"
rm -f "$prefix"/share/man/man1/packc.1 "$prefix"/share/man/man1/packc-*.1
"$prefix/bin/packc" man --output "$prefix/share/man/man1" >/dev/null
completion() {
  mkdir -p "$(dirname "$prefix/share/$2")"
  "$prefix/bin/packc" completion "$1" >"$prefix/share/$2"
}
completion bash bash-completion/completions/packc
completion zsh zsh/site-functions/_packc
completion fish fish/vendor_completions.d/packc.fish
echo "make install: $prefix/bin/packc"
