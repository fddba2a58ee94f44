#!/bin/sh
# Builds bin/pack from src. What packc runs, hashes and trusts is bin/pack: build it again after every change.
set -eu
cd "$(dirname "$0")"
GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOPROXY=off CGO_ENABLED=0 \
  go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o bin/pack ./src
