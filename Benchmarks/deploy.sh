#!/usr/bin/env bash
# What deployments cost: how long `packc deploy` of a built project takes to return, `packc status` with 200 of them, what a
# supervisor takes before and after its program is ready, and how fast output goes through the log. Times are seconds of this
# machine, as the bars are: what people wait for.
#
#   Benchmarks/deploy.sh [ROUNDS]      PACKC=/path/to/packc for another binary
. "$(dirname "$0")/lib/common.sh"
rounds=${1:-7}
packc=${PACKC:-$here/.build/release/packc}
[ -x "$packc" ] || { echo "deploy: $packc is missing; run \`make build\` first" >&2; exit 1; }
place=$(mktemp -d "$work/deploy.XXXXXX")
export XDG_STATE_HOME=$place/state
. "$here/scripts/tools.sh"
use_tools
names() { "$packc" list --json | python3 -c 'import json, sys; print(*(m["name"] for m in json.load(sys.stdin)["machines"]))'; }
clean() {
  names | xargs -r -n 64 "$packc" destroy --yes >/dev/null 2>&1 || true
  rm -rf "$place"
}
trap clean EXIT
cp -R "$here/examples/c-static" "$place/project"
# A build does not believe its record of files that changed while it began.
sleep 0.2
(cd "$place/project" && "$packc" build --quiet >/dev/null)
machine

# wall COMMAND…
wall() { measure "$@" | awk '{ print $2 }'; }
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
for ((round = 1; round <= rounds; round++)); do
  port=$(free)
  wall "$packc" deploy "$place/project" --name "app$round" --publish "127.0.0.1:$port:8080" --quiet >>"$place/deploy.times"
  "$packc" destroy "app$round" --yes >/dev/null
done
judge 'deploy of a built project returns, seconds' "$(median <"$place/deploy.times")" 0.150 wall

# A deploy that has to build returns as well; what it builds is ended.
for ((round = 1; round <= rounds; round++)); do
  echo "$round" >"$place/project/notes"
  wall "$packc" deploy "$place/project" --name "new$round" --publish "127.0.0.1:$(free):8080" --quiet >>"$place/building.times"
  "$packc" destroy "new$round" --yes >/dev/null
done
rm "$place/project/notes"
sleep 0.2
judge 'deploy of a project that must be built returns, seconds' "$(median <"$place/building.times")" 0.150 wall
(cd "$place/project" && "$packc" build --quiet >/dev/null)

"$packc" deploy "$place/project" --name early --publish "127.0.0.1:$(free):8080" --quiet >/dev/null
sleep 0.5
pid=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$XDG_STATE_HOME/packc/machines/early/supervisor.pid")
judge 'a supervisor before its program is ready, resident MiB' "$(awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$pid/status")" 12
"$packc" destroy early --yes >/dev/null

"$bench" log "$place/console.log" 1000 >"$place/log.json"
judge '100 MB of output through the log, seconds' \
  "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["milliseconds"] / 1e4)' "$place/log.json")" 1 wall

"$packc" deploy "$place/project" --name still --publish "127.0.0.1:$(free):8080" --wait --quiet >/dev/null
pid=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$XDG_STATE_HOME/packc/machines/still/supervisor.pid")
judge 'a supervisor, resident MiB' "$(awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$pid/status")" 12
before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
sleep 5
judge 'its CPU time in five idle seconds, ticks' "$(($(awk '{ print $14 + $15 }' "/proc/$pid/stat") - before))" 0

# Two hundred deployments that do not run.
for number in $(seq 200); do
  "$packc" deploy "$place/project" --name "many$number" --publish "127.0.0.1:$(free):8080" --quiet >/dev/null 2>&1
  "$packc" stop "many$number" >/dev/null 2>&1
done
for ((round = 1; round <= rounds; round++)); do wall "$packc" status >>"$place/status.times"; done
judge 'status of 201 deployments, seconds' "$(median <"$place/status.times")" 0.100 wall
finish
