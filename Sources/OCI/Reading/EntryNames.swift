internal import PackCore

/// Names as archives have them: `./a`, `/a`, `a//b/`. They are read as every engine reads them, below the image's root;
/// `..` climbs and is refused, even where it would come back.
struct EntryNames {
  let limits: ReadingLimits

  private static let slash = UInt8(ascii: "/")

  /// - Throws: `unsafe_archive`.
  func path(_ bytes: [UInt8]) throws -> RootPath {
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count)
    var depth = 0
    for part in bytes.split(separator: Self.slash) {
      if part.count <= 2, part.first == UInt8(ascii: "."), part.last == UInt8(ascii: ".") {
        if part.count == 1 { continue }
        throw OCIFailure.unsafe("climbs out of its directory by ..", bytes)
      }
      guard part.count <= limits.nameLength else {
        throw OCIFailure.unsafe("has a name of \(part.count) bytes; the limit is \(limits.nameLength)", bytes)
      }
      if depth > 0 { joined.append(Self.slash) }
      joined += part
      depth += 1
    }
    guard joined.count <= limits.pathLength else {
      throw OCIFailure.unsafe("is a path of \(joined.count) bytes; the limit is \(limits.pathLength)", bytes)
    }
    guard depth <= limits.depth else {
      throw OCIFailure.unsafe("is \(depth) directories deep; the limit is \(limits.depth)", bytes)
    }
    guard let path = RootPath(bytes: joined) else { throw OCIFailure.unsafe("is no path", bytes) }
    return path
  }

  /// `.wh.NAME` and `.wh..wh..opq` (OCI image spec, layer.md, "Whiteouts").
  enum Whiteout {
    case of(RootPath)
    case opaque(RootPath)
  }

  private static let prefix = Array(".wh.".utf8)
  private static let opaque = Array(".wh..wh..opq".utf8)

  /// Nil for an ordinary name.
  func whiteout(_ path: RootPath) throws -> Whiteout? {
    let name = path.nameBytes
    guard name.starts(with: Self.prefix) else {
      guard !path.components.dropLast().contains(where: { $0.starts(with: Self.prefix) }) else {
        throw OCIFailure.unsafe("lies below a name that begins with .wh.", path.bytes)
      }
      return nil
    }
    let parent = path.parent ?? .root
    guard !parent.components.contains(where: { $0.starts(with: Self.prefix) }) else {
      throw OCIFailure.unsafe("lies below a name that begins with .wh.", path.bytes)
    }
    if name.elementsEqual(Self.opaque) { return .opaque(parent) }
    let hidden = name.dropFirst(Self.prefix.count)
    guard !hidden.starts(with: Self.prefix), let target = parent.appending(component: hidden) else {
      throw OCIFailure.unsafe("is a whiteout of nothing", path.bytes)
    }
    return .of(target)
  }
}
