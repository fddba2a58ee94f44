internal import Glibc

/// A POSIX thread for work that blocks in system calls, where Swift's cooperative pool must not be.
public final class HostThread<Success: Sendable>: Sendable {
  private let box: Box

  /// Written by the thread before it ends and read after `pthread_join`, which orders the two.
  private final class Box: @unchecked Sendable {
    var id = pthread_t()
    var result: Result<Success, any Error>?
    let body: @Sendable () throws -> Success
    init(body: @escaping @Sendable () throws -> Success) { self.body = body }
    func run() { result = Result { try body() } }
  }

  public init(_ body: @escaping @Sendable () throws -> Success) throws {
    box = Box(body: body)
    let code = pthread_create(
      &box.id, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<AnyRunnable>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(AnyRunnable(box.run)).toOpaque())
    guard code == 0 else { throw Failure.system("start a thread", errno: code) }
  }

  /// Waits for the end; to be called exactly once.
  public func join() throws -> Success {
    pthread_join(box.id, nil)
    guard let result = box.result else { throw Failure("thread_lost", "a thread ended without a result") }
    return try result.get()
  }
}

private final class AnyRunnable {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// A value behind a mutex, for the few places where two threads meet.
public final class Locked<Value>: @unchecked Sendable {
  // The value is touched only between lock and unlock of the one mutex; the mutex never moves.
  private var value: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  public init(_ value: Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    pthread_cond_init(condition, nil)
  }
  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  public func withLock<R: ~Copyable>(_ body: (inout Value) throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// Waits until `body` gives a value; it is asked again after each `withLockAndNotify`.
  public func wait<R>(until body: (inout Value) throws -> R?) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = try body(&value) { return result }
      pthread_cond_wait(condition, mutex)
    }
  }

  /// Like `withLock`, and wakes those in `wait`.
  public func withLockAndNotify<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&value)
  }
}
