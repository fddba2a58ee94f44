internal import PackCore

/// The addresses in a text that a dying program, its runtime or the kernel wrote, one a line:
///
///     glibc          ./server(+0x1234) [0x55…]      ./server(main+0x1c) [0x55…]
///     sanitizers     #0 0x55…  (/app/server+0x1234) (BuildId: 0ab1…)
///     systemd        #1 0x000055… n/a (server + 0x1234)       Module /app/server with build-id 0ab1…
///     Linux          server[7]: segfault at 0 ip 000055… sp … error 4 in server[55…+1000]
///                    broken+0x12/0x40
///     Go, gdb, Rust  [signal SIGSEGV: … pc=0x47b1c2]          #1 0x0000… in ?? ()          4: 0x55… - <unknown>
///     maps           55d0…-55d0… r-xp 00001000 08:01 12 /app/server
///
/// Lines of Go's and Rust's own that name function, file and line already need nothing.
public struct Trace: Hashable, Sendable {
  public struct Frame: Hashable, Sendable {
    public enum Place: Hashable, Sendable {
      /// From where the file's first byte was loaded.
      case offset(UInt64)
      /// From where its executable segment was loaded.
      case codeOffset(UInt64)
      /// In the memory of the process.
      case address(UInt64)
      case symbol(String, UInt64)
    }
    /// From 1.
    public var line: Int
    public var module: String?
    /// In hex.
    public var buildID: String?
    public var place: Place
    /// It is where a call returns to: the call is the instruction before.
    public var isReturn: Bool
  }
  /// A line of /proc/PID/maps for the beginning of a file.
  struct Mapping: Hashable, Sendable {
    var start: UInt64
    var end: UInt64
    var offset: UInt64
    var path: String
  }

  /// By line.
  public private(set) var frames: [Frame] = []
  /// Each line, bytes that are not UTF-8 as U+FFFD.
  public private(set) var lines: [String] = []
  /// Build-ids that stand by themselves, without an address.
  public private(set) var buildIDs: [String] = []
  private var mappings: [Mapping] = []
  private var modules: [String: String] = [:]
  /// The frame before was the one that the kernel puts between a signal handler and what it interrupted.
  private var isBelowSignal = false

  /// Longer texts are refused. Bytes.
  public static let sizeLimit = 16 << 20
  private static let frameLimit = 20_000

  /// - Parameter name: where the text came from, for messages.
  /// - Throws: `trace_too_large`.
  public init(_ bytes: [UInt8], name: String) throws {
    guard bytes.count <= Self.sizeLimit else {
      throw Failure(
        "trace_too_large", "\(name) has \(bytes.count) bytes; the limit is \(Self.sizeLimit)",
        hint: "give the part with the addresses", exit: .badInput)
    }
    for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
      lines.append(String(decoding: line.last == 0x0d ? line.dropLast() : line, as: UTF8.self))
      guard frames.count < Self.frameLimit, line.count <= 4096 else { continue }
      read(TraceLine(line), number: lines.count)
    }
    if lines.last == "" { lines.removeLast() }
    frames = frames.map(completed)
  }

  private mutating func read(_ line: TraceLine, number: Int) {
    if let mapping = line.mapping() {
      if mappings.count < Self.frameLimit { mappings.append(mapping) }
      return
    }
    let buildID = line.buildID()
    let isSignal = line.isSignalReturn
    defer { isBelowSignal = isSignal }
    if let (module, place, isReturn) = line.frame() {
      // No call stands before what a signal interrupted.
      let isReturn = isReturn && !isBelowSignal
      frames.append(Frame(line: number, module: module, buildID: buildID, place: place, isReturn: isReturn))
    } else if let buildID {
      if let module = line.moduleOfBuildID() { modules[module] = buildID }
      if !buildIDs.contains(buildID), buildIDs.count < 1000 { buildIDs.append(buildID) }
    }
  }

  /// What other lines say of its module.
  private func completed(_ found: Frame) -> Frame {
    var frame = found
    if case .address(let address) = frame.place,
      let mapping = mappings.first(where: { $0.start <= address && address < $0.end }),
      let first = mappings.first(where: { $0.path == mapping.path && $0.offset == 0 }), first.start <= address
    {
      frame.place = .offset(address - first.start)
      frame.module = mapping.path
    }
    if frame.buildID == nil, let module = frame.module {
      frame.buildID = modules[module] ?? modules.first { Self.name($0.key) == Self.name(module) }?.value
    }
    return frame
  }

  static func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
}
