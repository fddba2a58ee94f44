internal import Build
internal import PackCore

/// `packc lock`: resolves and pins, without building.
enum LockCommand {
  static let definition = CommandDefinition(
    "lock", summary: "write packc.lock: packs, toolchains, kernel, resolved packages", operands: "[DIR]", count: 0...1,
    flags: BuildFlags.planning + [BuildFlags.kernel, BuildFlags.withoutUnikernel],
    details: "With --locked nothing is written: exit code 31 when packc.lock is missing or disagrees."
  ) { invocation in
    let request = try BuildFlags.request(invocation)
    let lock = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter).lock()
    try invocation.output.write(lock) { "packc.lock holds what this project's builds stand on\n" }
    return .done
  }
}
