#!/bin/sh
# build.sh KIND OUT ARTIFACT [OUT ARTIFACT]… -- COMMAND [ARGUMENT…]
#
# Runs the project's build command, then copies what it left: the first artifact is the program (KIND file: a file that
# goes into the directory OUT; KIND directory: a directory that becomes OUT), the others are copied to OUT as they are.
# The command's output is its own; this script speaks only when something is missing.
set -eu

kind=$1
shift
pairs=0
list=$(mktemp)
while [ "$1" != "--" ]; do
  printf '%s\n%s\n' "$1" "$2" >>"$list"
  shift 2
done
shift

marker=$(mktemp)
if [ "$#" -gt 0 ]; then
  "$@"
fi

# What has a name like the one that is missing, and what the command made that can be executed.
similar() {
  base=${1##*/}
  stem=${base%%.*}
  {
    find . -path ./.git -prune -o -type f -iname "*$stem*" -print
    find . -path ./.git -prune -o -type f -newer "$marker" -perm -u+x -print
  } | sort -u | head -n 10 | sed 's|^\./|    |'
}

missing() {
  echo "packc: the build command ended well, but it left no $1 (artifact in unik.yaml)" >&2
  found=$(similar "$1")
  if [ -n "$found" ]; then
    echo "packc: files with such a name, or that the command made and that can be executed:" >&2
    echo "$found" >&2
  fi
  exit 66
}

first=yes
while IFS= read -r out && IFS= read -r artifact; do
  path=./${artifact%/}
  [ -e "$path" ] || missing "$artifact"
  if [ "$first" = yes ]; then
    first=no
    if [ "$kind" = file ]; then
      if [ -d "$path" ]; then
        echo "packc: $artifact is a directory; end artifact.path with a slash, and name the program with" >&2
        echo "packc: options: {entrypoint: [/app/PROGRAM]}" >&2
        exit 66
      fi
      mkdir -p "$out"
      cp -L "$path" "$out/${artifact##*/}"
      chmod u+x "$out/${artifact##*/}"
      continue
    fi
    if [ ! -d "$path" ]; then
      echo "packc: $artifact is not a directory; artifact.path ends with a slash or options.entrypoint is given" >&2
      exit 66
    fi
  fi
  mkdir -p "${out%/*}"
  cp -R -d "$path" "$out"
done <"$list"
