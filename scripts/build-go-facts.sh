#!/usr/bin/env bash
# build-go-facts.sh: the program that reads the source of Go programs (packs.d/10-go/lib/facts), beside its own source and
# named by its digest, so that one of other source is never taken for it. Without a Go there is none, and the pack makes it
# on the host where it is first needed, with that host's Go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools
directory=packs.d/10-go/lib/facts
command -v go >/dev/null || { echo "build-go-facts: there is no go; the pack will make its reader itself" >&2; exit 0; }
export LC_ALL=C
name=facts-$(cat "$directory"/*.go | sha256sum | cut -d ' ' -f 1)
[ ! -x "$directory/$name" ] || exit 0
GOFLAGS='' GOENV=off GOWORK=off GO111MODULE=on GOTOOLCHAIN=local GOTELEMETRY=off CGO_ENABLED=0 \
  go build -trimpath -buildvcs=false -ldflags='-buildid= -s -w' -o "$directory/.$name.$$" "$directory"/*.go
rm -f "$directory"/facts-*
mv "$directory/.$name.$$" "$directory/$name"
