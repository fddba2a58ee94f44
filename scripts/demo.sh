#!/usr/bin/env bash
# make demo: builds examples/go-hello from source, boots it under QEMU, shows what it answers, stops it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/tools.sh"
use_tools
packc=${PACKC:-$here/../.build/release/packc}

work=$(mktemp -d "${TMPDIR:-/tmp}/packc-demo.XXXXXX")
machine=
stop_machine() {
  [ -n "$machine" ] || return 0
  kill -TERM "$machine" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$machine" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$machine" 2>/dev/null || true
  wait "$machine" 2>/dev/null || true
  machine=
}
clean_up() {
  stop_machine
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "make demo: $1" >&2
  if [ -s "$work/run.log" ]; then sed 's/^/  | /' "$work/run.log" >&2; fi
  exit 1
}
say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '\n%s\n' "$1"; }; fi

cp -R "$here/../examples/go-hello" "$work/go-hello"
rm -rf "$work/go-hello/.packc"
cd "$work/go-hello"

say "\$ packc build"
"$packc" build

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
say "\$ packc run --publish 127.0.0.1:$port:8080 &"
"$packc" run --publish "127.0.0.1:$port:8080" >"$work/run.log" 2>&1 </dev/null &
machine=$!

# Two minutes: without KVM a boot takes its time.
answer=
for _ in $(seq 240); do
  kill -0 "$machine" 2>/dev/null || fail "the machine ended before it answered"
  if answer=$(curl --silent --fail --max-time 5 "http://127.0.0.1:$port/"); then break; fi
  sleep 0.5
done
[ -n "$answer" ] || fail "no answer on port $port within two minutes"

say "\$ curl http://127.0.0.1:$port/"
echo "$answer"
case $answer in
  *"Hello from a machine of its own"*) ;;
  *) fail "that is not the answer of examples/go-hello" ;;
esac
health=$(curl --silent --fail --max-time 5 "http://127.0.0.1:$port/healthz") || fail "/healthz does not answer"
[ "$health" = ok ] || fail "/healthz says \"$health\""

say "stopping the machine"
stop_machine
echo "make demo: done"
