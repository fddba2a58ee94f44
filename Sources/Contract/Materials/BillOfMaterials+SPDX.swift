public import PackCore

extension BillOfMaterials {
  /// SPDX 2.3. Packages only: which file belongs to which is in the CycloneDX document.
  public var spdx: JSONValue {
    let image = "SPDXRef-Image"
    let packages = components.enumerated().map { ("SPDXRef-Package-\($0.offset + 1)", $0.element) }
    return [
      "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": .string(name),
      "documentNamespace": .string("https://packc.dev/spdx/\(subject.hex)"),
      "creationInfo": ["created": .string(timestamp), "creators": [.string("Tool: packc-\(toolVersion)")]],
      "packages": .array(
        [Self.package(image, name, version, purl: nil, hashes: [:])]
          + packages.map { Self.package($0, $1.name, $1.version, purl: $1.purl, hashes: $1.hashes) }),
      "relationships": .array(
        [Self.relation("SPDXRef-DOCUMENT", "DESCRIBES", image)]
          + packages.map { Self.relation(image, "CONTAINS", $0.0) }),
    ]
  }

  private static func package(
    _ id: String, _ name: String, _ version: String, purl: String?, hashes: [String: String]
  ) -> JSONValue {
    JSONValue(compact: [
      "SPDXID": .string(id), "name": .string(name), "versionInfo": version.isEmpty ? nil : .string(version),
      "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "NOASSERTION",
      "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
      "externalRefs": purl.map {
        [["referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": .string($0)]]
      },
      "checksums": hashes.isEmpty
        ? nil
        : .array(
          hashes.sorted { $0.key < $1.key }.map {
            ["algorithm": .string($0.key.replacing("-", with: "")), "checksumValue": .string($0.value)]
          }),
    ])
  }

  private static func relation(_ from: String, _ type: String, _ to: String) -> JSONValue {
    [
      "spdxElementId": .string(from), "relationshipType": .string(type), "relatedSpdxElement": .string(to),
    ]
  }
}
