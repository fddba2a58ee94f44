#!/bin/sh
# fetch.sh PACKAGES CHECKSUMS COMMAND [ARGUMENT…]
#
# Runs a restore that downloads into the directory PACKAGES, and checks that this holds what packc.lock names, and
# nothing else, when it ends.
set -eu
export LC_ALL=C
packages=$1
checksums=$2
shift 2

mkdir -p "$packages"
"$@"

cd "$packages"
if ! sha256sum --check --quiet --strict "$checksums"; then
  echo "packc: these packages are not what packc.lock names; if you trust what the source gives now, run \`packc lock\`" >&2
  exit 1
fi

# What the restore took along by itself must not be found by the build.
known=$(mktemp)
sed 's/^[0-9a-f]*  //' "$checksums" | sort >"$known"
for directory in */*/; do
  version=${directory%/}
  name=${version%/*}
  version=${version#*/}
  if ! grep -q -x -F "$name/$version/$name.$version.nupkg" "$known"; then
    rm -rf "${directory%/}"
    rmdir "$name" 2>/dev/null || true
  fi
done
rm -f "$known"
