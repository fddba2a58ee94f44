internal import Contract
public import OCI
public import PackCore

/// How an image says that it was built: its labels, and the provenance that lies beside it. Nobody vouches for either; a
/// rebuild that gives the same digest proves them, and one that does not is told what to look at.
public struct ImageClaims: Sendable {
  public let digest: Digest
  public let mode: BuildMode
  public let platform: Platform
  public let packName: String
  public let packVersion: String
  public let packcVersion: String
  public let revision: String?
  public let hasMachine: Bool
  /// The machine's root is a verified disk.
  public let hasRootDisk: Bool
  /// `gzip`, `zstd`; nil where nothing says it.
  public let compression: String?
  public let app: String?
  public let epoch: Int64
  /// Of the kernel in packc's catalog.
  public let kernel: Digest?
  /// What it was made of, by name: `toolchain:go` → a digest.
  public let materials: [String: String]

  /// - Throws: `not_packc` for an image that packc did not build.
  public init(_ image: SingleImage) throws {
    let labels = image.config.labels
    guard let version = labels["dev.packc.version"], let mode = labels["dev.packc.mode"].flatMap(BuildMode.init),
      let pack = labels["dev.packc.pack"]?.split(separator: "@", maxSplits: 1).map(String.init), let name = pack.first,
      let platform = Platform("\(image.config.platform.os)/\(image.config.platform.architecture)")
    else {
      throw Failure(
        "not_packc", "\(image.source.name) does not say how packc built it",
        hint: "`packc verify IMAGE --source DIR` rebuilds images of `packc build`", exit: .badInput)
    }
    let statements = try SignatureReader(image.source).statements(of: image.descriptor.digest)
    let definition = statements.first { $0.predicateType == Statement.Predicate.provenance }?
      .predicate["buildDefinition"]
    let parameters = definition?["externalParameters"]
    digest = image.descriptor.digest
    (packcVersion, self.mode, self.platform) = (version, mode, platform)
    (packName, packVersion) = (name, pack.count > 1 ? pack[1] : "")
    revision = labels["org.opencontainers.image.revision"]
    hasMachine = labels["dev.packc.kernel.digest"] != nil
    hasRootDisk = labels["dev.packc.root.verity"] != nil
    compression = parameters?["compression"]?.string ?? image.layers.first.map { $0.format == .zstd ? "zstd" : "gzip" }
    app = parameters?["app"]?.string
    epoch = definition?["internalParameters"]?["epoch"]?.integer ?? 0
    materials = Self.materials(definition)
    kernel = materials.first { $0.key.hasPrefix("kernel:") }.flatMap { Digest(hex: $0.value) }
  }

  private static func materials(_ definition: JSONValue?) -> [String: String] {
    Dictionary(
      (definition?["resolvedDependencies"]?.array ?? []).compactMap { material in
        guard let name = material["name"]?.string, let digest = material["digest"]?.object?.values.first?.string else {
          return nil
        }
        return (name, digest)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// In which ways what was at hand for the rebuild is not what the image claims.
  /// - Parameter provenance: of the rebuild.
  public func shortcomings(of provenance: JSONValue?, packc: String) -> [String] {
    var out: [String] = []
    if packc != packcVersion { out.append("packc: the image is of \(packcVersion), this is \(packc)") }
    let found = Self.materials(provenance?["buildDefinition"])
    for name in Set(materials.keys).union(found.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where materials[name] != found[name] && !materials.isEmpty {
      out.append("\(name): the image has \(Self.short(materials[name])), here is \(Self.short(found[name]))")
    }
    return out
  }

  private static func short(_ digest: String?) -> String { digest.map { String($0.prefix(12)) } ?? "none" }
}
