internal import Glibc
internal import OCI
internal import PackCore

/// The same layer of two builds.
struct LayerPair {
  let title: String
  let before: SingleImage.Layer?
  let after: SingleImage.Layer?
  let sources: (before: any ImageSource, after: any ImageSource)
  /// For the contents of files that differ.
  let temporary: HostPath

  /// So many files of a layer are compared byte by byte; of more, only that they differ is said.
  static let opened = 24

  private typealias Listing = [RootPath: (entry: LayerEntry, digest: Digest?)]

  func differences() throws -> [BuildDifference] {
    let chain = ["image", "layer \(title)"]
    guard let before, let after else {
      return [BuildDifference(chain, .missing, before: before.map { _ in "there" }, after: after.map { _ in "there" })]
    }
    guard before.diffID != after.diffID else {
      guard before.descriptor.digest != after.descriptor.digest else { return [] }
      return [
        BuildDifference(
          chain, .stored, before: before.descriptor.digest.description, after: after.descriptor.digest.description)
      ]
    }
    let (old, new) = (try Self.list(before, sources.before), try Self.list(after, sources.after))
    let paths = Set(old.keys).union(new.keys).sorted()
    let contents = paths.filter {
      old[$0]?.digest != nil && new[$0]?.digest != nil && old[$0]?.digest != new[$0]?.digest
    }
    let bytes = try compare(Array(contents.prefix(Self.opened)), before, after)
    return paths.flatMap { path -> [BuildDifference] in
      let place = chain + [path.absolute]
      guard let a = old[path], let b = new[path] else {
        return [
          BuildDifference(
            place, .missing, before: old[path] == nil ? nil : "there", after: new[path] == nil ? nil : "there")
        ]
      }
      return Self.differences(place, a, b, bytes[path])
    }
  }

  private static func differences(
    _ place: [String], _ a: (entry: LayerEntry, digest: Digest?), _ b: (entry: LayerEntry, digest: Digest?),
    _ bytes: ByteDifference?
  ) -> [BuildDifference] {
    FileChange.aspects(
      ImageFiles.File(entry: a.entry, layer: 0, digest: a.digest),
      ImageFiles.File(entry: b.entry, layer: 0, digest: b.digest)
    ).map { aspect in
      switch aspect {
      case .mode: BuildDifference(place, .mode, before: a.entry.octalMode, after: b.entry.octalMode)
      case .owner:
        BuildDifference(
          place, .owner, before: "\(a.entry.uid):\(a.entry.gid)", after: "\(b.entry.uid):\(b.entry.gid)")
      case .link: BuildDifference(place, .link, before: target(a.entry), after: target(b.entry))
      case .type: BuildDifference(place, .type)
      case .attributes: BuildDifference(place, .attributes)
      case .content: BuildDifference(place, .content, bytes: bytes)
      }
    }
      + (a.entry.time == b.entry.time
        ? []
        : [
          BuildDifference(place, .time, before: String(a.entry.time), after: String(b.entry.time))
        ])
  }

  private static func target(_ entry: LayerEntry) -> String {
    if case .link(let bytes) = entry.kind { String(decoding: bytes, as: UTF8.self) } else { "" }
  }

  private static func list(_ layer: SingleImage.Layer, _ source: any ImageSource) throws -> Listing {
    var listing: Listing = [:]
    try LayerReader(source).read(layer.descriptor, diffID: layer.diffID) { entry, content in
      listing[entry.path] = (entry, entry.kind == .file ? try content.digest() : nil)
    }
    return listing
  }

  /// Where the contents part, by path.
  private func compare(
    _ paths: [RootPath], _ before: SingleImage.Layer, _ after: SingleImage.Layer
  ) throws -> [RootPath: ByteDifference] {
    guard !paths.isEmpty else { return [:] }
    let numbers = Dictionary(uniqueKeysWithValues: zip(paths, 0...))
    let place = try WorkDirectory(in: temporary, prefix: "compare")
    return try withExtendedLifetime(place) {
      func unpack(_ layer: SingleImage.Layer, _ source: any ImageSource, _ side: String) throws {
        try LayerReader(source).read(layer.descriptor, diffID: layer.diffID) { entry, content in
          guard let number = numbers[entry.path], entry.kind == .file else { return }
          let file = try Descriptor.open(place.path / "\(number).\(side)", O_WRONLY | O_CREAT | O_TRUNC)
          try content.read { try file.write($0) }
        }
      }
      try unpack(before, sources.before, "before")
      try unpack(after, sources.after, "after")
      var found: [RootPath: ByteDifference] = [:]
      for (path, number) in numbers {
        found[path] = try FilePair(before: place.path / "\(number).before", after: place.path / "\(number).after")
          .difference()
      }
      return found
    }
  }
}
