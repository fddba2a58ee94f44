internal import PackCore
internal import Packs

/// The interpreters of the host, behind whatever PATH puts in front of them: links, virtual environments, pyenv's shims.
struct PythonInterpreters {
  struct Found: Equatable {
    /// The program itself.
    var path: HostPath
    /// nil when only running it would tell.
    var version: PythonVersion?
    /// As it was found: `/usr/bin/python3`.
    var command: HostPath
  }
  /// `python3` first, then `python3.N` from old to new: where a project asks for 3.12 or newer, 3.12 is what it was made
  /// with, and what its packages have wheels for.
  private(set) var all: [Found] = []

  static let oldest = PythonVersion(major: 3, minor: 8)

  init(_ context: HostContext) {
    var commands: [(minor: Int, path: HostPath)] = []
    for directory in context.searchPath {
      for name in (try? DirectoryWalk.names(in: directory)) ?? [] {
        let text = String(decoding: name, as: UTF8.self)
        guard text == "python3" || text.hasPrefix("python3."), FileSystem.isExecutableFile(directory / text) else {
          continue
        }
        if text == "python3" { commands.append((-1, directory / text)) }
        if let minor = Int(text.dropFirst(8)) { commands.append((minor, directory / text)) }
      }
    }
    // Stable: at the same name, PATH's order decides.
    let ordered = commands.enumerated().sorted { ($0.element.minor, $0.offset) < ($1.element.minor, $1.offset) }
    for (_, command) in ordered {
      guard let found = Self.settle(command.path), !all.contains(where: { $0.path == found.path }) else { continue }
      all.append(found)
    }
  }

  private static func settle(_ command: HostPath) -> Found? {
    if let base = environmentBase(command) { return settle(base) }
    guard let real = FileSystem.resolve(command) else { return nil }
    if !isELF(real) { return pyenv(command) ?? Found(path: real, version: nil, command: command) }
    return Found(path: real, version: PythonVersion(real.name) ?? PythonVersion(command.name), command: command)
  }

  /// A virtual environment's python: the interpreter that `home` of its pyvenv.cfg names.
  private static func environmentBase(_ command: HostPath) -> HostPath? {
    let configuration = command.parent.parent / "pyvenv.cfg"
    guard let bytes = (try? FileSystem.readIfPresent(configuration, limit: 1 << 16)) ?? nil else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
      guard parts.count == 2, parts[0] == "home" else { continue }
      let base = HostPath(String(parts[1])) / command.name
      return FileSystem.isExecutableFile(base) && base != command ? base : nil
    }
    return nil
  }

  private static func isELF(_ path: HostPath) -> Bool {
    guard let file = try? Descriptor.open(path) else { return false }
    var magic = [UInt8](repeating: 0, count: 4)
    let count = (try? magic.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
    return count == 4 && magic == [0x7f] + Array("ELF".utf8)
  }

  /// `ROOT/shims/python3.11` → `ROOT/versions/3.11.*/bin/python3.11`, the newest; `ROOT/shims/python3` → the first version
  /// that `ROOT/version` names.
  private static func pyenv(_ shim: HostPath) -> Found? {
    let root = shim.parent.parent
    let versions = root / "versions"
    guard shim.parent.name == "shims", FileSystem.isDirectory(versions) else { return nil }
    let installed = ((try? DirectoryWalk.names(in: versions)) ?? []).map { String(decoding: $0, as: UTF8.self) }
    func found(_ name: String) -> Found? {
      let program = versions / name / "bin" / shim.name
      guard FileSystem.isExecutableFile(program) else { return nil }
      let real = FileSystem.resolve(program) ?? program
      return Found(path: real, version: PythonVersion(name), command: shim)
    }
    if shim.name == "python3" {
      let text = ((try? FileSystem.readIfPresent(root / "version", limit: 1 << 16)) ?? nil) ?? []
      return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).lazy.map(String.init)
        .compactMap(found).first
    }
    return installed.compactMap(found).filter { $0.version != nil }
      .max { ($0.version?.patch ?? 0) < ($1.version?.patch ?? 0) }
  }

  // MARK: Which one

  /// The interpreter that meets every requirement. In debug, when none does, the host's own, with a warning.
  func choose(_ wanted: [PythonRequirement], mode: BuildMode, _ notes: PackNotes) throws -> Found {
    guard let first = all.first else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"python3\" is not in PATH",
        hint: "`apt-get install python3 python3-pip`")
    }
    let fitting = all.first { found in
      guard let version = found.version else { return wanted.isEmpty }
      return version.major == 3 && version.minor >= Self.oldest.minor && wanted.allSatisfy { $0.allows(version) }
    }
    if let fitting { return fitting }
    let refusal = mismatch(wanted)
    guard mode == .debug else { throw refusal }
    notes.warn(refusal.message, hint: refusal.hint)
    return first
  }

  /// Release: an error; debug: a warning.
  func mismatch(_ wanted: [PythonRequirement]) -> PackRefusal {
    let asked = wanted.map { "\($0.source) asks for Python \($0.text)" }.joined(separator: " and ")
    let oldest = "packc runs Python \(Self.oldest) and newer"
    let here = all.map { "\($0.version?.description ?? "unknown") (\($0.path))" }.joined(separator: ", ")
    let location = wanted.first.map { SourceLocation(path: $0.source, line: $0.line) }
    if let old = wanted.first(where: { Self.isTooOld($0) }) {
      return PackRefusal(
        .toolchainMissing, "toolchain_version",
        "\(old.source) asks for Python \(old.text), which is not maintained any more, and \(oldest)",
        hint: "write a newer one into \(old.source); the host has \(here)",
        at: SourceLocation(path: old.source, line: old.line))
    }
    let short = wanted.compactMap { PythonVersion($0.text.filter { !"<>=!~^ ".contains($0) }) }.first?.short ?? "3.12"
    return PackRefusal(
      .toolchainMissing, "toolchain_version", "\(wanted.isEmpty ? oldest : asked), and the host has \(here)",
      hint: "`apt-get install python\(short)`, `pyenv install \(short)` or `uv python install \(short)`, "
        + "and have its python\(short) in PATH",
      at: location)
  }

  /// No release that packc runs can meet it.
  private static func isTooOld(_ wanted: PythonRequirement) -> Bool {
    let newer = (oldest.minor...99).contains { wanted.allows(PythonVersion(major: 3, minor: $0)) }
    let older = (0..<oldest.minor).contains { wanted.allows(PythonVersion(major: 3, minor: $0)) }
    return !newer && (older || (0...9).contains { wanted.allows(PythonVersion(major: 2, minor: $0)) })
  }
}
