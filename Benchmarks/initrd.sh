#!/usr/bin/env bash
# An initrd as `packc build` writes it, beside what no way of making one can save: reading and hashing its bytes.
#
#   first    nothing is known: every file is read, hashed and written once
#   changed  one file of the application is another, and the initrds of the two builds before are there
#
#   Benchmarks/initrd.sh [ROUNDS]      9 rounds by default
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
rounds=${1:-9}
place=$work/initrd

# CPython and its standard library as an application of 74 MB: the interpreter that is here.
make_root() {
  local root=$place/python version size
  version=$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  mkdir -p "$root/usr/bin" "$root/usr/lib/$version"
  cp -L "$(command -v python3)" "$root/usr/bin/python3"
  tar -C "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" -chf - --exclude=site-packages \
    --exclude=dist-packages --exclude=test --exclude=tests --exclude=__pycache__ --exclude='config-*' . |
    tar -C "$root/usr/lib/$version" -xf -
  # Up to the size of the root that the bar is about, whatever is installed here.
  size=$(($(du -sb "$root" | cut -f 1) / 1000000))
  if [ "$size" -lt 74 ]; then head -c "$((74 - size))000000" /dev/urandom >"$root/usr/lib/more"; fi
}

# A kernel file that says which release it is and boots nothing.
make_kernel() {
  python3 - "$1" <<'PYTHON'
import struct, sys
image = bytearray(2 * 512 + 4096)
image[0x1f1] = 1
struct.pack_into("<I", image, 0x1f4, 4096 // 16)
image[0x1fe:0x200] = b"\x55\xaa"
image[0x202:0x206] = b"HdrS"
struct.pack_into("<H", image, 0x206, 0x020f)
struct.pack_into("<H", image, 0x20e, 0x100)
image[0x211] = 1
image[0x236] = 1
text = b"6.1.0-bench (nobody@nowhere) #1\0"
image[0x300:0x300 + len(text)] = text
open(sys.argv[1], "wb").write(image)
PYTHON
}

change() { head -c 20000 /dev/urandom >"$place/application/app/main"; }
pack() { "$bench" initrd "$place/out" "$here/.build/release/guest-init" "$place/kernel" "$place/python" "$place/application"; }

# The CPU time of one command in seconds to the microsecond: these take less than time(1) can tell.
cpu() {
  python3 - "$@" <<'PYTHON'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.6f" % (used.ru_utime + used.ru_stime))
PYTHON
}
# The same of the initrd that packc-bench has made, by its own word.
own_cpu() { pack | tail -n 1 | sed 's/.*"cpu_us":\([0-9]*\).*/\1/' | awk '{ printf "%.6f\n", $1 / 1e6 }'; }

need python3:python3 openssl:openssl awk:mawk
rm -rf "$place"
mkdir -p "$place/out" "$place/application/app"
make_root
make_kernel "$place/kernel"
change
pack >/dev/null
size=$(stat -c %s "$place/out/initrd")
echo "initrd: $((size / 1000000)) MB, $(find "$place/python" | wc -l) entries; peer: $(openssl version)"
machine
results=$place/rounds
: >"$results"
printf '  %-6s %12s %12s %12s\n' round read+hash first changed
for round in $(seq "$rounds"); do
  rm -rf "$place/out"
  mkdir "$place/out"
  first=$(own_cpu)
  hash=$(cpu openssl dgst -sha256 "$place/out/initrd")
  # The second build has one file to copy from, the third one to write over: from then on it is the same every time.
  for _ in 1 2; do change; pack >/dev/null; done
  change
  changed=$(own_cpu)
  [ "$(pack | tail -n 1 | grep -c '"reused":\[true,true,false,false\]')" = 1 ] || { echo "initrd: nothing was used again" >&2; exit 1; }
  echo "$hash $first $changed" | tee -a "$results" | awk -v r="$round" '{ printf "  %-6s %12.3f %12.3f %12.3f\n", r, $1, $2, $3 }'
done
judge "first: CPU time / reading and hashing" "$(ratio 2 1 "$results")" 2.0
judge "changed: CPU time / reading and hashing" "$(ratio 3 1 "$results")" 0.15
rm -rf "$place"
finish
