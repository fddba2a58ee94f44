internal import OCI
internal import PackCore

/// Where a path of an image really lies: package databases name `/lib/x` where `/lib` is a link to `usr/lib`.
struct PlaceResolver {
  private let files: ImageFiles
  private var known: [RootPath: RootPath] = [.root: .root]
  private static let deepest = 40

  init(_ files: ImageFiles) { self.files = files }

  /// Links in every component but the last are followed; nil where they make a loop or leave the image's paths.
  mutating func real(_ path: RootPath) -> RootPath? {
    guard let parent = path.parent else { return path }
    guard let directory = directory(parent, depth: 0) else { return nil }
    return directory == parent ? path : directory.appending(component: path.nameBytes)
  }

  private mutating func directory(_ path: RootPath, depth: Int) -> RootPath? {
    if let found = known[path] { return found }
    guard depth < Self.deepest, let parent = path.parent, let above = directory(parent, depth: depth + 1),
      let place = above.appending(component: path.nameBytes)
    else { return nil }
    var result: RootPath? = place
    if case .link(let target)? = files[place]?.entry.kind {
      result = follow(target, from: above).flatMap { directory($0, depth: depth + 1) }
    }
    if let result { known[path] = result }
    return result
  }

  private func follow(_ target: [UInt8], from directory: RootPath) -> RootPath? {
    var place = target.first == UInt8(ascii: "/") ? RootPath.root : directory
    for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) {
        place = place.parent ?? .root
      } else {
        guard let next = place.appending(component: part) else { return nil }
        place = next
      }
    }
    return place
  }
}
