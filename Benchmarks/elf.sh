#!/usr/bin/env bash
# What reading an ELF file of 100 MB costs, headers and digest, beside `readelf -Wa`, in turn; CPU times.
#
#   Benchmarks/elf.sh [FILE]      default: the largest program of the Swift toolchain
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
need readelf:binutils time:time
file=${1:-$(find -L "$(dirname "$(readlink -f "$(command -v swift)")")" -maxdepth 1 -type f -size +90M -printf '%s %p\n' |
  sort -n | tail -n 1 | cut -d ' ' -f 2-)}
[ -n "$file" ] || { echo "elf: there is no program of 90 MB beside swift; name one" >&2; exit 30; }
machine
echo "file: $file, $(($(stat -Lc %s "$file") / 1000000)) MB; $(readelf --version | head -n 1)"
rounds=$work/elf.rounds
: >"$rounds"
for _ in 1 2 3 4 5; do
  read -r own _ peak <<<"$(measure "$bench" facts "$file")"
  read -r other _ _ <<<"$(measure readelf -Wa "$file")"
  echo "$own $other $peak" >>"$rounds"
done
echo "seconds of CPU: $(column 1 "$rounds"), readelf $(column 2 "$rounds"); $(peak 3 "$rounds") MiB"
judge "facts of an ELF file of 100 MB, CPU over readelf -Wa" "$(ratio 1 2 "$rounds")" 2.0
finish
