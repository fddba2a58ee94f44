internal import PackCore
internal import Packs

/// A Rust compiler and its Cargo, by their real paths.
struct RustToolchain {
  let rustc: HostPath
  let cargo: HostPath
  /// `1.95.0`
  let release: CargoVersion
  /// `x86_64-unknown-linux-gnu`
  let host: String
  let sysroot: HostPath
  /// Why this one.
  let source: String
  let context: HostContext

  static let installing =
    "`apt-get install cargo`, or a newer one from https://rustup.rs (`rustup toolchain install stable`)"

  // MARK: Finding

  /// The toolchain that the project asks for, when it is installed; else the host's own, which `check` then judges.
  static func find(_ context: HostContext, _ channel: RustChannel?, minimum: CargoVersion?, _ files: ProjectFiles)
    throws
    -> RustToolchain
  {
    if let directory = channel?.directory { return try named(directory, channel, context, files) }
    guard let proxy = context.findTool("rustc"), context.findTool("cargo") != nil else {
      let missing = context.findTool("rustc") == nil ? "rustc" : "cargo"
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"\(missing)\" is not in PATH", hint: installing)
    }
    guard let rustup = Rustup(proxy: proxy, context) else {
      return try ask(proxy, context, source: "the host's; the project names none")
    }
    if let wanted = channel?.channel, let name = rustup.installed(wanted), let channel {
      return try ask(rustup.directory(name) / "bin/rustc", context, source: "\(channel.location) asks for \(wanted)")
    }
    return try suiting(rustup, channel, minimum, context)
  }

  /// The default of rustup; another one when that does not do and the other does.
  private static func suiting(
    _ rustup: Rustup, _ channel: RustChannel?, _ minimum: CargoVersion?, _ context: HostContext
  ) throws -> RustToolchain {
    let names = rustup.names
    let chosen = rustup.chosen ?? names.first.map { ($0, "the only toolchain of rustup") }
    guard let chosen else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "rustup has no toolchain installed in \(rustup.toolchains)",
        hint: "rustup toolchain install \(channel?.channel ?? "stable")")
    }
    let own = try ask(rustup.directory(chosen.0) / "bin/rustc", context, source: chosen.1)
    func suits(_ toolchain: RustToolchain) -> Bool {
      (channel?.fits(toolchain.release) ?? true) && (minimum.map { toolchain.release >= $0 } ?? true)
    }
    if suits(own) { return own }
    // A nightly is not taken for a project that did not ask for one.
    for name in names.reversed() where name != chosen.0 && (channel != nil || !name.hasPrefix("nightly")) {
      let other = try? ask(rustup.directory(name) / "bin/rustc", context, source: "the toolchain \(name) of rustup")
      if let other, suits(other) { return other }
    }
    return own
  }

  /// `toolchain.path`: a directory of the project or of the host.
  private static func named(
    _ directory: String, _ channel: RustChannel?, _ context: HostContext, _ files: ProjectFiles
  ) throws -> RustToolchain {
    let path = directory.hasPrefix("/") ? HostPath(directory) : files.root / directory
    guard directory.hasPrefix("/"), FileSystem.isExecutableFile(path / "bin/rustc") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the toolchain \(directory) is not there",
        hint: directory.hasPrefix("/")
          ? "install it there, or name a channel instead" : "packc takes absolute paths only; name a channel instead",
        at: channel?.location)
    }
    return try ask(path / "bin/rustc", context, source: "\(channel?.location.description ?? "") names it")
  }

  /// What the compiler says of itself.
  private static func ask(_ found: HostPath, _ context: HostContext, source: String) throws -> RustToolchain {
    let rustc = FileSystem.resolve(found) ?? found
    let run = ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"])
    let answer = try run.output([rustc.description, "--verbose", "--version", "--print=sysroot"])
    var fields: [Substring: String] = [:]
    var root: HostPath?
    for line in (answer.text ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { fields[parts[0]] = String(parts[1].drop { $0 == " " }) }
      if line.hasPrefix("/") { root = HostPath(String(line)) }
    }
    guard let release = fields["release"].flatMap({ CargoVersion($0) }), let host = fields["host"] else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(rustc) does not say its version: \(answer.errors)",
        hint: "install Rust again: https://rustup.rs")
    }
    let sysroot = root ?? rustc.parent.parent
    let beside = rustc.parent / "cargo"
    guard let cargo = FileSystem.isExecutableFile(beside) ? beside : context.findTool("cargo") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "there is no cargo beside \(rustc), and none in PATH", hint: installing)
    }
    return RustToolchain(
      rustc: rustc, cargo: FileSystem.resolve(cargo) ?? cargo, release: release, host: host, sysroot: sysroot,
      source: source, context: context)
  }

  // MARK: What it is

  /// Host files whose identity is that of the toolchain. The compiler itself is a library with a hash in its name, which
  /// the small program rustc names.
  var tools: [String] { [cargo, rustc].map(\.description) }

  /// Whether the standard library of a target is installed.
  func has(target: String) -> Bool { FileSystem.isDirectory(sysroot / "lib/rustlib" / target / "lib") }

  // MARK: Checks

  /// The channel and the oldest version that the project names, against this one.
  func check(
    _ channel: RustChannel?, _ minimum: (version: CargoVersion, at: SourceLocation)?, _ mode: BuildMode,
    _ notes: PackNotes
  )
    throws
  {
    if let channel, let wanted = channel.channel, !isNamed(wanted), !channel.fits(release) {
      try complain(
        "\(channel.location.path) asks for Rust \(wanted), and the host's is \(release) (\(rustc))",
        "rustup toolchain install \(wanted)", channel.location, mode, notes)
    }
    if let minimum, release < minimum.version, release.numbers != minimum.version.numbers {
      try complain(
        "\(minimum.at.path) asks for Rust \(minimum.version) or newer (rust-version), and the host's is \(release) (\(rustc))",
        "rustup toolchain install \(minimum.version), or take a newer one for all: `rustup update stable`", minimum.at,
        mode, notes)
    }
  }

  /// It lies in rustup's directory of that very name.
  private func isNamed(_ channel: String) -> Bool {
    let name = sysroot.name
    return name == channel || name == "\(channel)-\(host)"
  }

  private func complain(
    _ message: String, _ hint: String, _ location: SourceLocation, _ mode: BuildMode, _ notes: PackNotes
  ) throws {
    guard mode == .debug else {
      throw PackRefusal(.toolchainMissing, "toolchain_version", message, hint: hint, at: location)
    }
    notes.warn(message, hint: hint)
  }
}
