public import PackCore

/// The last images that a project's builds made, the newest first, in the project's state:
///
///     <cache>/projects/<digest>/builds
///
/// It keeps what comparing them needs and their layers do not say. An image that the build made again is no new one.
public struct BuildHistory: Sendable {
  public struct Build: Hashable, Sendable {
    /// `shop:latest`
    public var name: String
    public var manifest: BlobDescriptor
    public var owners: OwnerRules
    /// `contract.json`.
    public var contract: JSONValue

    public init(name: String, manifest: BlobDescriptor, owners: OwnerRules, contract: JSONValue) {
      self.name = name
      self.manifest = manifest
      self.owners = owners
      self.contract = contract
    }
  }

  private static let format: Int64 = 1
  private static let length = 2
  private static let sizeLimit = 64 << 20

  public private(set) var builds: [Build]
  private let file: HostPath

  /// The history of the project in that directory. One that is torn or of another version is taken as none.
  public init(project: HostPath, cache: HostPath) {
    self.init(file: cache / "projects" / Digest(of: project.bytes).hex / "builds")
  }

  public init(file: HostPath) {
    self.file = file
    builds = (try? Self.read(file)) ?? []
  }

  private static func read(_ file: HostPath) throws -> [Build] {
    guard let bytes = try FileSystem.readIfPresent(file, limit: sizeLimit) else { return [] }
    let reader = JSONReader(try JSONParser.parse(bytes, name: file.description))
    guard try reader.required("format").integer() == format else { return [] }
    return try reader.required("builds").array().map { build in
      Build(
        name: try build.required("name").string(), manifest: try BlobDescriptor(build.required("manifest")),
        owners: try OwnerRules(build.required("owners")), contract: try build.required("contract").value)
    }
  }

  /// Puts an image at the front and writes the file.
  public mutating func add(_ build: Build) throws {
    builds.removeAll { $0.manifest.digest == build.manifest.digest }
    builds = Array(([build] + builds).prefix(Self.length))
    let json: JSONValue = [
      "format": .integer(Self.format),
      "builds": .array(
        builds.map {
          [
            "name": .string($0.name), "manifest": $0.manifest.json, "owners": $0.owners.json, "contract": $0.contract,
          ]
        }),
    ]
    try CacheRecord.replace(file, by: CanonicalJSON.encode(json))
  }

  /// The image of that digest.
  public func build(_ digest: Digest) -> Build? { builds.first { $0.manifest.digest == digest } }
}
