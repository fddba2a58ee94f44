public import PackCore

/// What `packc image gc` removed and what stayed; its JSON has the keys of `docs/schema/image-gc.schema.json`.
public struct CollectionResult: Sendable {
  /// Things of one kind: how many, and the bytes that their removal freed.
  public struct Tally: Hashable, Sendable {
    public var count = 0
    public var size: Int64 = 0

    init(_ sizes: [Int64] = []) {
      for size in sizes { add(size) }
    }
    mutating func add(_ size: Int64) {
      count += 1
      self.size += size
    }
    var json: JSONValue { ["count": .integer(Int64(count)), "size": .integer(size)] }
  }

  public internal(set) var dryRun: Bool
  /// By what they are: `blobs`, `layers`, `steps`, `segments`, `stripped`, `projects`,
  /// `histories`, `leftovers`.
  public internal(set) var removed: [String: Tally] = [:]
  public internal(set) var images = 0
  public internal(set) var blobs = Tally()
  /// Names of the store whose image is not whole: something of it was lost, and the collector did not do it.
  public internal(set) var damaged: [String] = []

  public var freed: Int64 { removed.values.map(\.size).reduce(0, +) }

  public var json: JSONValue {
    [
      "dry_run": .bool(dryRun), "freed": .integer(freed), "removed": .object(removed.mapValues(\.json)),
      "kept": [
        "images": .integer(Int64(images)), "blobs": blobs.json,
      ],
      "damaged": JSONValue(strings: damaged),
    ]
  }

  mutating func add(_ what: String, _ sizes: [Int64]) {
    guard !sizes.isEmpty else { return }
    for size in sizes { removed[what, default: Tally()].add(size) }
  }
}
