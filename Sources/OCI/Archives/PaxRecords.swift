/// The records of a pax extended header (pax(1), "pax Extended Header"): `<length> <keyword>=<value>\n`, the length with
/// its own digits.
enum PaxRecords {
  /// Nil when they are not well formed. Of two records with one keyword, the last counts.
  static func parse(_ bytes: [UInt8]) -> [String: [UInt8]]? {
    var records: [String: [UInt8]] = [:]
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > 0, length <= rest.count
      else { return nil }
      let end = rest.startIndex + length
      guard space + 1 < end, rest[end - 1] == UInt8(ascii: "\n") else { return nil }
      let record = rest[(space + 1)..<(end - 1)]
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")), equals > record.startIndex else { return nil }
      records[String(decoding: record[..<equals], as: UTF8.self)] = Array(record[(equals + 1)...])
      rest = rest[end...]
    }
    return records
  }
}
