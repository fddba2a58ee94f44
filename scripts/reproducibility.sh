#!/usr/bin/env bash
# make reproducibility: `packc verify` of real projects over the packs; prints the table of docs/reproducibility.md. Needs the
# network for their sources and packages, the tools that `make deps` installs, and an hour or so of patience.
#
#   ONLY="lua cgo"   those alone
#   FLAGS=--strict   of `packc verify`
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
. scripts/tools.sh
use_tools

packc=${PACKC:-$root/.build/release/packc}
work=$(mktemp -d "${TMPDIR:-/tmp}/packc-reproducibility.XXXXXX")
trap 'rm -rf "$work"' EXIT
debian=http://deb.debian.org/debian/pool/main

# fetch URL SHA256 DIRECTORY: unpacks an archive of one top-level directory.
fetch() {
  curl -fsSL --retry 3 -o "$work/archive" "$1"
  echo "$2  $work/archive" | sha256sum --check --quiet
  mkdir -p "$3"
  tar -xf "$work/archive" -C "$3" --strip-components=1
}

# unik NAME COMMAND ARTIFACT: the universal pack's file.
unik() { printf 'version: 1\nname: %s\nbuild: {command: "%s"}\nartifact: {path: %s}\n' "$1" "$2" "$3" >unik.yaml; }

# Each makes a project in the current, empty directory. The text behind `#:` is what the table says of it.

go_hello() { cp -R "$root/examples/go-hello/." .; } #: go | examples/go-hello
go_embed() { #: go | a workspace of two modules, with embedded files and a version from the linker
  mkdir -p server greet
  for page in index about news; do echo "<p>$page</p>" >"server/$page.html"; done
  printf 'go 1.22\n\nuse (\n\t./greet\n\t./server\n)\n' >go.work
  printf 'module example.com/greet\n\ngo 1.22\n' >greet/go.mod
  printf 'package greet\n\nfunc Hello() string { return "hello" }\n' >greet/greet.go
  printf 'module example.com/server\n\ngo 1.22\n' >server/go.mod
  cat >server/main.go <<'GO'
package main

import (
	"embed"
	"log"
	"net/http"
	"os"

	"example.com/greet"
)

//go:embed *.html
var pages embed.FS

var version = "none"

func main() {
	log.Println(greet.Hello(), version)
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), http.FileServer(http.FS(pages))))
}
GO
  printf 'version: 1\nname: server\noptions: {ldflags: ["-X main.version=1.0"]}\n' >unik.yaml
}
cgo() { #: go, cgo | a Go program with C in it
  printf 'module example.com/cgo\n\ngo 1.22\n' >go.mod
  printf 'int answer(void);\n' >answer.h
  printf '#include <assert.h>\n#include "answer.h"\nint answer(void) { assert(sizeof(int) == 4); return 42; }\n' >answer.c
  printf 'package main\n\n// #include "answer.h"\nimport "C"\n\nfunc main() { println(int(C.answer())) }\n' >main.go
}
c_static() { cp -R "$root/examples/c-static/." .; } #: unik, C | examples/c-static
lua() { #: unik, C | Lua 5.4.4, `make generic`
  fetch "$debian/l/lua5.4/lua5.4_5.4.4.orig.tar.gz" 164c7849653b80ae67bec4b7473b884bf5cc8d2dca05653475ec2ed27b9ebf61 .
  unik lua "make generic" src/lua
}
zstd() { #: unik, C | zstd 1.5.4, `make -j`
  fetch "$debian/libz/libzstd/libzstd_1.5.4+dfsg2.orig.tar.xz" 8cf4bbb65e77ec348d052c8d6230eba66d435bddf64c8b5be2fcb16880c19953 .
  unik zstd "make -j\$(nproc) zstd" programs/zstd
}
ninja() { #: unik, C++ | ninja 1.11.1, bootstrapped by Python, `__DATE__` an error
  fetch "$debian/n/ninja-build/ninja-build_1.11.1.orig.tar.gz" 31747ae633213f1eda3842686f83c2aa1412e0f5691d1c14dbbcc67fe7400cea .
  unik ninja "CXXFLAGS=-Werror=date-time python3 configure.py --bootstrap" ninja
}
rust_build_script() { #: rust | a program whose build script generates code from a directory
  mkdir -p src words
  for word in one two three four five six seven; do echo "$word" >"words/$word"; done
  printf '[package]\nname = "words"\nversion = "0.1.0"\nedition = "2021"\nbuild = "build.rs"\n' >Cargo.toml
  printf '# Written by cargo.\nversion = 3\n\n[[package]]\nname = "words"\nversion = "0.1.0"\n' >Cargo.lock
  cat >build.rs <<'RUST'
use std::{env, fs, path::Path};
fn main() {
    let mut names: Vec<_> = fs::read_dir("words").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("words.rs");
    fs::write(out, format!("pub const WORDS: &[&str] = &{names:?};\n")).unwrap();
}
RUST
  cat >src/main.rs <<'RUST'
include!(concat!(env!("OUT_DIR"), "/words.rs"));
fn main() {
    for word in WORDS { println!("{word}"); }
    std::collections::HashMap::<u8, u8>::new().get(&1).expect("a panic names its source");
}
RUST
}
node_server() { #: node | a server without dependencies
  printf '{"name": "server", "version": "1.0.0", "main": "server.js", "scripts": {"start": "node server.js"}}\n' >package.json
  printf '{"name": "server", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "server", "version": "1.0.0"}}}\n' \
    >package-lock.json
  echo 'require("http").createServer((q, a) => a.end("hello\n")).listen(process.env.PORT)' >server.js
}
python_notes() { cp -R "$root/examples/python-notes/." .; } #: python | examples/python-notes (Flask)
python_wheels() { #: python, compiled wheels | FastAPI with pydantic-core and orjson
  printf 'fastapi==0.115.0\norjson==3.10.7\nuvicorn==0.30.6\n' >requirements.txt
  printf 'from fastapi import FastAPI\nimport orjson\n\napp = FastAPI()\n\n\n@app.get("/")\ndef hello():\n    return orjson.loads("[1]")\n' >app.py
}
python_numpy() { #: python, compiled wheels | NumPy in a script
  printf 'numpy==1.26.4\n' >requirements.txt
  printf 'import numpy\n\nprint(numpy.arange(4).sum())\n' >main.py
}
java_jlink() { #: java, Maven, jlink | a server that Maven builds
  mkdir -p src/main/java/com/example
  printf 'version: 1\noptions: {maven_repo: /usr/share/maven-repo}\n' >unik.yaml
  cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId><artifactId>greeter</artifactId><version>1.0</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
</project>
XML
  cat >src/main/java/com/example/Greeter.java <<'JAVA'
package com.example;

public class Greeter {
  public static void main(String[] args) { System.out.println("hello"); }
}
JAVA
}

