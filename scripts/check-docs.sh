#!/usr/bin/env bash
# make docs: every relative link in the Markdown files leads to something that is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

broken=0
while IFS= read -r -d '' page; do
  # [text](target): not a URL, not an anchor of the page itself; an anchor behind a file is cut off.
  while IFS= read -r target; do
    file=$(dirname "$page")/${target%%#*}
    if [ ! -e "$file" ]; then
      echo "$page: $target leads nowhere" >&2
      broken=1
    fi
  done < <(grep -oE '\]\([^)[:space:]]+\)' "$page" | sed -E 's/^\]\((.*)\)$/\1/' | grep -vE '^([a-z]+:|#)' || true)
done < <(find . -name '*.md' -not -path './.build/*' -not -path '*/.packc/*' -not -path '*/node_modules/*' -print0)
if [ "$broken" -ne 0 ]; then exit 1; fi
echo "make docs: every link leads somewhere"
