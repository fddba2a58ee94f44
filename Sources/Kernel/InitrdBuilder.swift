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
    public let digest: Digest
    public let size: Int64
    /// True when it came out of the cache.
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
public struct InitrdBuilder: Sendable {
  private let store: SegmentStore

  /// Segments of layers are kept in `cache` between builds.
  public init(cache: HostPath) { store = SegmentStore(root: cache) }

  /// Writes the initrd to `path`, beside it first. Segments whose key is in the cache are copied from there.
  public func write(base: GuestBase, segments: [InitrdSegment], to path: HostPath) throws -> WrittenInitrd {
    for segment in segments { try Self.check(segment.layer) }
    let work = try FileSystem.createTemporaryDirectory(in: path.parent, prefix: ".initrd")
    defer { try? FileSystem.removeTree(work) }
    let staged = work / "initrd"
    var written: [WrittenInitrd.Segment] = []
    var total = HashingSink(try Descriptor.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644))
    written.append(try append(name: "base", try base.entries(), key: nil, to: &total))
    for segment in segments {
      written.append(
        try append(name: segment.layer.role.rawValue, segment.layer.entries, key: segment.key, to: &total))
    }
    let manifest = RootManifest(segments.map(\.layer)).entries
    written.append(try append(name: "manifest", manifest, key: nil, to: &total))
    let (digest, size) = try total.finish()
    guard staged.withCString({ chmod($0, 0o644) }) == 0 else {
      throw Failure.system("set the mode of", staged, errno: errno)
    }
    try FileSystem.rename(staged, to: path)
    return WrittenInitrd(digest: digest, size: size, segments: written)
  }

  /// What packc's own files stand on belongs to no layer, and newc knows no extended attributes.
  private static func check(_ layer: LayerContent) throws {
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

  private func append(
    name: String, _ entries: [RootFilesystem.Entry], key: Digest?, to total: inout HashingSink
  ) throws -> WrittenInitrd.Segment {
    let segment = try store.segment(key) { writer in
      try writer.add(entries)
    }
    defer { store.release(segment) }
    let file = try Descriptor.open(segment.path)
    guard try total.copy(from: file, atMost: Int(segment.size)) == Int(segment.size) else {
      throw KernelFailure.changed(segment.path.description)
    }
    return .init(name: name, digest: segment.digest, size: segment.size, reused: segment.reused)
  }
}
