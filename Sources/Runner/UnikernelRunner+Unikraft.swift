internal import Kernel
internal import PackCore

extension UnikernelRunner {
  /// Boots Unikraft's ELF loader, and returns when packc is told to stop: how its program ends is not known.
  func runUnikraft(_ request: RunRequest, _ image: UnikernelImage) throws -> RunOutcome {
    let refused: [(isAsked: Bool, what: String)] = [
      (
        !request.environment.isEmpty || !request.secrets.isEmpty,
        "way to set variables at the start (--env, --secret); unik.yaml's run.env is in the image"
      ),
      (!request.volumes.isEmpty, "volumes (--volume)"), (request.debug, "more to say (--debug)"),
      (request.machine == .microvm, "driver for that machine (--machine microvm)"),
      (request.cpus ?? 1 > 1, "second processor (--cpus)"),
      (request.publish?.contains(where: \.isIPv6) ?? false, "IPv6 (--publish [ADDRESS]:…)"),
    ]
    if let first = refused.first(where: \.isAsked) { throw RunFailure.unikraftLacks(first.what) }
    if image.machine.egress != nil {
      reporter.warn(
        "contract.egress is not enforced: for Unikraft's guests the network is QEMU's own, without a filter")
    }
    let ports = request.publish ?? image.machine.ports.map { PublishedPort(hostPort: $0.number, guest: $0) }
    var command = try command(request, image, ports)
    for port in ports { try port.checkFree() }
    // A parameter of Linux.
    command.timestampRate = nil
    var session = try UnikraftSession(command, ports: ports, reporter: reporter, output: output, signals: signals)
    return try session.run()
  }
}
