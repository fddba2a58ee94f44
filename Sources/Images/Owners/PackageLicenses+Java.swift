internal import PackCore

extension PackageLicenses {
  /// The names in `<licenses>` of a pom. Of several a user may choose (Maven's model reference, `licenses`); they are
  /// said only when each is one of SPDX's list. What a parent says is in another file.
  static func maven(_ pom: [UInt8]) -> String? {
    var scanner = PomLicenses(pom)
    let names = scanner.names()
    if names.count == 1 { return known[key(names[0])] ?? names[0] }
    let all = names.compactMap { known[key($0)] }
    return all.isEmpty || all.count != names.count ? nil : all.joined(separator: " OR ")
  }

  /// `Bundle-License` of a manifest: a name or an address, perhaps with attributes behind it.
  static func manifest(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").replacing("\n ", with: "")
    let field = "Bundle-License:"
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field) }) else { return nil }
    let value = line.dropFirst(field.utf8.count)
    // A list, in which a quoted comma is no end of an entry: of one entry alone.
    guard !value.replacing("\"Apache License, Version 2.0\"", with: "").contains(",") else { return nil }
    let name = value.prefix { $0 != ";" }.drop { $0 == " " }
    return name.isEmpty ? nil : known[key(String(name))] ?? String(name)
  }

  /// Without quotes, scheme and article, in small letters.
  private static func key(_ text: String) -> String {
    var key = text.lowercased().split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }.joined(separator: " ")
    key = key.replacing("\"", with: "")
    for prefix in ["https://", "http://", "www.", "the "] where key.hasPrefix(prefix) { key.removeFirst(prefix.count) }
    while key.hasSuffix("/") { key.removeLast() }
    return key
  }

  /// Names and addresses that poms and manifests have for licences of SPDX's list.
  private static let known: [String: String] = [
    "apache license, version 2.0": "Apache-2.0", "apache license version 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "apache software license, version 2.0": "Apache-2.0",
    "apache software license - version 2.0": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache 2": "Apache-2.0",
    "apache-2.0": "Apache-2.0", "apache.org/licenses/license-2.0": "Apache-2.0",
    "apache.org/licenses/license-2.0.txt": "Apache-2.0", "apache.org/licenses/license-2.0.html": "Apache-2.0",
    "mit": "MIT", "mit license": "MIT", "mit license (mit)": "MIT", "opensource.org/licenses/mit": "MIT",
    "opensource.org/licenses/mit-license.php": "MIT",
    "bsd 2-clause license": "BSD-2-Clause", "bsd-2-clause": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause", "bsd-3-clause": "BSD-3-Clause", "bsd license 3": "BSD-3-Clause",
    "eclipse public license 1.0": "EPL-1.0", "eclipse public license - v 1.0": "EPL-1.0",
    "eclipse public license v1.0": "EPL-1.0", "eclipse public license 2.0": "EPL-2.0",
    "eclipse public license - v 2.0": "EPL-2.0", "eclipse public license v. 2.0": "EPL-2.0",
    "eclipse public license v2.0": "EPL-2.0", "epl 2.0": "EPL-2.0", "epl-2.0": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0", "eclipse.org/legal/epl-v10.html": "EPL-1.0",
    "mozilla public license, version 2.0": "MPL-2.0", "mozilla public license version 2.0": "MPL-2.0",
    "cddl 1.0": "CDDL-1.0", "cddl 1.1": "CDDL-1.1", "cc0": "CC0-1.0",
    "public domain, per creative commons cc0": "CC0-1.0",
  ]
}

/// The names of `project/licenses/license` in a pom, without the rest of XML: tags, comments and marked sections are told
/// apart, and nothing that is declared in the document is believed.
struct PomLicenses {
  private static let place = ["project", "licenses", "license", "name"]
  private static let deepest = 64
  private static let most = 16

  private let bytes: [UInt8]
  private var position = 0
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func names() -> [String] {
    var path: [String] = []
    var names: [String] = []
    while position < bytes.count, names.count < Self.most, path.count <= Self.deepest {
      let text = take(until: "<")
      // Text behind which nothing comes is no name.
      if path == Self.place, position < bytes.count, let name = Self.plain(text) { names.append(name) }
      if skip("!--") {
        _ = take(until: "-->")
      } else if skip("![CDATA[") {
        _ = take(until: "]]>")
      } else if skip("?") {
        _ = take(until: "?>")
      } else {
        let tag = take(until: ">")
        if tag.first == UInt8(ascii: "!") || tag.last == UInt8(ascii: "/") { continue }
        if tag.first == UInt8(ascii: "/") {
          if !path.isEmpty { path.removeLast() }
        } else {
          path.append(String(decoding: tag.prefix { !Self.space.contains($0) }, as: UTF8.self))
        }
      }
    }
    return names
  }

  private static let space: Set<UInt8> = [0x09, 0x0a, 0x0d, 0x20]

  /// What stands before `end`, which is passed; the rest where there is no end.
  private mutating func take(until end: StaticString) -> ArraySlice<UInt8> {
    let mark = UnsafeBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount)
    let start = position
    while position + mark.count <= bytes.count {
      if bytes[position] == mark[0], bytes[position..<position + mark.count].elementsEqual(mark) {
        defer { position += mark.count }
        return bytes[start..<position]
      }
      position += 1
    }
    position = bytes.count
    return bytes[start...]
  }

  private mutating func skip(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private static func plain(_ text: ArraySlice<UInt8>) -> String? {
    var name = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for (entity, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
      name = name.replacing(entity, with: sign)
    }
    return name.isEmpty ? nil : name
  }
}
