internal import CHost
internal import Glibc

/// Progress on standard error: takes events from any thread and writes each one's bytes in one piece.
public final class ProgressOutput: Sendable {
  /// `--progress`
  public enum Style: String, Sendable, CaseIterable {
    /// `tree` on a terminal, else `plain`.
    case auto
    case tree, plain, json, quiet
  }

  private let state: Locked<any ProgressRenderer>
  private let clock: @Sendable () -> UInt64
  private let columns: @Sendable () -> Int
  private let write: @Sendable (String) -> Void
  private let ticker: Ticker?

  /// For standard error, as `context` describes it.
  public static func reporter(style: Style, color: ColorChoice, context: HostContext) -> ProgressOutput {
    let isTerminal = context.standardErrorColumns > 0
    let palette = Palette(isOn: color.isOn(terminal: isTerminal, context: context))
    let drawsInPlace = isTerminal && context.variable("TERM") != "dumb"
    let renderer: any ProgressRenderer =
      switch style {
      case .auto: drawsInPlace ? TerminalTree(palette: palette) : PlainRenderer(palette: palette)
      case .tree: TerminalTree(palette: palette)
      case .plain: PlainRenderer(palette: palette)
      case .json: JSONRenderer()
      case .quiet: QuietRenderer(palette: palette)
      }
    let columns = context.standardErrorColumns
    return ProgressOutput(
      renderer, clock: context.monotonicNanoseconds,
      columns: {
        // Asked each time: a window changes its size.
        let now = Int(chost_terminal_columns(2))
        return now > 0 ? now : columns
      }, ticks: renderer is TerminalTree, write: Self.writeToStandardError)
  }

  init(
    _ renderer: any ProgressRenderer, clock: @escaping @Sendable () -> UInt64,
    columns: @escaping @Sendable () -> Int, ticks: Bool, write: @escaping @Sendable (String) -> Void
  ) {
    state = Locked(renderer)
    self.clock = clock
    self.columns = columns
    self.write = write
    ticker = ticks ? Ticker() : nil
  }

  public var reporter: Reporter { Reporter { self.take($0) } }

  /// Ends the display; what is written to standard error afterwards stands below it.
  public func finish() {
    ticker?.stop()
    update { $0.finish(now: $1, columns: $2) }
  }

  private func take(_ event: ProgressEvent) {
    switch event {
    case .stepStarted, .briefStepStarted:
      ticker?.start { [weak self] in self?.update { $0.tick(now: $1, columns: $2) } }
    default: break
    }
    update { $0.render(event, now: $1, columns: $2) }
  }

  private func update(_ change: (inout any ProgressRenderer, UInt64, Int) -> String) {
    state.withLock { renderer in
      let text = change(&renderer, clock(), columns())
      if !text.isEmpty { write(text) }
    }
  }

  /// What cannot be written (the reader is gone) is lost; progress never fails a command.
  private static func writeToStandardError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(2, rest.baseAddress, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno == EAGAIN {
          var room = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
          _ = poll(&room, 1, 1000)
        } else if errno != EINTR {
          return
        }
      }
    }
  }
}

/// Calls back a few times a second, so that the time of a silent step moves on. Its thread starts with the first step.
private final class Ticker: Sendable {
  private struct State {
    var thread: HostThread<Void>?
    var isStopped = false
    /// Closing the writing end ends the wait.
    var bell: Int32 = -1
  }
  private let state = Locked(State())
  private static let milliseconds: Int32 = 200

  func start(_ tick: @escaping @Sendable () -> Void) {
    state.withLock { state in
      guard state.thread == nil, !state.isStopped else { return }
      var ends: [Int32] = [-1, -1]
      guard chost_pipe(&ends) == 0 else { return }
      let listener = ends[0]
      state.bell = ends[1]
      state.thread = try? HostThread {
        var end = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        while poll(&end, 1, Self.milliseconds) <= 0 { tick() }
        close(listener)
      }
    }
  }

  func stop() {
    let (thread, bell) = state.withLock { state in
      defer {
        state.thread = nil
        state.bell = -1
        state.isStopped = true
      }
      return (state.thread, state.bell)
    }
    if bell >= 0 { close(bell) }
    try? thread?.join()
  }
}
