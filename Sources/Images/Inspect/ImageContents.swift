internal import OCI
public import PackCore

/// What an image's files take, and whose they are: for `packc image inspect`, after every layer was read.
public struct ImageContents: Sendable {
  /// A regular file among the largest.
  public struct Large: Hashable, Sendable {
    public let path: RootPath
    public let size: Int64
    public let owner: FileOwner?
  }

  public let files: Int
  /// Of regular files, each once.
  public let bytes: Int64
  /// The largest first.
  public let shares: [FileOwners.Share]
  /// At most `largeCount`, the largest first.
  public let large: [Large]
  public let notes: [String]

  private static let largeCount = 10
  /// Owners that text shows one by one.
  private static let shareCount = 12

  public init(_ snapshot: ImageSnapshot) {
    files = snapshot.fileCount
    bytes = snapshot.fileBytes
    shares = snapshot.owners.shares
    notes = snapshot.owners.notes
    large = snapshot.files.files.filter { $0.isFile && $0.bytes > 0 }
      .sorted { ($1.bytes, $0.entry.path) < ($0.bytes, $1.entry.path) }.prefix(Self.largeCount)
      .map { Large(path: $0.entry.path, size: $0.bytes, owner: snapshot.owners[$0.entry.path]) }
  }

  /// See `docs/schema/image.schema.json`, `contents`.
  public var json: JSONValue {
    [
      "files": .integer(Int64(files)), "bytes": .integer(bytes), "notes": JSONValue(strings: notes),
      "owners": .array(
        shares.map { share in
          JSONValue(compact: [
            "owner": share.owner?.json, "files": .integer(Int64(share.files)), "bytes": .integer(share.bytes),
          ])
        }),
      "largest": .array(
        large.map { file in
          JSONValue(compact: [
            "path": .string(file.path.absolute), "size": .integer(file.size), "owner": file.owner?.json,
          ])
        }),
    ]
  }

  public var text: String {
    var out = "files   \(files), \(ByteText.text(bytes))\n"
    var rows = shares.prefix(Self.shareCount).map { Self.row($0.owner, $0.bytes, Self.count($0.files)) }
    let rest = shares.dropFirst(Self.shareCount)
    if !rest.isEmpty {
      rows.append(
        [
          "  \(rest.count) more", ByteText.text(rest.reduce(0) { $0 + $1.bytes }),
          Self.count(rest.reduce(0) { $0 + $1.files }),
        ])
    }
    out += TextTable.lines(rows)
    if !large.isEmpty {
      out += "largest\n"
      out += TextTable.lines(
        large.map {
          ["  " + TerminalText.safe($0.path.absolute, columns: 100), ByteText.text($0.size), Self.title($0.owner)]
        })
    }
    return out + notes.map { "note    \(TerminalText.safe($0))\n" }.joined()
  }

  private static func count(_ files: Int) -> String { files == 1 ? "1 file" : "\(files) files" }

  private static func row(_ owner: FileOwner?, _ bytes: Int64, _ rest: String) -> [String] {
    ["  " + title(owner), ByteText.text(bytes), rest]
  }

  private static func title(_ owner: FileOwner?) -> String {
    guard let owner else { return "no known owner" }
    let name = owner.version.isEmpty ? owner.name : "\(owner.name) \(owner.version)"
    return "\(owner.kind.rawValue) \(TerminalText.safe(name, columns: 60))"
  }
}
