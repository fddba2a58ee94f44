internal import PackCore

/// The same work on many things by a few threads.
enum Workers {
  /// What the threads share: what nobody has begun, and whether one has failed.
  private struct Queue<Item: Sendable>: Sendable {
    var rest: ArraySlice<Item>
    var stopped = false
  }

  /// Asks whether another thread failed, so that a long work can end in the middle: by throwing `Stopped`.
  typealias StopCheck = @Sendable () -> Bool

  /// Another thread failed; its error is the one that counts.
  struct Stopped: Error {}

  /// Runs `body` for each item, in their order as far as threads go. Returns when all threads have ended.
  /// - Throws: the first failure; an interruption before what it led to.
  static func run<Item: Sendable>(
    _ items: [Item], threads: Int, _ body: @escaping @Sendable (Item, @escaping StopCheck) throws -> Void
  ) throws {
    let queue = Locked(Queue(rest: items[...]))
    let workers = try (0..<min(threads, items.count)).map { _ in
      try HostThread {
        while let item = queue.withLock({ $0.stopped ? nil : $0.rest.popFirst() }) {
          do {
            try Interruption.check()
            try body(item) { queue.withLock { $0.stopped } }
          } catch {
            queue.withLock { $0.stopped = true }
            throw error
          }
        }
      }
    }
    let failures = workers.compactMap { worker -> (any Error)? in
      do {
        try worker.join()
        return nil
      } catch { return error }
    }
    let real = failures.filter { !($0 is Stopped) }
    if let failure = real.first(where: { ($0 as? Failure)?.isInterruption == true }) ?? real.first { throw failure }
  }
}
