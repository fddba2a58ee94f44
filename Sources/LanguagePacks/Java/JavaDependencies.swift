internal import PackCore
internal import Packs

/// What the build takes from repositories, by hash. Neither Maven nor Gradle has a lock with hashes of everything, plugins
/// included, so packc.lock has it.
struct JavaDependencies {
  enum State {
    /// Lines for `lib/Fetch.java`: `SHA256 PATH BASE`.
    case locked(list: String, count: Int)
    case unresolved(BuildPlan.Resolution)
  }
  static let ecosystem = "maven"

  /// A file of packc.lock's list.
  struct Package: Equatable {
    var name: String
    var version: String
    /// nil for the mirror.
    var repository: String?
    var files: [String]
    var sha256: [String]

    init(_ reader: JSONReader) throws {
      name = try reader.required("name").string()
      version = try reader.required("version").string()
      repository = try reader.optional("repository")?.string()
      files = try reader.required("files").strings()
      sha256 = try reader.required("sha256").strings()
      let isPlain = ([name, version] + files + sha256).allSatisfy { text in
        !text.isEmpty && !text.hasPrefix("/") && !text.contains("..") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
      }
      guard isPlain, files.count == sha256.count, !(repository ?? "").contains(where: \.isWhitespace) else {
        throw reader.failure("expected as many hashes as files, and names without spaces")
      }
    }

    var isDistribution: Bool { name == "distribution" }

    var lines: [String] {
      let parts = name.split(separator: ":").map(String.init)
      let directory =
        isDistribution
        ? "distribution"
        : (parts[0].split(separator: ".") + parts.dropFirst().map { $0[...] } + [version[...]]).joined(separator: "/")
      return zip(files, sha256).map { "\($1) \(directory)/\($0) \(repository ?? "-")" }
    }
  }

  /// What packc.lock holds; nil when nothing is resolved yet.
  static func packages(_ lock: JSONValue?) throws -> [Package]? {
    guard let section = lock?[ecosystem] else { return nil }
    return try JSONReader(section, path: "packc.lock").required("packages").array().map(Package.init)
  }

  static func state(
    _ request: PackRequest, inputs: [BuildPlan.LockFile], environment: [String: String], step: BuildStep
  ) throws -> State {
    if let section = request.lock?[ecosystem], isCurrent(section, inputs, environment),
      let packages = try packages(request.lock)
    {
      let list = packages.flatMap(\.lines).map { $0 + "\n" }.joined()
      return .locked(list: list, count: packages.count)
    }
    return .unresolved(
      .init(
        ecosystem: ecosystem, inputs: inputs, step: step, output: RootPath(literal: "packages.json"),
        environment: environment))
  }

  private static func isCurrent(_ section: JSONValue, _ inputs: [BuildPlan.LockFile], _ environment: [String: String])
    -> Bool
  {
    let locked = section["inputs"]?.object ?? [:]
    let found = Dictionary(uniqueKeysWithValues: inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    return locked == found && section["environment"] == JSONValue(strings: environment)
  }
}
