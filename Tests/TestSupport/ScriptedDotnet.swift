public import PackCore

/// A `dotnet` that answers like the real one as far as the dotnet pack asks it: `--list-sdks`, `restore` (downloads what
/// the project names, and a runtime pack, into NUGET_PACKAGES) and `publish` (an executable, assemblies, the runtime's
/// files, from NUGET_PACKAGES alone). What the packages hold is made up; where they lie and what they are called is not.
public enum ScriptedDotnet {
  /// Writes `bin/dotnet` and its SDKs below `directory`; put `directory/bin` into PATH.
  public static func write(to directory: HostPath, sdks: [String]) throws {
    try FileSystem.createDirectory(directory / "bin")
    var lines = ""
    for version in sdks {
      let sdk = directory / "bin/sdk" / version
      try FileSystem.createDirectory(sdk)
      try FileSystem.writeAtomically(Array("the SDK \(version)\n".utf8), to: sdk / "dotnet.dll", durable: false)
      lines += "\(version) [\(directory)/bin/sdk]\n"
    }
    try FileSystem.writeAtomically(Array(lines.utf8), to: directory / "bin/sdks.txt", durable: false)
    try FileSystem.writeAtomically(
      Array(script.utf8), to: directory / "bin/dotnet", mode: 0o755, durable: false)
  }

  /// The calls of `restore` and `publish` are appended to `calls.txt` in the directory of packages.
  private static let script = #"""
    #!/bin/sh
    set -eu
    here=${0%/*}
    fail() {
      echo "$1" >&2
      exit 1
    }
    # install NAME VERSION FILE TEXT: a package as NuGet unpacks it.
    install() {
      place=$NUGET_PACKAGES/$1/$2
      [ -e "$place/$1.$2.nupkg" ] && return
      mkdir -p "$place/${3%/*}"
      printf 'nupkg of %s %s%s\n' "$1" "$2" "${SCRIPTED_TAMPER:-}" >"$place/$1.$2.nupkg"
      printf '{"contentHash": "made up"}' >"$place/.nupkg.metadata"
      printf '%s\n' "$4" >"$place/$3"
    }
    runtime() {
      install "microsoft.netcore.app.runtime.$1" 8.0.11 "runtimes/$1/lib/net8.0/System.Private.CoreLib.dll" corelib
    }
    references() {
      sed -n "s/.*<$2 Include=\"\([^\"]*\)\" Version=\"\[*\([0-9][^]\"]*\)\]*\".*/\1 \2/p" "$1" | tr A-Z a-z
    }
    download() {
      references "$1" "$2" | while read -r name version; do
        case $name in
          microsoft.netcore.app.runtime.*) runtime "${name#microsoft.netcore.app.runtime.}" ;;
          *) install "$name" "$version" "lib/net8.0/$name.dll" "assembly of $name $version" ;;
        esac
      done
    }
    case ${1:-} in
      --list-sdks) cat "$here/sdks.txt" ;;
      restore)
        [ -f "$2" ] || fail "MSB1009: Project file does not exist: $2"
        download "$2" PackageReference
        download "$2" PackageDownload
        case $* in *' -r '*) runtime "$4" ;; esac
        ;;
      publish)
        [ -f "$2" ] || fail "MSB1009: Project file does not exist: $2"
        project=${2##*/}
        name=$(sed -n 's/.*<AssemblyName>\(.*\)<\/AssemblyName>.*/\1/p' "$2")
        name=${name:-${project%.*}}
        out=
        previous=
        for word; do
          [ "$previous" = -o ] && out=$word
          previous=$word
        done
        [ -n "$out" ] || fail "no -o"
        references "$2" PackageReference | while read -r package version; do
          [ -f "$NUGET_PACKAGES/$package/$version/$package.$version.nupkg" ] ||
            fail "NU1101: Unable to find package $package. No packages exist with this id in source(s): $NUGET_PACKAGES"
        done
        mkdir -p "$out/wwwroot"
        find "$NUGET_PACKAGES" -name '*.dll' -exec cp {} "$out" ';'
        cp "${SCRIPTED_PROGRAM:-/bin/true}" "$out/$name"
        printf 'assembly of %s\n' "$(cat ./*.cs ./*.fs 2>/dev/null | cksum)" >"$out/$name.dll"
        printf '{}\n' >"$out/$name.deps.json"
        printf '<p>hello</p>\n' >"$out/wwwroot/a page.html"
        printf 'symbols\n' >"$out/$name.pdb"
        ;;
      *) fail "Could not execute because the specified command or file was not found: $*" ;;
    esac
    printf '%s\n' "$*" >>"${NUGET_PACKAGES:-/dev}/calls.txt" 2>/dev/null || true
    """#
}
