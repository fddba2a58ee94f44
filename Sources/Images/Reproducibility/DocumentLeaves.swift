internal import PackCore

/// The values of a JSON document by where they stand: `config.Labels.version`.
enum DocumentLeaves {
  static func of(_ value: JSONValue, at place: String = "") -> [String: String] {
    var leaves: [String: String] = [:]
    collect(value, place, &leaves)
    return leaves
  }

  private static func collect(_ value: JSONValue, _ place: String, _ leaves: inout [String: String]) {
    switch value {
    case .object(let object) where !object.isEmpty:
      for (key, value) in object { collect(value, place.isEmpty ? key : "\(place).\(key)", &leaves) }
    case .array(let array) where !array.isEmpty:
      for (index, value) in array.enumerated() { collect(value, "\(place)[\(index)]", &leaves) }
    case .string(let text): leaves[place] = text
    default: leaves[place] = String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
    }
  }

  /// What differs, by place.
  static func changes(_ before: [UInt8], _ after: [UInt8]) -> [(place: String, before: String?, after: String?)] {
    guard let old = try? JSONParser.parse(before), let new = try? JSONParser.parse(after) else {
      return [("", "\(before.count) bytes", "\(after.count) bytes")]
    }
    let (a, b) = (of(old), of(new))
    return Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { ($0, a[$0], b[$0]) }
  }

  /// A digest follows from what it is of, and says nothing more.
  static func isDerived(_ before: String?, _ after: String?) -> Bool {
    guard let before, let after else { return false }
    return [before, after].allSatisfy { (Digest($0) ?? Digest(hex: $0)) != nil }
  }
}
