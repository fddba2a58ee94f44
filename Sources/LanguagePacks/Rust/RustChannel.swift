internal import PackCore

/// What a project says of its Rust: rust-toolchain.toml, or the old rust-toolchain with one line (rustup's book,
/// "Overrides").
struct RustChannel {
  /// `1.75`, `stable`, `nightly-2024-08-12`; nil when only components are named.
  var channel: String?
  /// `toolchain.path`
  var directory: String?
  var location: SourceLocation

  static func read(_ files: ProjectFiles) throws -> RustChannel? {
    for path in ["rust-toolchain", "rust-toolchain.toml"] {
      guard let place = RootPath(path), files.isFile(path) else { continue }
      let bytes = try FileSystem.read(files.root / place, limit: 1 << 20)
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
      if path == "rust-toolchain", lines.count == 1, !lines[0].contains("[") {
        return RustChannel(channel: lines[0], location: SourceLocation(path: path, line: 1))
      }
      let root = TOMLReader(try TOML.parse(bytes, path: path), path: path)
      guard let toolchain = try root.optional("toolchain") else { continue }
      let named = try toolchain.optional("channel") ?? toolchain.optional("path")
      return RustChannel(
        channel: try toolchain.optional("channel")?.string(), directory: try toolchain.optional("path")?.string(),
        location: (named ?? toolchain).location)
    }
    return try ToolVersions.pins(of: ["rust"], files).first.map {
      RustChannel(channel: $0.version, location: SourceLocation(path: $0.path, line: $0.line))
    }
  }

  /// Whether a compiler of that version is what the channel means. A date can only be told by rustup's directory.
  func fits(_ release: CargoVersion) -> Bool {
    guard let channel else { return true }
    switch channel {
    case "stable": return release.pre.isEmpty
    case "beta": return release.pre.first?.hasPrefix("beta") ?? false
    case "nightly": return release.pre.first == "nightly"
    default:
      let name =
        channel.firstRange(of: "-x86_64").map { channel[..<$0.lowerBound] }
        ?? channel.firstRange(of: "-aarch64").map { channel[..<$0.lowerBound] } ?? channel[...]
      return CargoVersion(name).map { release.isA($0) } ?? false
    }
  }
}
