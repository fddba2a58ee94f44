internal import PackCore

/// What installed packages say of their licence, in the files that their installers left.
enum PackageLicenses {
  /// Python's `METADATA`: `License-Expression` (PEP 639), then a `License` of one line, then the classifiers.
  static func python(_ metadata: [UInt8]) -> String? {
    var license: String?
    var classified: [String] = []
    for line in metadata.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty || line.elementsEqual("\r".utf8) { break }
      if let expression = value("License-Expression", line) { return expression }
      if let found = value("License", line), !found.isEmpty { license = license ?? found }
      if let found = value("Classifier", line), found.hasPrefix("License :: "),
        let name = found.split(separator: ":").last.map({ $0.drop { $0 == " " } }), name != "OSI Approved"
      {
        classified.append(Self.classifiers[String(name)] ?? String(name))
      }
    }
    return license ?? (classified.count == 1 ? classified[0] : nil)
  }

  private static func value(_ field: String, _ line: ArraySlice<UInt8>) -> String? {
    guard line.starts(with: "\(field):".utf8) else { return nil }
    return String(decoding: line.dropFirst(field.utf8.count + 1), as: UTF8.self)
      .split { $0 == " " || $0 == "\r" || $0 == "\t" }.joined(separator: " ")
  }

  /// Those of PyPI's classifiers that name one licence of SPDX's list.
  private static let classifiers = [
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "Python Software Foundation License": "PSF-2.0", "zlib/libpng License": "Zlib",
  ]

  /// npm's `package.json`: `license`, an expression; older ones have `{"type": …}`, or a list of them of which one may choose.
  static func node(_ manifest: JSONValue) -> String? {
    func name(_ value: JSONValue) -> String? { value.string ?? value["type"]?.string }
    if let license = manifest["license"].flatMap(name) { return license }
    let names = manifest["licenses"]?.array?.compactMap(name) ?? []
    return names.isEmpty ? nil : names.joined(separator: " OR ")
  }
}
