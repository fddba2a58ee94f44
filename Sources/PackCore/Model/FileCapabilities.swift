/// What a program may do when it is started, beyond its user (capabilities(7), "File capabilities"): the value of the
/// extended attribute `security.capability`, revision 2 (linux/capability.h, `struct vfs_cap_data`):
///
///      0 magic and flags (0x02000000, 1 when effective)   4 permitted 0…31   8 inheritable 0…31
///     12 permitted 32…63                                 16 inheritable 32…63     20 bytes, little endian
///
/// Kept as those bytes: an image has few of them, and an entry without one should pay a word for it.
public struct FileCapabilities: Hashable, Sendable, CustomStringConvertible {
  public static let attribute = "security.capability"
  public let bytes: [UInt8]

  private static let magic: UInt32 = 0x0200_0000
  private static let size = 20
  /// By number (linux/capability.h), without `cap_`.
  private static let names = [
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
  ]
  /// `cap_chown`, … as setcap(8) takes them.
  public static let knownNames = names.map { "cap_\($0)" }

  private init(permitted: UInt64, inheritable: UInt64, isEffective: Bool) {
    let words = [
      Self.magic | (isEffective ? 1 : 0), UInt32(truncatingIfNeeded: permitted),
      UInt32(truncatingIfNeeded: inheritable), UInt32(permitted >> 32), UInt32(inheritable >> 32),
    ]
    bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// `cap_net_bind_service=ep`, `cap_net_raw,cap_net_admin+ep`: one clause of cap_from_text(3), with the flags `e`, `p`
  /// and `i`, `p` or `i` at least. Nil for anything else.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(where: { $0 == "=" || $0 == "+" }) else { return nil }
    let flags = text[text.index(after: sign)...]
    guard flags.allSatisfy({ "epi".contains($0) }), Set(flags).count == flags.count,
      flags.contains(where: { $0 != "e" })
    else { return nil }
    var set: UInt64 = 0
    for name in text[..<sign].split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Self.knownNames.firstIndex(of: name.lowercased()) else { return nil }
      set |= 1 << UInt64(number)
    }
    self.init(
      permitted: flags.contains("p") ? set : 0, inheritable: flags.contains("i") ? set : 0,
      isEffective: flags.contains("e"))
  }

  /// The value of the attribute; nil when it is not one of revision 2 with known capabilities.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    self.bytes = bytes
    let known: UInt64 = (1 << UInt64(Self.names.count)) - 1
    guard word(0) & ~1 == Self.magic, (permitted | inheritable) & ~known == 0 else { return nil }
  }

  private func word(_ index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
  }
  private var permitted: UInt64 { UInt64(word(1)) | UInt64(word(3)) << 32 }
  private var inheritable: UInt64 { UInt64(word(2)) | UInt64(word(4)) << 32 }

  /// `cap_net_bind_service=ep`: a clause for each capability that has other flags than the one before, in the order of
  /// their numbers.
  public var description: String {
    let effective = word(0) & 1 == 1 ? "e" : ""
    var clauses: [(names: [String], flags: String)] = []
    for (number, name) in Self.knownNames.enumerated() {
      let inherited = inheritable >> UInt64(number) & 1 == 1
      let allowed = permitted >> UInt64(number) & 1 == 1
      guard inherited || allowed else { continue }
      let flags = effective + (inherited ? "i" : "") + (allowed ? "p" : "")
      if clauses.last?.flags == flags {
        clauses[clauses.count - 1].names.append(name)
      } else {
        clauses.append(([name], flags))
      }
    }
    return clauses.map { "\($0.names.joined(separator: ","))=\($0.flags)" }.joined(separator: " ")
  }
}
