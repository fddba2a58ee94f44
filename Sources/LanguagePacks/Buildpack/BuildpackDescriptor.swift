internal import PackCore

/// A buildpack as its `buildpack.toml` describes it.
struct BuildpackDescriptor {
  /// A part of an order: `id`, `version`, `optional`.
  struct Reference {
    var id: String
    /// nil for any.
    var version: String?
    var optional: Bool
    var location: SourceLocation?
  }
  struct Target: Equatable {
    var os: String?
    var architecture: String?
    /// Empty for any; each with a name and perhaps a version.
    var distributions: [Distribution] = []
  }
  struct Distribution: Equatable {
    var name: String?
    var version: String?
  }

  /// Of the buildpack below the pack's `buildpack` directory: "" or `hello-world`.
  var place: String
  var api: BuildpackAPI
  var id: String
  var version: String
  var clearsEnvironment: Bool
  var targets: [Target]
  /// Ids of `[[stacks]]`, which targets replaced.
  var stacks: [String]
  /// The groups of a composite buildpack; empty for a component.
  var order: [[Reference]]

  var name: String { "\(id)@\(version)" }
  /// The name of its layers' directory: `/layers/samples_hello-world`.
  var directoryName: String { id.replacing("/", with: "_") }

  /// `shown` is how errors name the file.
  init(_ bytes: [UInt8], place: String, shown: String) throws {
    let reader = try TOMLReader(bytes, path: shown)
    self.place = place
    api = try Self.api(reader.required("api"))
    let table = try reader.required("buildpack")
    id = try Self.id(table.required("id"))
    let version = try table.required("version")
    guard let text = version.value.string, !text.isEmpty else { throw version.failure("expected a version") }
    self.version = text
    clearsEnvironment = try table.optional("clear-env")?.bool() ?? false
    targets = try reader.optional("targets")?.array().map(Self.target) ?? []
    stacks = try reader.optional("stacks")?.array().map { try $0.required("id").string() } ?? []
    order = try Self.order(reader)
  }

  private static func api(_ reader: TOMLReader) throws -> BuildpackAPI {
    let text = try reader.string()
    guard let api = BuildpackAPI(text) else { throw reader.failure("\"\(text)\" is not a version such as \"0.10\"") }
    guard api.isSupported else {
      throw reader.failure(
        "this buildpack speaks the Buildpack API \(text); packc speaks \(BuildpackAPI.oldest) to \(BuildpackAPI.newest)"
      )
    }
    return api
  }

  private static func id(_ reader: TOMLReader) throws -> String {
    let id = try reader.string()
    let isPlain = id.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "./-_".utf8.contains($0)
    }
    let isPath = RootPath(id) != nil && !id.hasPrefix("/") && !id.hasSuffix("/")
    guard isPlain, isPath, !id.isEmpty, id.utf8.count <= 200, !["app", "config", "generated", "sbom"].contains(id)
    else {
      throw reader.failure("\"\(id)\" cannot be the id of a buildpack (letters, digits, dots, slashes, dashes)")
    }
    return id
  }

  private static func target(_ reader: TOMLReader) throws -> Target {
    Target(
      os: try reader.optional("os")?.string(), architecture: try reader.optional("arch")?.string(),
      distributions: try reader.optional("distros")?.array().map {
        Distribution(name: try $0.optional("name")?.string(), version: try $0.optional("version")?.string())
      } ?? [])
  }

  /// `[[order]]` with `[[order.group]]`, of a composite buildpack or of order.toml.
  static func order(_ reader: TOMLReader) throws -> [[Reference]] {
    if reader.value["order-extensions"] != nil {
      throw reader.failure("image extensions (order-extensions) change a base image, and packc has none: not supported")
    }
    return try reader.optional("order")?.array().map { group in
      try group.required("group").array().compactMap { element in
        guard try runsInProduction(element) else { return nil }
        let version = try element.optional("version")?.string()
        return Reference(
          id: try id(element.required("id")), version: version?.isEmpty == true ? nil : version,
          optional: try element.optional("optional")?.bool() ?? false, location: element.location)
      }
    } ?? []
  }

  /// `exec-env`, of a group's element, a process or a layer's metadata: packc builds for production.
  static func runsInProduction(_ reader: TOMLReader) throws -> Bool {
    guard let names = try reader.optional("exec-env")?.strings(), !names.isEmpty else { return true }
    return names.contains { $0 == "production" || $0 == "*" }
  }
}
