internal import PackCore

/// `pack.json`: everything that packc knows of a pack without running it.
public struct PackManifest: Sendable {
  public struct Toolchain: Hashable, Sendable {
    public var name: String
    /// The command that prints its version.
    public var probe: [String]
    /// How to install it, for `packc check`.
    public var install: String?
  }
  /// A file that people have in the place of the one that the pack looks for, and what to do about it.
  public struct NearMiss: Sendable {
    public var rules: DetectRules
    public var hint: String
  }

  /// Protocol versions that it speaks, at least one of them packc's own.
  public var protocols: [String]
  public var name: String
  public var version: String
  public var languages: [String]
  public var phases: Set<PackPhase>
  public var rules: DetectRules
  public var options: OptionsSchema
  public var toolchains: [Toolchain]
  /// Environment variables of the caller that the pack and its fetch steps see.
  public var environmentPassthrough: [String]
  public var needsNetwork: Bool
  /// Whether the request lists the project's files.
  public var wantsFiles: Bool
  /// Executables of packc's own that the pack starts, found in `$PACKC_LIBEXEC`; part of the pack's identity.
  public var helpers: [String]
  /// What the pack looks for, in words, for the error when nothing is detected.
  public var looksFor: String
  public var nearMisses: [NearMiss]

  static let keys: Set<String> = [
    "protocol", "name", "version", "languages", "phases", "detect", "options_schema", "toolchains",
    "env_passthrough", "needs_network", "helpers", "looks_for", "near_misses", "project_files",
  ]

  /// Reads a manifest; unknown fields are told to `warn` and ignored, since minor versions of the protocol only add.
  init(_ reader: JSONReader, warn: (String) -> Void) throws {
    for key in (reader.value.object ?? [:]).keys.sorted() where !Self.keys.contains(key) {
      let near = Suggestion.nearest(to: key, in: Self.keys).map { "; did you mean \"\($0)\"?" } ?? ""
      warn("pack.json has the unknown field \"\(key)\"\(near)")
    }
    protocols = try reader.required("protocol").strings()
    guard protocols.contains(where: PackProtocol.speaks) else {
      throw reader.failure("protocol: it speaks \(protocols), and packc speaks \(PackProtocol.version)")
    }
    let name = try reader.required("name")
    self.name = try name.string()
    guard !self.name.isEmpty, self.name.utf8.allSatisfy(Self.isNameByte) else {
      throw name.failure("expected lower-case letters, digits and dashes")
    }
    version = try reader.required("version").string()
    guard !version.isEmpty, version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw reader.failure("version: expected printable characters without spaces")
    }
    languages = try reader.optional("languages")?.strings() ?? []
    phases = Set(try reader.required("phases").strings().compactMap(PackPhase.init(rawValue:)))
    guard phases.contains(.detect), phases.contains(.plan) else {
      throw reader.failure("phases: \"detect\" and \"plan\" are needed")
    }
    rules = try DetectRules(reader.required("detect"))
    options = try OptionsSchema(reader.optional("options_schema"))
    toolchains = try reader.optional("toolchains")?.array().map(Toolchain.init) ?? []
    environmentPassthrough = try Self.variables(reader.optional("env_passthrough"))
    wantsFiles = try reader.optional("project_files")?.bool() ?? false
    needsNetwork = try reader.optional("needs_network")?.bool() ?? false
    helpers = try Self.helpers(reader.optional("helpers"))
    looksFor = try reader.optional("looks_for")?.string() ?? rules.description
    nearMisses =
      try reader.optional("near_misses")?.array().map {
        NearMiss(rules: try DetectRules($0), hint: try $0.required("hint").string())
      } ?? []
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "-")
  }

  /// Names that a pack cannot ask for: packc sets them, they change what runs, or they hold registry credentials.
  private static func isForbidden(_ name: String) -> Bool {
    [
      "PATH", "HOME", "TMPDIR", "LANG", "TZ", "SOURCE_DATE_EPOCH", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG",
      "REGISTRY_AUTH_FILE",
    ].contains(name) || name.hasPrefix("LD_") || name.hasPrefix("PACKC_")
  }

  private static func variables(_ reader: JSONReader?) throws -> [String] {
    try reader?.array().map { element in
      let name = try element.string()
      let isName = name.utf8.allSatisfy {
        $0 == 0x5f || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
      }
      guard isName, let first = name.utf8.first, !(0x30...0x39).contains(first) else {
        throw element.failure("\"\(name)\" is not the name of a variable")
      }
      guard !isForbidden(name) else { throw element.failure("\(name) is never handed to a pack") }
      return name
    } ?? []
  }

  private static func helpers(_ reader: JSONReader?) throws -> [String] {
    try reader?.array().map { element in
      let name = try element.string()
      guard !name.hasPrefix("."), let path = RootPath(name), path.components.count == 1, !name.contains("/") else {
        throw element.failure("\"\(name)\" is not the name of a file in packc's libexec directory")
      }
      return name
    }.sorted() ?? []
  }
}

extension PackManifest.Toolchain {
  init(_ reader: JSONReader) throws {
    name = try reader.required("name").string()
    probe = try reader.required("probe").strings()
    guard !probe.isEmpty else { throw reader.failure("probe: a command needs a program") }
    install = try reader.optional("install")?.string()
  }
}
