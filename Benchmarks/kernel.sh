#!/usr/bin/env bash
# How fast and how small packc's own kernels are, beside Debian's cloud kernel 6.1: interleaved boots of the same init
# under QEMU without KVM. The first run builds two kernels, which takes its time; they stay in $PACKC_BENCH_DIR.
#
#   Benchmarks/kernel.sh [ROUNDS]      PACKC=/path/to/packc for another binary, WITH_ACPI=1: `default` with ACPI
#
# Each boots as `packc run` starts it: Debian's kernel on microvm, packc's own on the same without ACPI, where they need no
# calibration of a timer. All are told the rate of the time-stamp counter, and not to try the timer. Where Unikraft's ELF loader has been imported
# (`packc kernel import --type unikraft`), the same server on it (static PIE, q35) has a line beside them.
. "$(dirname "$0")/lib/common.sh"
rounds=${1:-7}
need qemu-system-x86_64:qemu-system-x86 cpio:cpio gcc:gcc python3:python3 curl:curl
packc=${PACKC:-$here/.build/release/packc}
[ -x "$packc" ] || { echo "kernel: $packc is missing; run \`make build\` first" >&2; exit 1; }
# Of the user's own catalog.
unikraft=$("$packc" kernel list --json | python3 -c '
import json, sys
print(*[k["digest"][7:] for k in json.load(sys.stdin)["kernels"] if k["format"] == "unikraft"][:1])')
[ -z "$unikraft" ] || unikraft=${XDG_CACHE_HOME:-$HOME/.cache}/packc/kernels/$unikraft
export XDG_CACHE_HOME=$work/cache
boots=$work/boots
mkdir -p "$boots"

# field NAME: of the JSON on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
# kernel_directory DIGEST
kernel_directory() { echo "$XDG_CACHE_HOME/packc/kernels/${1#sha256:}"; }

echo "kernels (built or imported when they are not there yet)"
debian=$(kernel_directory "$("$packc" kernel import --json | field digest)")
standard=$(kernel_directory "$("$packc" kernel build --json | field digest)")
tiny=$(kernel_directory "$("$packc" kernel build --profile tiny --need net --json | field digest)")

gcc -O2 -Wall -Wextra -Werror -static -o "$boots/init" "$here/Benchmarks/lib/boot-init.c"
gcc -O2 -Wall -Wextra -Werror -o "$boots/tsc" "$here/Benchmarks/lib/tsc.c"

# initrd NAME KERNEL: the init, and the modules in the order of the kernel's manifest.
initrd() {
  local root=$boots/$1.root number=10 module
  rm -rf "$root"
  mkdir -p "$root/modules"
  cp "$boots/init" "$root/init"
  for module in $(python3 -c '
import json, sys
print(*(m["name"] for m in json.load(open(sys.argv[1]))["modules"] if not m["name"].startswith(("virtio_pci", "virtio_console", "virtio_rng"))))' "$2/manifest.json"); do
    cp "$2/modules/$module.ko" "$root/modules/$number-$module.ko"
    number=$((number + 1))
  done
  (cd "$root" && find . | sort | cpio -o -H newc --quiet >"$boots/$1.cpio")
}
initrd debian "$debian"
initrd plain "$standard"
kernels=(debian standard tiny)
if [ -n "$unikraft" ]; then
  kernels+=(unikraft)
  mkdir -p "$boots/unikraft.root"
  gcc -O2 -Wall -Wextra -Werror -DPROGRAM -static-pie -o "$boots/unikraft.root/server" "$here/Benchmarks/lib/boot-init.c"
  (cd "$boots/unikraft.root" && echo server | cpio -o -H newc --quiet >"$boots/unikraft.cpio")
fi

cmdline="console=ttyS0 quiet loglevel=2 rootfstype=ramfs reboot=t panic=-1 tsc_early_khz=$("$boots/tsc") tsc=reliable no_timer_check noreplace-smp"
# boot MODE WHAT MEMORY
boot() {
  case $2 in
    debian) python3 "$here/Benchmarks/lib/boot.py" "$1" microvm "$3" "$debian/kernel" "$boots/debian.cpio" "$cmdline" ;;
    standard | tiny)
      local -n own=$2
      local acpi=acpi=off timer=" nolapic_timer"
      # To compare: `default` as it boots where nobody turns ACPI off.
      if [ "$2" = standard ] && [ -n "${WITH_ACPI:-}" ]; then acpi='' timer=''; fi
      python3 "$here/Benchmarks/lib/boot.py" "$1" "microvm${acpi:+,$acpi}" "$3" "$own/kernel" "$boots/plain.cpio" \
        "$cmdline $acpi$timer"
      ;;
    unikraft)
      python3 "$here/Benchmarks/lib/boot.py" "$1" q35 "$3" "$unikraft/kernel" "$boots/unikraft.cpio" \
        'netdev.ip=10.0.2.15/24:10.0.2.2 vfs.fstab=[ "initrd0:/:extract::ramfs=1:" ] -- /server'
      ;;
  esac
}

# least WHAT: the smallest machine in MiB, in steps of 4, whose server answers.
least() {
  local memory first=12
  [ "$1" != debian ] || first=48
  [ "$1" != unikraft ] || first=4
  for memory in $(seq "$first" 4 $((first + 88))); do
    if [ "$(BOOT_LIMIT=8 boot answer "$1" "$memory")" != failed ]; then echo "$memory"; return; fi
  done
  echo 9999
}

