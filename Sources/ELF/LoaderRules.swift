public import PackCore

/// Which dynamic loader a file is for. Their rules differ, and their libraries do not mix.
enum LoaderFlavor: Hashable, Sendable {
  case glibc
  case musl

  /// By the interpreter, or the C library that the file names; nil when it names neither.
  init?(_ elf: ELFFile) {
    if let interpreter = elf.interpreter {
      self = interpreter.contains("ld-musl-") ? .musl : .glibc
    } else if elf.needed.contains(where: { $0 == "libc.so.6" || $0.hasPrefix("ld-linux") }) {
      self = .glibc
    } else if elf.needed.contains(where: { $0 == "libc.so" || $0.hasPrefix("libc.musl-") }) {
      self = .musl
    } else {
      return nil
    }
  }
}

/// ld.so(8) and musl's dynamic linker, as far as finding files goes. `ld.so.cache` and hwcaps variants have no part: an
/// image has none of them. `LD_LIBRARY_PATH` is `ClosureBuilder.libraryPath`.
struct LoaderRules: Sendable {
  let flavor: LoaderFlavor
  let platform: Platform

  /// `x86_64-linux-gnu`
  var triplet: String { Self.triplet(platform.architecture) }
  static func triplet(_ architecture: Platform.Architecture) -> String {
    switch architecture {
    case .amd64: "x86_64-linux-gnu"
    case .arm64: "aarch64-linux-gnu"
    }
  }
  /// `x86_64`: the kernel's name.
  var architecture: String {
    switch platform.architecture {
    case .amd64: "x86_64"
    case .arm64: "aarch64"
    }
  }

  /// Where the loader looks last, in the image. glibc: Debian's directories, then those of other distributions (a loader
  /// looks only into its own; files stay where the host's loader found them).
  var trustedDirectories: [RootPath] {
    let texts =
      switch flavor {
      case .glibc: ["lib/\(triplet)", "usr/lib/\(triplet)", "lib64", "usr/lib64", "lib", "usr/lib"]
      case .musl: ["lib", "usr/local/lib", "usr/lib"]
      }
    return texts.compactMap { RootPath($0) }
  }

  /// Where a library goes whose own directory the loader in the image would not search.
  var defaultDirectory: RootPath {
    switch flavor {
    case .glibc: RootPath("usr/lib/\(triplet)") ?? .root
    case .musl: RootPath(literal: "usr/lib")
    }
  }

  /// The loader that shared objects of this flavor are loaded by when no program says otherwise.
  var standardInterpreter: String {
    switch (flavor, platform.architecture) {
    case (.glibc, .amd64): "/lib64/ld-linux-x86-64.so.2"
    case (.glibc, .arm64): "/lib/ld-linux-aarch64.so.1"
    case (.musl, _): "/lib/ld-musl-\(architecture).so.1"
    }
  }

  /// What the loader itself provides, so that no file is looked for. musl's loader is its C library, and takes every
  /// name of the libraries that other systems split off it (musl, ldso/dynlink.c, `load_library`).
  func isProvidedByLoader(_ soname: String) -> Bool {
    switch flavor {
    case .glibc: return soname.hasPrefix("ld-linux") || soname.hasPrefix("ld64.so") || soname.hasPrefix("linux-vdso")
    case .musl:
      if soname.hasPrefix("ld-musl-") { return true }
      return ["c", "pthread", "rt", "m", "dl", "util", "xnet"].contains { soname.hasPrefix("lib\($0).") }
    }
  }

  /// The search path that `file` adds for what it needs itself, and whether files that it loads inherit it.
  /// glibc: DT_RUNPATH is for the file alone, DT_RPATH (only without DT_RUNPATH) is inherited. musl: one of the two,
  /// inherited always.
  func ownPath(_ file: ELFFile) -> (entries: [String], tag: String) {
    if !file.runpath.isEmpty { return (file.runpath, "RUNPATH") }
    return (file.rpath, "RPATH")
  }
  func inherits(from file: ELFFile) -> Bool { flavor == .musl || file.runpath.isEmpty }

  /// A directory of an RPATH or RUNPATH.
  struct SearchEntry: Hashable {
    enum Base: Hashable {
      /// Below the directory of the file that has the entry; the text after `$ORIGIN`.
      case origin(String)
      case absolute(RootPath)
    }
    var base: Base
    /// It has `$PLATFORM`: glibc puts a name of the processor that the program runs on there (`haswell`), so the
    /// directory of one machine means nothing on the next.
    var dependsOnProcessor = false
  }

  /// Expands `$ORIGIN`, `$LIB` and `$PLATFORM` (ld.so(8), "Dynamic string tokens"); nil for what no image can mean: an
  /// empty entry (the working directory), a relative one, an unknown token.
  func expand(_ entry: String) -> SearchEntry? {
    var text = entry
    var dependsOnProcessor = false
    if flavor == .glibc {
      text = replace("LIB", in: text, with: libToken)
      let generic = replace("PLATFORM", in: text, with: architecture)
      dependsOnProcessor = generic != text
      text = generic
    }
    for token in ["${ORIGIN}", "$ORIGIN"] where text.hasPrefix(token) {
      let rest = String(text.dropFirst(token.count))
      guard rest.isEmpty || rest.hasPrefix("/"), !rest.contains("$") else { return nil }
      return SearchEntry(base: .origin(rest), dependsOnProcessor: dependsOnProcessor)
    }
    guard text.hasPrefix("/"), !text.contains("$") else { return nil }
    return RootPath.normalizing(text).map { SearchEntry(base: .absolute($0), dependsOnProcessor: dependsOnProcessor) }
  }

  private var libToken: String { "lib/\(triplet)" }

  private func replace(_ token: String, in text: String, with value: String) -> String {
    var out = text
    for form in ["${\(token)}", "$\(token)"] {
      while let range = out.firstRange(of: form) { out.replaceSubrange(range, with: value) }
    }
    return out
  }

  /// Directories outside a person's home and a build's, which may be the same in an image.
  static func mayStay(_ directory: RootPath) -> Bool {
    let roots = [
      RootPath(literal: "usr"), RootPath(literal: "lib"), RootPath(literal: "lib64"), RootPath(literal: "opt"),
      RootPath(literal: "nix/store"), RootPath(literal: "gnu/store"),
    ]
    return roots.contains { directory.isInside($0) }
  }
}

/// The merged /usr of every image: `bin`, `sbin`, `lib` and `lib64` are links into `usr`.
public enum MergedUsr {
  private static let names = ["bin", "sbin", "lib", "lib64"]

  /// `lib/x` is `usr/lib/x`; other paths stay.
  public static func path(_ path: RootPath) -> RootPath {
    guard let first = path.components.first, names.contains(where: { first.elementsEqual($0.utf8) }) else {
      return path
    }
    return RootPath(literal: "usr").appending(path)
  }

  /// `bin → usr/bin` and the others, with the directories that they point to: what the base of a root filesystem
  /// inserts before anything else.
  public static func entries(layer: LayerRole = .runtime, origin: String = "packc") -> [RootFilesystem.Entry] {
    names.flatMap { name -> [RootFilesystem.Entry] in
      guard let link = RootPath(name), let directory = RootPath("usr/\(name)") else { return [] }
      return [
        RootFilesystem.Entry(path: directory, content: .directory, mode: 0o755, layer: layer, origin: origin),
        RootFilesystem.Entry(
          path: link, content: .link(Array("usr/\(name)".utf8)), mode: 0o777, layer: layer, origin: origin),
      ]
    }
  }
}
