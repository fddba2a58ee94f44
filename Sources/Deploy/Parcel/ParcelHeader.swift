public import PackCore
public import Runner

/// `packc.json`, a parcel's first member: what it is, and what follows. Nothing in it depends on when or where it was
/// written.
public struct ParcelHeader: Hashable, Sendable {
  public enum Contents: Hashable, Sendable {
    /// A deployment as it was.
    case backup(DeploymentRecord, ReleaseOutcomes)
    /// What a deployment of it is to be, without values of variables, volumes and secrets.
    case bundle(DeploymentSpec)
  }
  public struct Volume: Hashable, Sendable {
    public let name: VolumeName
    /// Bytes of its disk.
    public let size: Int64
  }

  static let fileName = "packc.json"
  static let schema: Int64 = 1
  /// Bytes of the document, releases and volumes that are taken.
  static let limit = 4 << 20
  private static let mostReleases = DeploymentRecord.kept + 1
  private static let mostVolumes = 256

  public let name: DeploymentName
  public let contents: Contents
  /// The images that follow, in this order: sorted, each once.
  public let releases: [Digest]
  /// The disks that follow the images, sorted by name.
  public let volumes: [Volume]

  init(_ record: DeploymentRecord, _ outcomes: ReleaseOutcomes, volumes: [Volume]) throws {
    name = try DeploymentName(record.name)
    contents = .backup(record, outcomes)
    releases = Self.sorted(record.releases.map(\.spec.image))
    self.volumes = volumes.sorted { $0.name.description < $1.name.description }
  }

  init(_ name: DeploymentName, _ spec: DeploymentSpec) {
    self.name = name
    contents = .bundle(spec)
    releases = [spec.image]
    volumes = []
  }

  private static func sorted(_ images: [Digest]) -> [Digest] { Set(images).sorted { $0.hex < $1.hex } }

  // MARK: - JSON

  var json: JSONValue {
    var object: [String: JSONValue] = [
      "schema": .integer(Self.schema), "name": .string("\(name)"),
      "volumes": .array(volumes.map { ["name": .string("\($0.name)"), "size": .integer($0.size)] }),
    ]
    switch contents {
    case .backup(let record, let outcomes):
      object["kind"] = "backup"
      object["record"] = record.json
      object["outcomes"] = outcomes.json
    case .bundle(let spec):
      object["kind"] = "bundle"
      object["spec"] = spec.json
    }
    return .object(object)
  }

  init(json reader: JSONReader) throws {
    name = try DeploymentName(try reader.required("name").string())
    let kind = try reader.required("kind")
    switch try kind.string() {
    case "backup":
      let record = try DeploymentRecord(json: try reader.required("record"))
      guard record.name == "\(name)" else { throw reader.failure("two names") }
      guard record.releases.count <= Self.mostReleases else { throw reader.failure("too many releases") }
      contents = .backup(record, try ReleaseOutcomes(json: try reader.required("outcomes")))
      releases = Self.sorted(record.releases.map(\.spec.image))
    case "bundle":
      let spec = try DeploymentSpec(json: try reader.required("spec"))
      guard spec.environment.isEmpty, spec.secrets.isEmpty, !spec.hasVolumes else {
        throw reader.failure("a bundle with variables, secrets or volumes")
      }
      contents = .bundle(spec)
      releases = [spec.image]
    default: throw kind.failure("neither a backup nor a bundle")
    }
    volumes = try reader.required("volumes").array().map {
      Volume(
        name: try VolumeName(try $0.required("name").string()),
        size: try $0.required("size").integer(in: 1...VolumeStore.sizes.upperBound))
    }
    var known: Set<VolumeName> = []
    if case .backup(let record, _) = contents { known = Set(record.volumeNames) }
    guard volumes.allSatisfy({ known.contains($0.name) }) else {
      throw reader.failure("a volume that no release has")
    }
    let names = volumes.map(\.name.description)
    guard volumes.count <= Self.mostVolumes, zip(names, names.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw reader.failure("its volumes are too many, or not sorted")
    }
  }
}
