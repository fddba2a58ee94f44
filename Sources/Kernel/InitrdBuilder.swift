internal import Glibc
public import PackCore

/// A layer as a segment of an initrd. The key names the layer's content: its diffID, or a digest of its entries.
public struct InitrdSegment: Sendable {
  public let key: Digest
  public let layer: LayerContent
  public init(key: Digest, layer: LayerContent) {
    self.key = key
    self.layer = layer
  }
}

/// An initrd that was written.
public struct WrittenInitrd: Sendable {
  public struct Segment: Sendable {
    /// `base`, a layer's role, `manifest`.
    public let name: String
    public let size: Int64
    /// True when it is as it was in an earlier initrd, and was not written again.
    public let reused: Bool
  }
  public let digest: Digest
  public let size: Int64
  public let segments: [Segment]
}

/// Writes initrds: newc archives in a row, which the kernel unpacks one over the other.
///
///     base      /init, /.packc/config, /.packc/modules/*.ko, the directories that are mounted over
///     layers    runtime, dependencies, application
///     manifest  /.packc/manifest, by which the init knows that all before it was unpacked
///
/// The archives are not compressed: measured with CPython's 74 MB on one emulated processor, raw boots as fast as lz4
/// (which only the last segment may be) and 0.3 s faster than zstd, and an unchanged segment needs no work at all. A
/// compression would stand between `NewcWriter` and its file.
///
/// Everything is read, hashed and written once. What changes most, the last layer and the manifest, stands at the end, and
/// what stands before it is taken from an earlier initrd, see `PrefixStore`.
public struct InitrdBuilder: Sendable {
  private let store: PrefixStore

  /// What is known of earlier initrds is kept in `cache` between builds.
  public init(cache: HostPath) { store = PrefixStore(root: cache) }

  /// Writes the initrd to `path`, beside it first. `previous` is the one that it will replace, if there is one.
  public func write(
    base: GuestBase, segments: [InitrdSegment], to path: HostPath, replacing previous: HostPath? = nil
  ) throws -> WrittenInitrd {
    for segment in segments { try Self.check(segment.layer) }
    let work = try FileSystem.createTemporaryDirectory(in: path.parent, prefix: ".initrd")
    defer { try? FileSystem.removeTree(work) }
    let staged = work / "initrd"
    var parts = [Part(name: "base", entries: try base.entries(), key: nil)]
    parts += segments.map { Part(name: $0.layer.role.rawValue, entries: $0.layer.entries, key: $0.key) }
    // The base and all layers but the last one.
    let steady = max(1, parts.count - 1)
    parts.append(Part(name: "manifest", entries: RootManifest(segments.map(\.layer)).entries, key: nil))
    let prefix = try PrefixStore.key(parts[..<steady].map { try $0.key ?? Self.key(of: $0.entries) })

    let found = Beginning(try store.place(prefix, at: staged, from: previous))
    let (sizes, state) = try Self.write(parts, to: staged, after: found, steady: steady)
    try store.remember(
      prefix, file: staged,
      prefix: .init(end: Int64(state.prefix.count), state: state.prefix.state, sizes: Array(sizes[..<steady])),
      retiring: previous)
    try FileSystem.rename(staged, to: path)
    return WrittenInitrd(
      digest: state.whole.finish(), size: sizes.reduce(0, +),
      segments: zip(parts, sizes).enumerated().map { index, part in
        .init(name: part.0.name, size: part.1, reused: found != nil && index < steady)
      })
  }

  /// What an earlier initrd begins with.
  private struct Beginning {
    let state: ResumableSHA256
    let sizes: [Int64]

    init?(_ prefix: PrefixStore.Prefix?) {
      guard let prefix, let state = ResumableSHA256(state: prefix.state, count: UInt64(prefix.end)) else { return nil }
      self.state = state
      sizes = prefix.sizes
    }
  }

  private struct Part {
    let name: String
    let entries: [RootFilesystem.Entry]
    /// Nil for what is small enough to be its own key.
    let key: Digest?
  }

  /// Writes what `found` has not got. The sizes of all parts, and the digest's state behind the steady ones and at the end.
  private static func write(
    _ parts: [Part], to staged: HostPath, after found: Beginning?, steady: Int
  ) throws -> (sizes: [Int64], state: (prefix: ResumableSHA256, whole: ResumableSHA256)) {
    let file = try Descriptor.open(staged, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o644)
    try file.truncate(to: Int64(found?.state.count ?? 0))
    guard lseek(file.raw, off_t(found?.state.count ?? 0), SEEK_SET) >= 0, fchmod(file.raw, 0o644) == 0 else {
      throw Failure.system("write", staged, errno: errno)
    }
    var sink = HashingSink(file, after: found?.state ?? ResumableSHA256())
    var sizes = found?.sizes ?? []
    var last = try sink.checkpoint()
    var prefix = last
    for index in sizes.count..<parts.count {
      var writer = NewcWriter(into: sink)
      try writer.add(parts[index].entries)
      sink = try writer.finish()
      let state = try sink.checkpoint()
      sizes.append(Int64(state.count - last.count))
      last = state
      if index == steady - 1 { prefix = state }
    }
    return (sizes, (prefix, last))
  }

  /// Of entries whose content is in memory, or small.
  private static func key(of entries: [RootFilesystem.Entry]) throws -> Digest {
    var hash = SHA256()
    for entry in entries {
      hash.update("\(entry.mode):\(entry.uid):\(entry.gid):\(entry.size):")
      hash.update(entry.path.bytes + [0])
      if case .bytes(let bytes) = entry.content { hash.update(bytes) }
    }
    return hash.finish()
  }

  /// What packc's own files stand on belongs to no layer, and newc knows no extended attributes.
  static func check(_ layer: LayerContent) throws {
    for entry in layer.entries {
      if GuestBase.reserved.contains(where: entry.path.isInside) {
        throw KernelFailure.cannotCarry(
          entry.path.absolute, "packc's init needs that name in the machine",
          hint: "put the file elsewhere (unik.yaml: artifact.files), or build with --no-unikernel")
      }
      if let capabilities = entry.capabilities {
        throw KernelFailure.cannotCarry(
          entry.path.absolute, "the archive has no place for its capabilities, \(capabilities)",
          hint: "build the container alone with --no-unikernel, or take the file out of artifact.capabilities")
      }
    }
  }
}
