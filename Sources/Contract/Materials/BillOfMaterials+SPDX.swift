public import PackCore

extension BillOfMaterials {
  /// SPDX 2.3. Packages only: which file belongs to which is in the CycloneDX document.
  public var spdx: JSONValue {
    let image = "SPDXRef-Image"
    let packages = components.enumerated().map { ("SPDXRef-Package-\($0.offset + 1)", $0.element) }
    let licenses = foreignLicenses
    var document: [String: JSONValue] = [
      "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": .string(name),
      "documentNamespace": .string("https://packc.dev/spdx/\(subject.hex)"),
      "creationInfo": ["created": .string(timestamp), "creators": [.string("Tool: packc-\(toolVersion)")]],
      "packages": .array(
        [Self.package(image, name, version, purl: nil, hashes: [:], license: nil)]
          + packages.map { id, component in
            Self.package(
              id, component.name, component.version, purl: component.purl, hashes: component.hashes,
              license: component.license.map { $0.isExpression ? $0.text : Self.reference(licenses, $0.text) })
          }),
      "relationships": .array(
        [Self.relation("SPDXRef-DOCUMENT", "DESCRIBES", image)]
          + packages.map { Self.relation(image, "CONTAINS", $0.0) }),
    ]
    if !licenses.isEmpty {
      document["hasExtractedLicensingInfos"] = .array(
        licenses.map {
          [
            "licenseId": .string(Self.reference(licenses, $0)), "name": .string($0),
            "extractedText": .string("The package says: \($0)"),
          ]
        })
    }
    return .object(document)
  }

  /// Names of licences that SPDX's list does not have, sorted.
  private var foreignLicenses: [String] {
    Set(components.compactMap(\.license).filter { !$0.isExpression }.map(\.text)).sorted()
  }

  /// What the document calls such a licence.
  private static func reference(_ licenses: [String], _ name: String) -> String {
    "LicenseRef-\((licenses.firstIndex(of: name) ?? 0) + 1)"
  }

  private static func package(
    _ id: String, _ name: String, _ version: String, purl: String?, hashes: [String: String], license: String?
  ) -> JSONValue {
    JSONValue(compact: [
      "SPDXID": .string(id), "name": .string(name), "versionInfo": version.isEmpty ? nil : .string(version),
      "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "NOASSERTION",
      "licenseDeclared": .string(license ?? "NOASSERTION"), "copyrightText": "NOASSERTION",
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
