internal import Build
internal import PackCore

/// `packc plan`: exactly what `packc build` would do.
enum PlanCommand {
  static let definition = CommandDefinition(
    "plan", summary: "print exactly what build would do", operands: "[DIR]", count: 0...1,
    flags: BuildFlags.planning + [
      Flag("detect-only", help: "stop after detection, which runs no toolchain"),
      Flag("explain", help: "say for every pack why it matched or not"),
      Flag("facts", help: "print in the place of the plan what the pack reads off the source, for the contract"),
    ],
    details: "Paths in it: ${source} is the copy of the project, ${work} the outputs, ${cache} the pack's cache."
  ) { invocation in
    let request = try BuildFlags.request(invocation)
    let pipeline = Pipeline(context: invocation.context, request: request, reporter: invocation.reporter)
    let result =
      invocation.has("facts")
      ? try pipeline.facts()
      : try pipeline.plan(detectOnly: invocation.has("detect-only"), explain: invocation.has("explain"))
    try invocation.output.write(result.json) { result.text }
    return .done
  }
}
