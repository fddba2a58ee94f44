/// The licence of most of a Debian package, by its machine-readable `copyright` file: that of the paragraph `Files: *`.
/// Older files are prose, in which nothing is looked for.
///
/// Source: Debian's machine-readable debian/copyright file, version 1.0.
struct DebianCopyright {
  let license: String?

  init(_ text: [UInt8]) {
    var fields: [String: String] = [:]
    var isMachineReadable = false
    var found: String?
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) + [[]] {
      if line.isEmpty {
        if fields["Files"] == "*" { found = found ?? fields["License"] }
        fields = [:]
      } else if line.first != UInt8(ascii: " "), line.first != UInt8(ascii: "\t"),
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
      {
        let name = String(decoding: line[..<colon], as: UTF8.self)
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self).split { $0 == " " || $0 == "\t" }
        fields[name] = value.joined(separator: " ")
        if name == "Format" { isMachineReadable = true }
      }
    }
    license = isMachineReadable ? found.flatMap { $0.isEmpty ? nil : $0 } : nil
  }
}
