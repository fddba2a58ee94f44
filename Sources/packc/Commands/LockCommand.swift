internal import Build
internal import PackCore

/// `packc lock`: resolves and pins, without building.
enum LockCommand {
  static let definition = CommandDefinition(
    "lock", summary: "write packc.lock: packs, toolchains, kernel, resolved packages", operands: "[DIR]", count: 0...1,
    flags: BuildFlags.planning + [
      BuildFlags.kernel, BuildFlags.withoutUnikernel,
      Flag(
        "runtime", value: "host|debian",
        help: "where images take libraries, certificates and time zones from (default: as packc.lock says, else host)"),
    ],
    details: "With --locked nothing is written: exit code 31 when packc.lock is missing or disagrees."
  ) { invocation in
    var request = try BuildFlags.request(invocation)
    if let text = invocation.string("runtime") {
      guard let runtime = BuildRequest.Runtime(rawValue: text), !request.locked else {
        throw Failure(
          "wrong_usage", "--runtime \(text)\(request.locked ? " with --locked" : ": expected host or debian")",
          exit: .usage)
      }
      request.runtime = runtime
    }
    let lock = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter).lock()
    try invocation.output.write(lock) { "packc.lock holds what this project's builds stand on\n" }
    return .done
  }
}
