internal import Config
internal import Kernel
internal import PackCore
internal import Runner

/// The flags that say what machine a program gets, shared by `run` and `deploy`.
enum MachineFlags {
  static let all =
    [Flag("publish", short: "p", value: "[ADDRESS:]HOSTPORT:PORT[/udp]", repeats: true, help: "forward a port")]
    + EnvironmentFlags.all + [
      SecretCommand.flag,
      Flag("memory", short: "m", value: "SIZE", help: "of the machine, like 256Mi"),
      Flag("cpus", value: "N", help: "of the machine"),
      VolumeFlags.flag,
      Flag("machine", value: "microvm|q35|virt", help: "of QEMU"),
    ]

  static func publish(_ invocation: Invocation) throws -> [PublishedPort] {
    try invocation.strings("publish").map { try PublishedPort(parsing: $0) }
  }

  static func cpus(_ invocation: Invocation) throws -> Int? {
    try invocation.number("cpus", in: 1...64).map { Int($0) }
  }

  static func machine(_ invocation: Invocation) throws -> QEMUMachine? {
    guard let name = invocation.string("machine") else { return nil }
    guard let machine = QEMUMachine(rawValue: name) else {
      throw Failure("wrong_usage", "--machine \(name): expected microvm, q35 or virt", exit: .usage)
    }
    return machine
  }

  /// MiB of `256Mi`, `1Gi`, `300M` or bytes.
  static func memory(_ invocation: Invocation) throws -> Int? {
    guard let text = invocation.string("memory") else { return nil }
    guard let size = ByteSize(text), size.bytes >= 1 << 20 else {
      throw Failure(
        "wrong_usage", "--memory \(text): expected a size of at least one megabyte", hint: "write it like 256Mi or 1Gi",
        exit: .usage)
    }
    return Int(size.bytes >> 20)
  }
}
