#!/usr/bin/env bash
# What the sandbox of a step costs: /bin/true in it and without it, started in turn by the code that starts steps. Fails when
# the difference of the medians is above the bar; on a loaded machine that of the CPU times.
#
#   Benchmarks/sandbox.sh [ROUNDS]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
need bwrap:bubblewrap
machine
"$bench" sandbox "${1:-41}" >"$work/sandbox.json"
python3 - "$work/sandbox.json" "$trusted" <<'PY'
import json, sys
times, bar = json.load(open(sys.argv[1])), 15.0
wall, cpu = ((times["sandboxed"][key] - times["plain"][key]) / 1000 for key in ("wall_us", "cpu_us"))
print("a step in the sandbox: %.1f ms more than without, %.1f ms of CPU time; bar %.0f ms" % (wall, cpu, bar))
sys.exit("sandbox: above the bar" if (wall if sys.argv[2] == "1" else cpu) > bar else 0)
PY
echo "sandbox: within the bar"
