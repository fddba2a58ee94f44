internal import Glibc
public import OCI
public import PackCore

/// A name in a registry, to be written. What the registry has is not sent again; what another repository of it has is
/// mounted. For any number of threads.
public final class RegistryDestination: ImageDestination {
  public let name: String
  public let reference: RegistryReference
  private let repository: RegistryRepository
  /// Repositories of this registry that are likely to have the blobs: a store's image was pulled from there.
  private let likely: [RegistryReference]
  /// Where blobs lie while they are sent that have no file.
  private let scratch: HostPath
  private let state = Locked(State())

  /// What became of the blobs.
  public struct Tally: Hashable, Sendable {
    public var sent = 0
    public var mounted = 0
    public var present = 0
    public var sentBytes: Int64 = 0
    /// Referrers for which the fallback tag was written.
    public var fallbackReferrers = 0
  }
  private struct State {
    var tally = Tally()
    var mounted: Set<Digest> = []
  }

  /// - Parameters:
  ///   - client: of the reference's host.
  ///   - likely: where the image is known to lie, too; those of another host do not count.
  ///   - scratch: a directory for blobs on their way; made when it is needed.
  public init(
    _ client: RegistryClient, _ reference: RegistryReference, likely: [RegistryReference] = [], scratch: HostPath
  ) {
    self.reference = reference
    self.likely = likely
    self.scratch = scratch
    name = reference.description
    repository = RegistryRepository(client, reference, .push)
  }

  public var tally: Tally { state.withLock { $0.tally } }

  public func has(_ descriptor: BlobDescriptor) throws -> Bool {
    guard try repository.has(blob: descriptor.digest) else { return false }
    state.withLock { $0.tally.present += 1 }
    return true
  }

  public func put(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void
  ) throws {
    let outcome = try withoutActuallyEscaping(progress) { progress in
      try send(descriptor, from: source, progress: progress)
    }
    state.withLock { state in
      switch outcome {
      case .mounted:
        state.tally.mounted += 1
        state.mounted.insert(descriptor.digest)
      case .sent:
        state.tally.sent += 1
        state.tally.sentBytes += descriptor.size
      }
    }
  }

  public func isMounted(_ descriptor: BlobDescriptor) -> Bool {
    state.withLock { $0.mounted.contains(descriptor.digest) }
  }

  private func send(
    _ descriptor: BlobDescriptor, from source: any ImageSource, progress: @escaping @Sendable (Int64) -> Void
  ) throws -> BlobUpload.Outcome {
    // What has to be fetched first is half done then.
    let isSpooled = Locked(false)
    var upload = BlobUpload(repository, descriptor) { done in
      progress(isSpooled.withLock { $0 } ? (descriptor.size + done) / 2 : done)
    }
    var spool: Spool?
    defer { withExtendedLifetime(spool) {} }
    return try upload.run(mountingFrom: neighbours(source)) {
      if let file = source.file(of: descriptor.digest) { return file }
      let made = try Spool(in: scratch)
      spool = made
      try made.fill(descriptor, from: source) { progress($0 / 2) }
      isSpooled.withLock { $0 = true }
      return made.file
    }
  }

  /// Repositories of this registry that have what the source has.
  private func neighbours(_ source: any ImageSource) -> [String] {
    let others = ([source.registry].compactMap { $0 } + likely).filter { $0.host == reference.host }
    var seen: Set<String> = [repository.name]
    return others.map { RegistryRepository(repository.client, $0, .pull).name }.filter { seen.insert($0).inserted }
  }

  public func put(_ document: ImageDocument) throws {
    let digest = document.descriptor.digest
    if try repository.has(manifest: digest.description), document.subject == nil { return }
    try write(document, as: digest.description)
  }

  public func finish(_ root: ImageDocument) throws {
    if let digest = reference.digest, digest != root.descriptor.digest {
      throw RegistryFailure.wrongDigest(reference, is: root.descriptor.digest)
    }
    try write(
      root,
      as: reference.digest == nil ? reference.tag ?? "latest" : reference.tag ?? root.descriptor.digest.description)
  }

  /// A registry that keeps referrers says so with `OCI-Subject`; elsewhere the client keeps an index under a tag
  /// (distribution spec, "Pushing Manifests with Subject").
  private func write(_ document: ImageDocument, as name: String) throws {
    let headers = try repository.put(document, as: name)
    guard let subject = document.subject, headers?["oci-subject"] == nil else { return }
    try repository.addFallbackReferrer(document.asReferrer, to: subject.digest)
    state.withLock { $0.tally.fallbackReferrers += 1 }
  }
}

/// A blob on its way from one registry to another: whole and checked before its first byte is sent, so that a cut upload
/// can go on.
private final class Spool {
  private let directory: WorkDirectory
  var file: HostPath { directory.path / "blob" }

  init(in scratch: HostPath) throws { directory = try WorkDirectory(in: scratch, prefix: "push") }

  func fill(_ descriptor: BlobDescriptor, from source: any ImageSource, progress: (Int64) -> Void) throws {
    let output = try Descriptor.open(file, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    var done: Int64 = 0
    try source.read(descriptor) { bytes in
      try output.write(bytes)
      done += Int64(bytes.count)
      progress(done)
    }
    try output.close()
  }
}
