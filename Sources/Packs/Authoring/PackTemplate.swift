public import PackCore

/// What `packc pack new` writes: a working pack in a language of the author's choice. The templates are files of the
/// installation, so that they are linted, tested and read like any others.
///
///     templates/pack/common/…      in every pack: pack.json, README.md, a sample project below test
///     templates/pack/<language>/…  bin/pack in that language, or what its build.sh makes bin/pack from
///
/// `@NAME@` in a path or a text stands for the pack's name.
public struct PackTemplate: Sendable {
  /// The number that decides between packs of equal confidence, and the name: `50-zig`.
  public struct Name: Hashable, Sendable {
    public let order: Int
    public let name: String

    static let defaultOrder = 50

    /// `zig` or `50-zig`.
    public init(_ text: String) throws {
      let dash = UInt8(ascii: "-")
      let numbered = PackLoader.parse(Array(text.utf8)) ?? PackLoader.parse(Array("\(Self.defaultOrder)-\(text)".utf8))
      guard let numbered, numbered.name.utf8.count <= 32, numbered.name.utf8.first != dash,
        numbered.name.utf8.last != dash
      else {
        throw Failure(
          "bad_pack_name", "\"\(text)\" is not a name for a pack",
          hint: "lower-case letters, digits and dashes, at most 32, with or without a number: zig, 45-zig",
          exit: .usage)
      }
      (order, name) = numbered
    }

    /// The name of the pack's directory.
    public var directory: String { (order < 10 ? "0" : "") + "\(order)-\(name)" }
  }

  private static let common = "common"
  private static let placeholder = Array("@NAME@".utf8)

  private let templates: HostPath
  private let context: HostContext

  public init(installation: Installation, context: HostContext) {
    templates = installation.templates / "pack"
    self.context = context
  }

  public func languages() throws -> [String] {
    try DirectoryWalk.names(in: templates).map { String(decoding: $0, as: UTF8.self) }.filter { $0 != Self.common }
  }

  /// Writes the pack `name` into `place` and returns its directory and the files in it. What is there is never touched.
  public func write(_ name: Name, language: String, into place: HostPath) throws -> (HostPath, [RootPath]) {
    let languages = try languages()
    guard languages.contains(language) else {
      throw Failure(
        "wrong_usage", "--language \(language): there is no template of that name",
        hint: Suggestion.nearest(to: language, in: languages).map { "did you mean \($0)?" }
          ?? "one of \(languages.joined(separator: ", "))", exit: .usage)
    }
    let target = place / name.directory
    guard try FileSystem.status(target) == nil else {
      throw Failure(
        "pack_exists", "\(target) is already there, and nothing in it was changed",
        hint: "choose another name or another --directory, or remove it", exit: .badInput)
    }
    let staged = try StagedDirectory(for: target)
    for part in [Self.common, language] { try copy(templates / part, to: staged.path, name) }
    try build(staged.path, language)
    let files = try DirectoryWalk.sortedByPath(staged.path).filter { $0.status.kind == .file }.map(\.path)
    try staged.commit()
    return (target, files)
  }

  private func copy(_ source: HostPath, to directory: HostPath, _ name: Name) throws {
    for entry in try DirectoryWalk.sortedByPath(source) where entry.status.kind == .file {
      let path = directory / HostPath(bytes: Self.fill(entry.path.bytes, name))
      try FileSystem.createDirectory(path.parent)
      try FileSystem.writeAtomically(
        Self.fill(try FileSystem.read(source / entry.path), name), to: path,
        mode: entry.status.mode & 0o100 != 0 ? 0o755 : 0o644, durable: false)
    }
  }

  static func fill(_ bytes: [UInt8], _ name: Name) -> [UInt8] {
    var rest = bytes[...]
    var out: [UInt8] = []
    while let byte = rest.first {
      if byte == placeholder[0], rest.starts(with: placeholder) {
        out += Array(name.name.utf8)
        rest = rest.dropFirst(placeholder.count)
      } else {
        out.append(byte)
        rest = rest.dropFirst()
      }
    }
    return out
  }

  /// A language that is compiled brings a script that makes `bin/pack`.
  private func build(_ directory: HostPath, _ language: String) throws {
    let script = directory / "build.sh"
    guard FileSystem.exists(script) else { return }
    let result = try ProcessRunner().run(
      Command(["/bin/sh", script.description], environment: context.environment, directory: directory, timeout: 300))
    guard result.succeeded else {
      throw Failure(
        "toolchain_missing", "the template in \(language) could not be built: build.sh ended with \(result.end)",
        hint: "install the toolchain (see `packc check`), or take another --language", exit: .toolchain,
        cause: result.errorText.split(separator: "\n").suffix(10).joined(separator: "\n    "))
    }
  }
}
