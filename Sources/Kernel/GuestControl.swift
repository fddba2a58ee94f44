internal import CGuestWire

/// The host's side of the control channel (`CGuestWire.h`): messages out, reports in.
public enum GuestControl {
  /// The name of the virtio-serial port.
  public static let portName = WIRE_CONTROL_PORT
  /// The port of the program's output.
  public static let outputPortName = WIRE_OUTPUT_PORT
  /// What the init says in its first report.
  public static let version = UInt32(WIRE_VERSION)

  /// What the host says.
  public enum Message: Hashable, Sendable {
    /// `KEY=VALUE` for the program, over what the image says.
    case environment(String)
    case entropy([UInt8])
    case clock(seconds: UInt64, nanoseconds: UInt32)
    /// Starts the program; `tied` stops it when the host goes away, with `ipv6` the guest tells when it can be reached
    /// so. The host reads the output port.
    case start(tied: Bool, ipv6: Bool = false)
    /// SIGTERM, and SIGKILL after so many milliseconds.
    case stop(grace: UInt32)
    case acknowledge
    /// There is a disk for the volume of that name; before `start`.
    case disk(String)
    /// Asks for the stamps of the boot and the kernel's log; `told` ends the answer.
    case tellBoot

    public var bytes: [UInt8] {
      switch self {
      case .environment(let variable): frame(WIRE_HOST_ENVIRONMENT, Array(variable.utf8))
      case .entropy(let bytes): frame(WIRE_HOST_ENTROPY, bytes)
      case .clock(let seconds, let nanoseconds):
        frame(WIRE_HOST_CLOCK, littleEndian(seconds) + littleEndian(nanoseconds))
      case .start(let tied, let ipv6):
        frame(
          WIRE_HOST_START,
          littleEndian(
            UInt32(WIRE_OPTION_OUTPUT | (tied ? WIRE_OPTION_TIED : 0) | (ipv6 ? WIRE_OPTION_IPV6 : 0))))
      case .stop(let grace): frame(WIRE_HOST_STOP, littleEndian(grace))
      case .acknowledge: frame(WIRE_HOST_ACKNOWLEDGE, [])
      case .disk(let name): frame(WIRE_HOST_DISK, Array(name.utf8))
      case .tellBoot: frame(WIRE_HOST_TELL_BOOT, [])
      }
    }

    /// True when the guest can take it: variables have a bound.
    public var fits: Bool {
      if case .environment(let variable) = self { variable.utf8.count < WIRE_PAYLOAD_LIMIT } else { true }
    }
    public static let environmentLimit = WIRE_ENVIRONMENT_LIMIT
  }

  /// What the guest reports; times are nanoseconds since its kernel's start.
  public struct Report: Hashable, Sendable {
    public let time: UInt64
    public let event: Event
  }
  public enum Event: Hashable, Sendable {
    case hello(version: UInt32)
    case started(process: Int32)
    case listening(GuestListener)
    case stoppedListening(GuestListener)
    /// errno, and what was tried: `execute /app/server`.
    case startFailed(errno: Int32, what: String)
    /// The machine has an IPv6 address, and the router knows of it.
    case hasIPv6
    /// So many bytes have gone through the output port; before the program's end.
    case wrote(bytes: UInt64)
    case exited(code: Int32, memoryKills: UInt32)
    case signalled(signal: Int32, memoryKills: UInt32)
    case problem(String, ends: Bool)
    /// A piece of the program's core dump; an empty one ends it at that offset.
    case core(offset: UInt64, bytes: [UInt8])
    /// A step of the init that was done at the report's time.
    case stamp(String)
    /// A record of the kernel's log, as /dev/kmsg gives it.
    case log(String)
    case told
  }

  private static func frame(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
    littleEndian(UInt32(type)) + littleEndian(UInt32(payload.count)) + payload
  }
  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

/// A socket of the guest that waits for others.
public struct GuestListener: Hashable, Sendable, CustomStringConvertible {
  public let port: GuestPort
  /// Four bytes, or sixteen.
  public let address: [UInt8]

  public init(port: GuestPort, address: [UInt8]) {
    self.port = port
    self.address = address
  }

  /// 127.0.0.0/8, ::1, and IPv4's in IPv6: nobody outside the machine reaches it.
  public var isLoopback: Bool {
    if address.count == 4 { return address[0] == 127 }
    if address.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] { return address[12] == 127 }
    return address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
  }

