public import PackCore

extension BillOfMaterials {
  private static let mostComponents = 1_000_000

  /// What `cycloneDX` wrote.
  /// - Throws: `bad_json` where it is another tool's, or damaged.
  public init(cycloneDX reader: JSONReader) throws {
    let metadata = try reader.required("metadata")
    let image = try metadata.required("component")
    let tools = try metadata.required("tools").required("components").array()
    let list = try reader.required("components")
    let components = try list.array()
    guard components.count <= Self.mostComponents else {
      throw list.failure("more than \(Self.mostComponents) components")
    }
    self.init(
      name: try image.required("name").string(), version: try image.optional("version")?.string() ?? "",
      subject: try image.required("bom-ref").digest(), timestamp: try metadata.required("timestamp").string(),
      toolVersion: try tools.first?.required("version").string() ?? "",
      components: try components.map { try Component(cycloneDX: $0) })
  }
}

extension BillOfMaterials.Component {
  fileprivate init(cycloneDX reader: JSONReader) throws {
    let type = try reader.required("type")
    guard let kind = Kind(rawValue: try type.string()) else { throw type.failure("not one of packc's kinds") }
    let hashes = try reader.optional("hashes")?.array().map { hash in
      (try hash.required("alg").string(), try hash.required("content").string())
    }
    let license = try reader.optional("licenses")?.array().first
    let text = try license?.optional("expression")?.string() ?? license?.optional("license")?.required("name").string()
    self.init(
      kind: kind, name: try reader.required("name").string(), version: try reader.optional("version")?.string() ?? "",
      purl: try reader.optional("purl")?.string(), hashes: Dictionary(hashes ?? []) { $1 },
      license: text.flatMap(LicenseText.init),
      files: try reader.optional("evidence")?.required("occurrences").array().map {
        try $0.required("location").string()
      } ?? [])
  }
}