machine
rm -f "$boots"/*.times "$boots"/first.* "$boots"/answer.*
for ((round = 1; round <= rounds; round++)); do
  for what in "${kernels[@]}"; do
    boot first "$what" 256 >>"$boots/first.$what"
    boot answer "$what" 256 >>"$boots/answer.$what"
  done
done
if grep -l failed "$boots"/first.* "$boots"/answer.*; then echo "kernel: a boot failed" >&2; exit 1; fi
for mode in first answer; do
  paste -d ' ' "${kernels[@]/#/$boots/$mode.}" >"$boots/$mode.times"
done

size() { stat -c %s "$1/kernel" | awk '{ print $1 / 1e6 }'; }
printf '%-10s %7s %7s %7s %7s %7s %7s %7s   medians of %s rounds, seconds\n' kernel MB first CPU guest answer CPU MiB "$rounds"
declare -A memory
number=0
for what in "${kernels[@]}"; do
  declare -n directory=$what
  memory[$what]=$(least "$what")
  printf '%-10s %7.2f %7.3f %7.3f %7.3f %7.3f %7.3f %7d\n' "$what" "$(size "$directory")" \
    "$(column $((3 * number + 1)) "$boots/first.times")" "$(column $((3 * number + 2)) "$boots/first.times")" \
    "$(column $((3 * number + 3)) "$boots/first.times")" "$(column $((2 * number + 1)) "$boots/answer.times")" \
    "$(column $((2 * number + 2)) "$boots/answer.times")" "${memory[$what]}"
  number=$((number + 1))
done

# compare NAME COLUMNS-BEFORE-IT-IN-FIRST IN-ANSWER BAR: wall time where it counts, and CPU time always.
compare() {
  judge "$1: wall to process 1's first line, of Debian's" "$(ratio $(($2 + 1)) 1 "$boots/first.times")" "$4" wall
  judge "$1: CPU time of the same" "$(ratio $(($2 + 2)) 2 "$boots/first.times")" "$4"
  judge "$1: the guest's clock then" "$(ratio $(($2 + 3)) 3 "$boots/first.times")" 0.18 wall
  judge "$1: wall to the first HTTP answer" "$(ratio $(($3 + 1)) 1 "$boots/answer.times")" 0.35 wall
  judge "$1: CPU time of the same" "$(ratio $(($3 + 2)) 2 "$boots/answer.times")" 0.35
}
compare default 3 2 0.28
judge 'default: file of the kernel, MB' "$(size "$standard")" 3.5
judge 'default: least memory of the C server, MiB' "${memory[standard]}" 32
compare tiny 6 4 0.24
judge 'tiny: file of the kernel, MB' "$(size "$tiny")" 2.2
judge 'tiny: least memory of the C server, MiB' "${memory[tiny]}" 24

. "$here/scripts/tools.sh"
use_tools

# serve NAME DIRECTORY: a project with each kernel, the same root in memory, until its first HTTP answer: packc's own start,
# the boot, the interpreter's.
serve() {
  local what place
  for what in debian standard; do
    local -n directory=$what
    place=$boots/$1.$what
    rm -rf "$place"
    cp -R "$2" "$place"
    rm -rf "$place/.packc"
    (cd "$place" && "$packc" build --quiet --kernel "sha256:${directory##*/}" >/dev/null)
  done
  rm -f "$boots/$1".*.times
  for ((round = 1; round <= (rounds + 1) / 2; round++)); do
    for what in debian standard; do
      (cd "$boots/$1.$what" && python3 "$here/Benchmarks/lib/serve.py" "$packc") >>"$boots/$1.$what.times"
    done
  done
  if grep -l failed "$boots/$1".*.times; then echo "kernel: $1 did not answer" >&2; exit 1; fi
  paste -d ' ' "$boots/$1".{debian,standard}.times >"$boots/$1.times"
}
serve http "$here/Benchmarks/lib/http-server"
judge "default: CPU time to the first answer of CPython's own server, of Debian's" "$(ratio 3 1 "$boots/http.times")" 0.6
judge 'default: wall of the same' "$(ratio 4 2 "$boots/http.times")" 0.6 wall
# Flask behind gunicorn imports ten times as much, and that is the same work on every kernel: printed, without a bar.
serve notes "$here/examples/python-notes"
printf '%-60s %6.3f\n' 'Flask behind gunicorn: CPU time of the same' "$(ratio 3 1 "$boots/notes.times")"

# A Go server in 64 MiB, as people run it.
if command -v go >/dev/null; then
  rm -rf "$boots/go-hello"
  cp -R "$here/examples/go-hello" "$boots/go-hello"
  rm -rf "$boots/go-hello/.packc"
  (cd "$boots/go-hello" && "$packc" build --quiet --kernel "sha256:${standard##*/}" >/dev/null)
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  (cd "$boots/go-hello" && exec "$packc" run --memory 64Mi --publish "127.0.0.1:$port:8080") >"$boots/go.log" 2>&1 </dev/null &
  server=$!
  answered=9999
  for _ in $(seq 100); do
    if curl --silent --fail --max-time 1 "http://127.0.0.1:$port/healthz" >/dev/null; then answered=64; break; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  judge 'default: memory in which the Go server answers, MiB' "$answered" 64
fi
finish
