#!/usr/bin/env bash
# make corpus: which pack real repositories get, and which they should (scripts/corpus.py says how it is judged).
#   TSV=FILE        repo, commit, path, expected, facts
#   CHECKOUTS=DIR   the projects as OWNER+REPO/PATH; made with the checkout.sh beside the TSV when it is not there,
#                   from the bare clones in $MIRRORS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tsv=${TSV:-../shared/corpus/detection.tsv}
checkouts=${CHECKOUTS:-.build/corpus}
[ -f "$tsv" ] || { echo "make corpus: there is no $tsv; give TSV=FILE" >&2; exit 66; }
if [ ! -d "$checkouts" ]; then
  [ -n "${MIRRORS:-}" ] || { echo "make corpus: give CHECKOUTS=DIR, or MIRRORS=DIR with bare clones OWNER+REPO/repo" >&2; exit 66; }
  # Exported aside and renamed: a directory of checkouts that is there is whole.
  staged=$(mktemp -d "$checkouts.XXXXXX")
  trap 'rm -rf "$staged"' EXIT
  bash "$(dirname "$tsv")/checkout.sh" "$staged" "$tsv"
  mv "$staged" "$checkouts"
fi
exec scripts/corpus.py "${PACKC:-.build/release/packc}" "$tsv" "$checkouts" "$@"