  /// `::`: IPv4 comes there, too, unless the program forbids it.
  public var isAnyIPv6: Bool { address.count == 16 && address.allSatisfy { $0 == 0 } }

  /// `127.0.0.1:8080/tcp`, `[::]:8080/tcp`
  public var description: String {
    if address.count == 4 { return address.map { String($0) }.joined(separator: ".") + ":\(port)" }
    if isAnyIPv6 { return "[::]:\(port)" }
    let groups = stride(from: 0, to: address.count - 1, by: 2).map {
      String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
    }
    return "[\(groups.joined(separator: ":"))]:\(port)"
  }
}

/// Cuts the guest's bytes into reports. The guest's init is the only one that can open the port; still nothing it sends
/// is trusted to be well formed: what is not ends the reading.
public struct GuestReportReader: Sendable {
  private var pending: [UInt8] = []
  /// True after bytes that no init of ours sends.
  public private(set) var isBroken = false
  private static let limit = WIRE_GUEST_LIMIT

  public init() {}

  public mutating func read(_ bytes: ArraySlice<UInt8>) -> [GuestControl.Report] {
    guard !isBroken else { return [] }
    pending += bytes
    var reports: [GuestControl.Report] = []
    while pending.count >= WIRE_HEADER {
      let length = Int(Self.number32(pending[4...]))
      guard length >= 8, length <= Self.limit else {
        isBroken = true
        return reports
      }
      guard pending.count >= WIRE_HEADER + length else { break }
      let payload = Array(pending[WIRE_HEADER..<(WIRE_HEADER + length)])
      if let event = Self.event(Int(pending[0]), payload.dropFirst(8)) {
        reports.append(GuestControl.Report(time: Self.number64(payload[...]), event: event))
      }
      pending.removeFirst(WIRE_HEADER + length)
    }
    return reports
  }

  /// Nil for a type that a newer init may send, and for a payload that is too short for its type.
  private static func event(_ type: Int, _ payload: ArraySlice<UInt8>) -> GuestControl.Event? {
    let first = payload.startIndex
    switch type {
    case WIRE_GUEST_HELLO where payload.count >= 4: return .hello(version: number32(payload))
    case WIRE_GUEST_STARTED where payload.count >= 4:
      return .started(process: Int32(bitPattern: number32(payload)))
    case WIRE_GUEST_LISTEN where payload.count >= WIRE_LISTEN_LENGTH: return listener(payload)
    case WIRE_GUEST_START_FAILED where payload.count >= 4:
      return .startFailed(
        errno: Int32(bitPattern: number32(payload)), what: String(decoding: payload.dropFirst(4), as: UTF8.self))
    case WIRE_GUEST_EXIT where payload.count >= WIRE_EXIT_LENGTH:
      let code = Int32(bitPattern: number32(payload[(first + 1)...]))
      let kills = number32(payload[(first + 5)...])
      return payload[first] == WIRE_EXIT_SIGNAL
        ? .signalled(signal: code, memoryKills: kills) : .exited(code: code, memoryKills: kills)
    case WIRE_GUEST_PROBLEM where payload.count >= 1:
      return .problem(String(decoding: payload.dropFirst(), as: UTF8.self), ends: payload[first] != 0)
    case WIRE_GUEST_IPV6: return .hasIPv6
    case WIRE_GUEST_OUTPUT where payload.count >= 8: return .wrote(bytes: number64(payload))
    case WIRE_GUEST_CORE where payload.count >= WIRE_CORE_LENGTH:
      return .core(offset: number64(payload), bytes: Array(payload.dropFirst(WIRE_CORE_LENGTH)))
    case WIRE_GUEST_STAMP: return .stamp(String(decoding: payload, as: UTF8.self))
    case WIRE_GUEST_LOG: return .log(String(decoding: payload, as: UTF8.self))
    case WIRE_GUEST_TOLD: return .told
    default: return nil
    }
  }

  private static func listener(_ payload: ArraySlice<UInt8>) -> GuestControl.Event? {
    let bytes = Array(payload)
    let port = GuestPort(
      number: UInt16(bytes[4]) << 8 | UInt16(bytes[5]), transport: bytes[1] == 17 ? .udp : .tcp)
    let listener = GuestListener(port: port, address: Array(bytes[6..<(bytes[2] == 6 ? 22 : 10)]))
    return bytes[0] == 1 ? .listening(listener) : .stoppedListening(listener)
  }

  private static func number64(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    UInt64(number32(bytes)) | UInt64(number32(bytes.dropFirst(4))) << 32
  }
  private static func number32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