# What the answer says, as cells of the table.
cells() {
  python3 - "$1" <<'PYTHON'
import json, sys
try:
    answer = json.load(open(sys.argv[1]))
except ValueError:
    answer = {"error": {"message": "no answer"}}
if "error" in answer:
    print("not built | " + answer["error"]["message"].split("\n")[0].replace("|", "/"))
    raise SystemExit
word = "different" if not answer["identical"] else "identical in the sandbox" if answer["needs_sandbox"] else "identical"
causes = []
for finding in answer["findings"]:
    first = finding["differences"][0]["place"][-1] if finding["differences"] else finding.get("failure", "")
    causes.append(f"{finding['cause']} ({first})")
print(word + " | " + ", ".join(causes).replace("|", "/"))
PYTHON
}

echo "| project | pack | bytes | depends on | seconds |"
echo "|---|---|---|---|---|"
failed=0
while IFS='|' read -r name pack title; do
  read -r name <<<"$name"
  [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" $name "* ]] || continue
  mkdir -p "$work/projects/$name"
  answer=$work/$name.json started=$SECONDS
  if (cd "$work/projects/$name" && "$name") 2>"$work/$name.log"; then
    (cd "$work/projects/$name" && timeout 1800 nice "$packc" verify --json --quiet ${FLAGS:-} >"$answer" 2>>"$work/$name.log") || true
  else
    echo '{"error": {"message": "its source could not be fetched"}}' >"$answer"
  fi
  result=$(cells "$answer")
  case $result in identical*) ;; *) failed=1; tail -n 5 "$work/$name.log" >&2 ;; esac
  echo "|${title}|${pack}| $result | $((SECONDS - started)) |"
done < <(sed -n 's/^\([a-z_]*\)() {.*#: \([^|]*\) | \(.*\)$/\1| \2 | \3 /p' "${BASH_SOURCE[0]}")
exit $failed
