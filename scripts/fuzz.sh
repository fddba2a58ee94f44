#!/usr/bin/env bash
# make fuzz: the property tests with new seeds, pass after pass, until FUZZ_SECONDS are over (0: one pass). A pass that
# has begun is finished; a failure ends all and says its seed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-0}
first=${PACKC_FUZZ_SEED:-$(date +%s)}
SECONDS=0
pass=0
while [ "$pass" -eq 0 ] || [ "$SECONDS" -lt "$seconds" ]; do
  pass=$((pass + 1))
  seed=$((first + pass - 1))
  echo "── fuzz: pass $pass, seed $seed, $SECONDS of $seconds s ──"
  PACKC_FUZZ_FACTOR=${FUZZ_FACTOR:-50} PACKC_FUZZ_SEED=$seed scripts/test.sh --filter "${FUZZ_FILTER:-Fuzz|Random|Mutated}" ||
    { echo "make fuzz: FAILED with PACKC_FUZZ_SEED=$seed"; exit 1; }
done
echo "make fuzz: $pass passes in $SECONDS s, nothing found"
