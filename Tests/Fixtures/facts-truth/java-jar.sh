#!/usr/bin/env bash
# Tests/Fixtures/facts-truth/java-jar.sh NAME: makes NAME/project/NAME.jar anew of NAME/source. Types of frameworks, which are
# no part of the program, lie in NAME/stubs and are not in the jar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/stubs" "$work/classes"
classpath=$work/stubs
if [ -d stubs ]; then find stubs -name '*.java' -print0 | sort -z | xargs -0 javac --release 11 -d "$work/stubs"; fi
find source -name '*.java' -print0 | sort -z | xargs -0 javac --release 11 -cp "$classpath" -d "$work/classes"
(cd source && find . -name '*.properties' -exec cp --parents {} "$work/classes" \;)
jar --create --file "project/$1.jar" --date 2020-01-01T00:00:00Z --main-class "$(cat main-class)" -C "$work/classes" .
