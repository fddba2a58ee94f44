extension JSONReader {
  /// Refuses keys that are one of these in another case. Readers written in Go take `Layers` for `layers`, and the last of
  /// both, so that two readers would see two images.
  public func refuseOtherSpellings(of keys: Set<String>) throws {
    for key in value.object?.keys.sorted() ?? [] where !keys.contains(key) {
      if let meant = keys.first(where: { Self.folded($0) == Self.folded(key) }) {
        throw failure("the key \"\(key)\" is \"\(meant)\" for some readers, and nothing for others")
      }
    }
  }

  /// As Go's encoding/json compares names: `K` (Kelvin) is a k there, and `ſ` an s.
  private static func folded(_ key: String) -> String { key.lowercased().uppercased() }
}
