internal import Kernel
internal import PackCore

/// The stamps of one boot, on the host's clock and on the guest's, and the phases that they bound.
struct BootTimeline {
  /// Host clock, nanoseconds: when packc began to work, when QEMU was started, when it let the machine go.
  let began: UInt64
  let spawned: UInt64
  var released: UInt64?
  /// When the processor was first seen in the kernel's own unpacker, and in the kernel.
  private(set) var unpacking: UInt64?
  private(set) var unpacked: UInt64?
  private(set) var listening: (time: UInt64, place: String)?
  private(set) var started: UInt64?
  private(set) var ended: UInt64?
  /// Host clock at the guest's zero: reports are sent at once, so the least difference is the nearest to the truth.
  private var zero: UInt64?
  private var steps: [(name: String, time: UInt64)] = []
  private var log: [(text: String, time: UInt64)] = []
  private(set) var isTold = false

  init(began: UInt64, spawned: UInt64) {
    self.began = began
    self.spawned = spawned
  }

  /// The program listens, or has ended.
  var isOver: Bool { listening != nil || ended != nil }

  // MARK: - What is heard

  /// The processor was seen at that address, in 64-bit code or not. No firmware of ours runs 64-bit code, and the kernel
  /// is where it lives for good once it has unpacked itself.
  mutating func takeProcessor(at address: UInt64, is64Bit: Bool, _ now: UInt64) {
    if is64Bit, unpacking == nil { unpacking = now }
    if is64Bit, address >= 0xffff_8000_0000_0000, unpacked == nil { unpacked = now }
  }

  mutating func take(_ report: GuestControl.Report, at now: UInt64) {
    switch report.event {
    case .stamp(let name): return steps.append((name, report.time))
    case .log(let record): return take(record: record)
    case .told: return isTold = true
    case .started: started = now
    case .exited, .signalled, .startFailed: ended = now
    default: break
    }
    if now >= report.time { zero = min(zero ?? .max, now - report.time) }
  }

  mutating func listens(on place: String, at now: UInt64) {
    if listening == nil { listening = (now, place) }
  }

  /// `6,339,5140900,-;NET: Registered PF_INET6 protocol family`
  private mutating func take(record: String) {
    guard let cut = record.firstIndex(of: ";") else { return }
    let fields = record[..<cut].split(separator: ",")
    guard fields.count >= 3, let time = UInt64(fields[2]) else { return }
    let text = record[record.index(after: cut)...].prefix { $0 != "\n" }
    log.append((String(text), time * 1000))
  }

  // MARK: - What comes of it

  /// Nil when the init never answered.
  func report(_ machine: BootReport.Machine) -> BootReport? {
    guard let zero, let finish = listening?.time ?? ended ?? started else { return nil }
    var phases = Phases(from: began)
    phases.end("packc", "packc: the image is checked", at: spawned)
    phases.end("qemu", "QEMU's own start", at: released)
    if let unpacking, let unpacked {
      phases.end("firmware", "firmware", at: unpacking)
      phases.end("unpack", "the kernel unpacks itself", at: unpacked)
    } else {
      phases.end("firmware", "firmware, the kernel unpacks itself", at: zero)
    }
    func kernel(_ text: String) -> UInt64? { log.first { $0.text.hasPrefix(text) }.map { zero + $0.time } }
    phases.end(
      "kernel-start", "kernel: memory, clocks, processors",
      at: kernel("devtmpfs: initialized") ?? kernel("smp: Brought up"))
    phases.end(
      "kernel-subsystems", "kernel: subsystems",
      at: kernel("Trying to unpack rootfs") ?? kernel("Unpacking initramfs"))
    phases.end("kernel-initrd", "kernel: the initrd is unpacked", at: kernel("Freeing initrd memory"))
    phases.end("kernel-drivers", "kernel: drivers", at: kernel("Freeing unused kernel image (initmem)"))
    let first = steps.first.map { zero + $0.time }
    phases.end("kernel-end", log.isEmpty ? "kernel" : "kernel: the way to the init", at: first)
    for step in steps.dropFirst() { phases.end(Self.id(step.name), Self.phase(step.name), at: zero + step.time) }
    phases.end("program", "the program, until it is ready", at: finish)
    let end: BootReport.End =
      if let listening { .listening(listening.place) } else if ended != nil { .ended } else { .started }
    return BootReport(machine: machine, phases: phases.list, end: end)
  }

  /// The init's steps by their names in the guest.
  private static let known = [
    "the root was checked": ("init-check", "init: the root is checked"),
    "the file systems were mounted": ("init-mounts", "init: /proc, /sys, /dev"),
    "the drivers were loaded": ("init-drivers", "init: drivers are loaded"),
    "the host had answered": ("init-host", "init: the host answers"),
    "the network was set up": ("init-network", "init: the network"),
    "the root was set up": ("init-root", "init: writable places, volumes"),
    "the program started": ("init-exec", "init: the program is started"),
  ]
  private static func id(_ step: String) -> String { known[step]?.0 ?? "init" }
  private static func phase(_ step: String) -> String { known[step]?.1 ?? "init: \(step)" }
}

/// Phases in a row; a bound that was not seen, or lies before the last one, makes none.
private struct Phases {
  private var at: UInt64
  private(set) var list: [BootReport.Phase] = []

  init(from start: UInt64) { at = start }

  mutating func end(_ id: String, _ name: String, at time: UInt64?) {
    guard let time, time > at else { return }
    list.append(.init(id: id, name: name, microseconds: Int64((time - at + 500) / 1000)))
    at = time
  }
}
