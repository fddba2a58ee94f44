internal import Codec
internal import Glibc
internal import PackCore

/// A stream on its way through packc: one thread fills blocks, one hashes them in order, several compress them, and the
/// caller's thread takes the results in order.
///
///     source ─fill→ block ─┬→ hasher (diffID) ─┐
///                          └→ compressors ─────┴→ sink, in order ─→ block is free again
///
/// A fixed number of blocks goes round, so memory does not grow with the stream, and a slow end holds up the others.
/// Which thread compresses which block has no influence on the bytes (see `Codec`).
final class BlockPipeline: Sendable {
  /// One block's buffers. The source owns it until `submit`; then the hasher and one compressor read `input`, and that
  /// compressor writes `output`; then the caller owns it. Every hand-over goes through the lock of `state`.
  final class Block: @unchecked Sendable {
    let input: UnsafeMutableRawBufferPointer
    let output: UnsafeMutableRawBufferPointer
    fileprivate(set) var inputCount = 0
    fileprivate var outputCount = 0
    fileprivate var isHashed = false
    fileprivate var isCompressed = false

    init(inputSize: Int, outputSize: Int) {
      input = .allocate(byteCount: inputSize, alignment: 4096)
      output = .allocate(byteCount: outputSize, alignment: 4096)
    }
    deinit {
      input.deallocate()
      output.deallocate()
    }
  }

  private struct State {
    var free: [Block] = []
    var made = 0
    var toHash: [Block] = []
    var toCompress: [Block] = []
    /// All that are not free, in the order of the stream.
    var inOrder: [Block] = []
    var ended = false
    var failure: (any Error)?
  }

  /// Ends a thread because another one failed; never seen by the caller.
  private struct Stopped: Error {}

  private let codec: Codec?
  private let blockSize: Int
  private let limit: Int
  private let state = Locked(State())

  private init(codec: Codec?, threads: Int) {
    self.codec = codec
    blockSize = codec?.blockSize ?? 1 << 20
    limit = threads + 2
  }

  /// Runs `source` to its end.
  /// - Parameters:
  ///   - codec: nil to hash only; then `sink` is not called.
  ///   - threads: how many compress at a time.
  ///   - sink: takes the compressed blocks in order, on the caller's thread.
  /// - Returns: the SHA-256 of what `source` produced.
  /// - Throws: the first error of any thread; all threads have ended by then.
  static func run(
    codec: Codec?, threads: Int, source: @escaping @Sendable (BlockFeed) throws -> Void,
    sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Digest {
    let pipeline = BlockPipeline(codec: codec, threads: threads)
    var helpers: [HostThread<Void>] = []
    var hasher: HostThread<Digest>?
    do {
      hasher = try HostThread { try pipeline.guarding { try pipeline.hash() } }
      if let codec {
        for _ in 0..<threads {
          helpers.append(try HostThread { try pipeline.guarding { try pipeline.compress(codec) } })
        }
      }
      helpers.append(try HostThread { try pipeline.guarding { try source(BlockFeed(pipeline)) } })
      try pipeline.drain(sink)
    } catch {
      pipeline.stop(error)
    }
    for helper in helpers { _ = try? helper.join() }
    let digest = hasher.flatMap { try? $0.join() }
    if let failure = pipeline.state.withLock({ $0.failure }) { throw failure }
    guard let digest else { throw Failure("thread_lost", "a thread ended without a result") }
    return digest
  }

  // MARK: the source's side

  /// An empty block; waits until one is free.
  func takeFree() throws -> Block {
    try state.wait { state in
      if state.failure != nil { throw Stopped() }
      if let block = state.free.popLast() { return block }
      guard state.made < self.limit else { return nil }
      state.made += 1
      return Block(inputSize: self.blockSize, outputSize: self.codec?.compressedBound ?? 0)
    }
  }

  /// Hands over a block with `count` bytes.
  func submit(_ block: Block, count: Int) throws {
    try Interruption.check()
    block.inputCount = count
    block.isHashed = false
    block.isCompressed = codec == nil
    state.withLockAndNotify { state in
      state.toHash.append(block)
      if self.codec != nil { state.toCompress.append(block) }
      state.inOrder.append(block)
    }
  }

  func end() { state.withLockAndNotify { $0.ended = true } }

  // MARK: the threads

  /// The next block of a queue; nil at the end of the stream.
  private func next(_ queue: WritableKeyPath<State, [Block]>, when ready: (Block) -> Bool = { _ in true }) throws
    -> Block?
  {
    try state.wait { state -> Block?? in
      if state.failure != nil { throw Stopped() }
      if let first = state[keyPath: queue].first {
        guard ready(first) else { return nil }
        return .some(state[keyPath: queue].removeFirst())
      }
      return state.ended ? .some(nil) : nil
    }
  }

  private func hash() throws -> Digest {
    var hash = SHA256()
    while let block = try next(\.toHash) {
      hash.update(UnsafeRawBufferPointer(rebasing: block.input[..<block.inputCount]))
      state.withLockAndNotify { _ in block.isHashed = true }
    }
    return hash.finish()
  }

  private func compress(_ codec: Codec) throws {
    let compressor = try BlockCompressor(codec)
    while let block = try next(\.toCompress) {
      let count = try compressor.compress(
        UnsafeRawBufferPointer(rebasing: block.input[..<block.inputCount]), into: block.output)
      state.withLockAndNotify { _ in
        block.outputCount = count
        block.isCompressed = true
      }
    }
  }

  private func drain(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    while let block = try next(\.inOrder, when: { $0.isHashed && $0.isCompressed }) {
      if codec != nil { try sink(UnsafeRawBufferPointer(rebasing: block.output[..<block.outputCount])) }
      state.withLockAndNotify { $0.free.append(block) }
    }
  }

  // MARK: failures

  /// Runs a thread's work; its error stops all others.
  private func guarding<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch {
      stop(error)
      throw error
    }
  }

  /// The first error counts; those who stopped for it add nothing.
  private func stop(_ error: any Error) {
    state.withLockAndNotify { state in
      if state.failure == nil, !(error is Stopped) { state.failure = error }
    }
  }
}

/// The source's end of a pipeline: takes bytes of any size and cuts them into blocks. Used by one thread.
final class BlockFeed {
  private let pipeline: BlockPipeline
  private var block: BlockPipeline.Block?
  private var count = 0

  init(_ pipeline: BlockPipeline) { self.pipeline = pipeline }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let taken = try append(atMost: rest.count) { room in
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<room.count]))
        return room.count
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    }
  }

  func appendZeros(_ total: Int) throws {
    var rest = total
    while rest > 0 {
      rest -= try append(atMost: rest) { room in
        room.initializeMemory(as: UInt8.self, repeating: 0)
        return room.count
      }
    }
  }

  /// Lets `fill` write into the room of the block, 1 to `limit` bytes; `fill` says how many it wrote, and so does this.
  func append(atMost limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int {
    let block = try block ?? pipeline.takeFree()
    self.block = block
    let room = min(limit, block.input.count - count)
    let filled = try fill(UnsafeMutableRawBufferPointer(rebasing: block.input[count..<(count + room)]))
    count += filled
    if count == block.input.count { try submit() }
    return filled
  }

  /// Hands over the last block; nothing may come after it.
  func finish() throws {
    if count > 0 { try submit() }
    pipeline.end()
  }

  private func submit() throws {
    guard let block else { return }
    try pipeline.submit(block, count: count)
    self.block = nil
    count = 0
  }
}
