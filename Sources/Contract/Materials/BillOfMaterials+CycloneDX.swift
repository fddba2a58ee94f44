public import PackCore

extension BillOfMaterials {
  /// CycloneDX 1.6. The serial number is made of the content, so the same image gives the same document.
  public var cycloneDX: JSONValue {
    var document: [String: JSONValue] = [
      "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
      "version": 1,
      "metadata": [
        "timestamp": .string(timestamp),
        "tools": ["components": [["type": "application", "name": "packc", "version": .string(toolVersion)]]],
        "component": JSONValue(compact: [
          "type": "container", "bom-ref": .string(subject.description), "name": .string(name),
          "version": version.isEmpty ? nil : .string(version),
        ]),
      ],
      "components": .array(components.map(\.cycloneDX)),
      "dependencies": [
        ["ref": .string(subject.description), "dependsOn": .array(components.map { .string($0.reference) })]
      ],
    ]
    let hex = Array(Digest(of: .object(document)).hex)
    // RFC 9562, version 8: the digits are a digest's.
    let uuid = [hex[0..<8], hex[8..<12], ["8"] + hex[13..<16], ["a"] + hex[17..<20], hex[20..<32]].map { String($0) }
    document["serialNumber"] = .string("urn:uuid:\(uuid.joined(separator: "-"))")
    return .object(document)
  }
}

extension BillOfMaterials.Component {
  fileprivate var cycloneDX: JSONValue {
    JSONValue(compact: [
      "type": .string(kind.rawValue), "bom-ref": .string(reference), "name": .string(name),
      "version": version.isEmpty ? nil : .string(version), "purl": purl.map(JSONValue.string),
      "hashes": hashes.isEmpty
        ? nil
        : .array(
          hashes.sorted { $0.key < $1.key }.map { ["alg": .string($0.key), "content": .string($0.value)] }),
      "licenses": license.map { license in
        license.isExpression
          ? [["expression": .string(license.text)]] : [["license": ["name": .string(license.text)]]]
      },
      "evidence": files.isEmpty
        ? nil : ["occurrences": .array(files.map { ["location": .string($0)] })],
    ])
  }
}
