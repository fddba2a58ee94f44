internal import Kernel
internal import PackCore

/// The errors of running, each code in one place. What packc or QEMU did wrong ends with 125, so that any other code is
/// the program's own.
enum RunFailure {
  static func badPublish(_ text: String, _ why: String) -> Failure {
    Failure(
      "bad_publish", "\"\(text)\" is not a published port: \(why)",
      hint: "write [ADDRESS:]HOSTPORT:PORT[/udp], such as 8080:80 [::1]:8080:80 or 0.0.0.0:5353:53/udp", exit: .usage)
  }
  static func badVariable(_ text: String, _ why: String) -> Failure {
    Failure("bad_env", "\"\(text)\" is not an environment variable: \(why)", hint: "write KEY=VALUE", exit: .usage)
  }
  static func badVolume(_ text: String, _ why: String) -> Failure {
    Failure("bad_volume", "\"\(text)\" is not a volume: \(why)", hint: "write NAME=FILE", exit: .usage)
  }
  static func unknownVolume(_ name: String, known: [String]) -> Failure {
    Failure(
      "unknown_volume", "this image has no volume \"\(name)\"",
      hint: known.isEmpty
        ? "declare it (unik.yaml: run.volumes) and build again" : "it has \(known.joined(separator: ", "))",
      exit: .usage)
  }
  static func volumeFailed(_ file: HostPath, cause: String) -> Failure {
    Failure(
      "volume_failed", "\(file) could not be made: mkfs.ext4 failed",
      hint: "is there room on that disk, and is the size in unik.yaml (run.volumes) at least 2Mi?", exit: .runFailed,
      cause: cause)
  }
  static func portTaken(_ port: PublishedPort, _ cause: String) -> Failure {
    Failure(
      "port_taken",
      "port \(port.place)/\(port.guest.transport.rawValue) cannot be published: \(cause)",
      hint: "end what listens there (`ss -lpn 'sport = :\(port.hostPort)'` shows it), or choose another port: "
        + "--publish \(port.hostPort == 65535 ? 8080 : port.hostPort + 1):\(port.guest.number)", exit: .runFailed)
  }
  static func portNotPermitted(_ port: PublishedPort) -> Failure {
    Failure(
      "port_not_permitted", "port \(port.hostPort) of this host needs root",
      hint: "publish a port from 1024 on: --publish \(8000 + Int(port.hostPort)):\(port.guest.number)", exit: .runFailed
    )
  }
  static func noAddress(_ port: PublishedPort) -> Failure {
    Failure(
      "no_address", "this host has no address \(port.address)",
      hint: port.isIPv6 ? "use [::1] or [::]" : "use 127.0.0.1 or 0.0.0.0", exit: .runFailed)
  }
  static func badEgress(_ text: String) -> Failure {
    Failure(
      "bad_egress", "machine.json: egress: \"\(text)\" is not a place to connect to",
      hint: "build the image again with this packc", exit: .badInput)
  }
  static func noTool(_ tool: String, package: String) -> Failure {
    Failure(
      "tool_missing", "\(tool) is needed to run this and is not in PATH",
      hint: "install it: `sudo apt-get install \(package)`", exit: .runFailed)
  }
  static func tooLittleMemory(_ given: Int, needed: Int) -> Failure {
    Failure(
      "too_little_memory", "\(given) MiB of memory is too little: this image needs \(needed) MiB to boot",
      hint: "give it more: --memory \(needed)Mi", exit: .runFailed)
  }
  static func otherMachine(_ type: QEMUMachine, _ machine: MachineDescription) -> Failure {
    let known = machine.qemuMachines.map(\.rawValue).joined(separator: " or ")
    return Failure(
      "other_machine", "the image's kernel \(machine.release) has no drivers for \(type.rawValue)",
      hint: "run it on \(known) (leave out --machine), or build it with a kernel that has them: "
        + "`packc kernel build`, or for the tiny one `--need acpi,pci`", exit: .usage)
  }
  static func otherArchitecture(_ machine: QEMUMachine, _ architecture: Platform.Architecture) -> Failure {
    Failure(
      "machine_architecture",
      "the machine \(machine.rawValue) is not one for \(architecture.rawValue), which the image is for",
      hint: "leave out --machine", exit: .usage)
  }
  static func badCount(_ what: String, _ given: Int) -> Failure {
    Failure("bad_\(what)", "\(given) is no number of \(what)", exit: .usage)
  }
  static func startFailed(_ what: String, _ error: Int32) -> Failure {
    let code = Failure.system(what, errno: error)
    let hint =
      switch error {
      case 2: "that file, or the interpreter or dynamic loader that it names, is not in the image"
      case 13: "it must be executable for the image's user (65532 unless it says otherwise)"
      case 8: "it is not a program for this machine: no ELF file for x86-64 and no `#!` line"
      default: "see what the image holds with `packc show`"
      }
    return Failure("not_started", "the program did not start: \(code.message)", hint: hint, exit: .notStarted)
  }
  static func guestProblem(_ text: String) -> Failure {
    Failure(
      "machine_failed", "the machine could not start the program: \(text)",
      hint: text.contains("memory") ? "give it more memory: --memory" : nil, exit: .runFailed)
  }
  /// The machine ended because of its root's disk, which `damage` describes.
  static func damaged(_ damage: Failure, after failure: Failure) -> Failure {
    Failure(
      damage.code, "\(damage.message), and the machine stops at the first such block that it reads", hint: damage.hint,
      exit: .runFailed, cause: failure.message)
  }
  static func noReport(_ end: CommandResult.End, lines: [String], errors: String) -> Failure {
    var message = "the machine ended without a report of the program's end (kernel panic?)"
    if end != .exited(0) { message += "; QEMU ended with \(end)" }
    if !lines.isEmpty {
      message += "\nthe console's last lines:" + lines.map { "\n  | \($0)" }.joined()
    }
    return Failure(
      "no_report", message, hint: "run it again with --debug to see what the kernel says", exit: .runFailed,
      cause: errors.isEmpty ? nil : errors)
  }
  static func hypervisor(_ end: CommandResult.End, errors: String) -> Failure {
    Failure("hypervisor_failed", "QEMU ended with \(end) before the machine ran", exit: .runFailed, cause: errors)
  }
  static func networkFailed(_ end: CommandResult.End, errors: String) -> Failure {
    Failure(
      "network_failed", "passt, which makes the machine's network, ended with \(end)",
      hint: "does this host have a route (`ip route`, and `ip -6 route` for what is published on IPv6 addresses)?",
      exit: .runFailed,
      cause: errors)
  }
  static func neverStarted(seconds: Int, lines: [String]) -> Failure {
    Failure(
      "machine_hangs",
      "the machine's init did not answer within \(seconds) seconds"
        + (lines.isEmpty ? "" : "\nthe console's last lines:" + lines.map { "\n  | \($0)" }.joined()),
      hint: "try another machine type (--machine q35), or --debug to see what the kernel says", exit: .runFailed)
  }
  static func unikraftLacks(_ what: String) -> Failure {
    Failure(
      "unikraft_lacks", "the image's kernel is Unikraft, which has no \(what)",
      hint: "run it without, or build with a Linux kernel (`packc build --kernel NAME`)", exit: .usage)
  }
  static func unikraftEnded(_ end: CommandResult.End, _ lines: [String], _ errors: [UInt8]) -> Failure {
    Failure(
      "no_report",
      "the machine ended by itself (QEMU: \(end)); Unikraft does not say how its program ended"
        + (lines.isEmpty ? "" : "\nthe console's last lines:" + lines.map { "\n  | \($0)" }.joined()),
      hint: "a kernel that cannot start the program says why on the console", exit: .runFailed,
      cause: errors.isEmpty ? nil : String(decoding: errors, as: UTF8.self))
  }
  static func notMeasured() -> Failure {
    Failure(
      "not_measured", "the machine ended before its boot was measured",
      hint: "run it without --boot-report to see why", exit: .runFailed)
  }
  static func otherInit(_ version: UInt32) -> Failure {
    Failure(
      "other_init", "the image's init speaks version \(version) of the control protocol",
      hint: "build the image again with this packc", exit: .runFailed)
  }
  static func containerFailed(_ text: String, cause: String) -> Failure {
    Failure("container_failed", text, exit: .runFailed, cause: cause)
  }
}
