internal import Archive
internal import Codec
internal import PackCore

/// A layer's archive out of its blob: a thread of its own reads, checks the blob's digest, decompresses and hashes; the
/// archive's reader takes the bytes on the caller's thread, at most `chunks` buffers behind.
final class LayerStream: ByteSource {
  private static let chunks = 4
  private static let chunkSize = 1 << 18

  private let shared: Locked<State>
  private let thread: HostThread<Result>
  private var current: Chunk?

  struct Result: Sendable {
    let diffID: Digest
    /// Bytes of the archive.
    let size: Int64
  }

  /// A buffer that one thread has at a time: whoever took it out of the state.
  fileprivate final class Chunk: @unchecked Sendable {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LayerStream.chunkSize, alignment: 64)
    var count = 0
    deinit { buffer.deallocate() }
  }

  fileprivate struct State {
    /// A queue, the oldest first.
    var full: [Chunk] = []
    var free: [Chunk] = []
    var isDone = false
    /// Nobody reads any more: only the blob's digest is still of interest.
    var isAbandoned = false
  }

  init(_ descriptor: BlobDescriptor, from source: any ImageSource, limits: ReadingLimits) throws {
    guard let format = descriptor.mediaType.layerFormat else {
      throw OCIFailure.damaged("\(descriptor.mediaType) is no layer of an image", in: source.name)
    }
    let shared = Locked(State(free: (0..<Self.chunks).map { _ in Chunk() }))
    self.shared = shared
    thread = try HostThread {
      defer { shared.withLockAndNotify { $0.isDone = true } }
      return try LayerProducer(descriptor, format, limits: limits, shared).run(source)
    }
  }

  func next() throws -> UnsafeRawBufferPointer {
    let before = current
    current = nil
    if let before { shared.withLockAndNotify { $0.free.append(before) } }
    current = shared.wait { state -> Chunk?? in
      if !state.full.isEmpty { return state.full.removeFirst() }
      return state.isDone ? .some(nil) : nil
    }
    guard let current else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: current.buffer[..<current.count])
  }

  /// The end of the thread; called exactly once. Before the end of the bytes it lets the thread read the rest of the
  /// blob, so that a blob which is not the one that its digest names is said to be that.
  func finish() throws -> Result {
    shared.withLockAndNotify { $0.isAbandoned = true }
    return try thread.join()
  }
}

/// The thread's part of a layer's stream.
private final class LayerProducer {
  private let descriptor: BlobDescriptor
  private let decompressor: any Decompressor
  private let shared: Locked<LayerStream.State>
  private let limits: ReadingLimits
  private var hash: SHA256? = SHA256()
  private var chunk: LayerStream.Chunk?
  private var size: Int64 = 0
  private var isAbandoned = false

  private struct Abandoned: Error {}

  init(
    _ descriptor: BlobDescriptor, _ format: MediaType.LayerFormat, limits: ReadingLimits,
    _ shared: Locked<LayerStream.State>
  ) throws {
    self.descriptor = descriptor
    self.limits = limits
    self.shared = shared
    let bounds = DecompressionLimits(members: limits.members, window: limits.window)
    decompressor =
      switch format {
      case .tar: StoredBytes()
      case .gzip: try GzipDecompressor(limits: bounds)
      case .zstd: try ZstdDecompressor(limits: bounds)
      }
  }

  func run(_ source: any ImageSource) throws -> LayerStream.Result {
    var problem: (any Error)?
    try source.read(descriptor) { piece in
      try Interruption.check()
      guard problem == nil else { return }
      do { try decompressor.write(piece) { try take($0) } } catch { problem = error }
    }
    // The blob is the right one; what is wrong is wrong in it.
    if let problem { throw problem }
    try decompressor.finish()
    try send()
    guard let digest = hash.take()?.finish() else { throw Abandoned() }
    return LayerStream.Result(diffID: digest, size: size)
  }

  private func take(_ bytes: UnsafeRawBufferPointer) throws {
    size += Int64(bytes.count)
    guard size <= limits.expanded(from: descriptor.size) else { throw tooLarge() }
    hash?.update(bytes)
    var rest = bytes
    while !rest.isEmpty {
      let chunk = try openChunk()
      let count = min(rest.count, chunk.buffer.count - chunk.count)
      UnsafeMutableRawBufferPointer(rebasing: chunk.buffer[chunk.count..<(chunk.count + count)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      chunk.count += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if chunk.count == chunk.buffer.count { try send() }
    }
  }

  private func openChunk() throws -> LayerStream.Chunk {
    if let chunk { return chunk }
    let free = shared.wait { state -> LayerStream.Chunk?? in
      if state.isAbandoned { return .some(nil) }
      return state.free.popLast().map { .some($0) }
    }
    guard let free else { throw Abandoned() }
    free.count = 0
    chunk = free
    return free
  }

  private func send() throws {
    guard let chunk, chunk.count > 0 else { return }
    self.chunk = nil
    shared.withLockAndNotify { $0.full.append(chunk) }
  }

  private func tooLarge() -> Failure {
    let limit = limits.expanded(from: descriptor.size)
    guard limit < limits.layerSize else {
      return OCIFailure.tooLarge("its archive has more than \(limit) bytes, the limit of one layer")
    }
    return OCIFailure.tooLarge(
      "its \(descriptor.size) bytes become more than \(limit): the limit is \(limits.ratio) times a blob's size, "
        + "or \(limits.ratioFrom) bytes")
  }
}
