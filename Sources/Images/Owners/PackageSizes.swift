internal import OCI
public import PackCore

/// How much of an image each package owns, for `packc image inspect`.
public struct PackageSizes: Sendable {
  private let shares: [FileOwners.Share]
  private let notes: [String]
  private static let shown = 15

  public init(_ snapshot: ImageSnapshot) {
    shares = snapshot.owners.shares
    notes = snapshot.owners.notes
  }

  /// The inspection's document with the key `packages`: see `docs/schema/image.schema.json`.
  public func added(to document: JSONValue) -> JSONValue {
    guard case .object(var object) = document else { return document }
    object["packages"] = json
    return .object(object)
  }

  private var json: JSONValue {
    let unknown = shares.first { $0.owner == nil }
    return [
      "owners": .array(
        shares.compactMap { share in
          guard case .object(var object)? = share.owner?.json else { return nil }
          object["files"] = .integer(Int64(share.files))
          object["bytes"] = .integer(share.bytes)
          return .object(object)
        }),
      "unknown": ["files": .integer(Int64(unknown?.files ?? 0)), "bytes": .integer(unknown?.bytes ?? 0)],
      "bytes": .integer(total), "notes": JSONValue(strings: notes),
    ]
  }

  private var total: Int64 { shares.reduce(0) { $0 + $1.bytes } }

  /// The largest first; what belongs to nobody is always said.
  public func text(all: Bool) -> String {
    let owned = shares.filter { $0.owner != nil }
    let shown = owned.prefix(all ? .max : Self.shown)
    var rows = shown.map { row($0) }
    if shown.count < owned.count {
      let rest = owned[shown.count...].reduce(0) { $0 + $1.bytes }
      rows.append(["  … and \(owned.count - shown.count) more: --all", "", "", ByteText.text(rest)])
    }
    if let unknown = shares.first(where: { $0.owner == nil }) { rows.append(row(unknown)) }
    return "packages  \(owned.count), \(ByteText.text(total)) of files\n" + TextTable.lines(rows)
      + notes.map { "  note: \($0)\n" }.joined()
  }

  private func row(_ share: FileOwners.Share) -> [String] {
    let name = TerminalText.safe(
      share.owner.map { $0.version.isEmpty ? $0.name : "\($0.name) \($0.version)" } ?? "", columns: 60)
    return [
      "  " + (share.owner == nil ? "no known package" : name), share.owner?.kind.rawValue ?? "",
      "\(share.files) \(share.files == 1 ? "file" : "files")", ByteText.text(share.bytes),
    ]
  }
}
