internal import Build
internal import PackCore

/// `packc build`: from a project directory to an OCI image and a unikernel image.
enum BuildCommand {
  static let definition = CommandDefinition(
    "build", summary: "turn a project into an OCI image and a bootable image", operands: "[DIR]", count: 0...1,
    flags: BuildFlags.all + SharingFlags.all,
    details: """
      Reads the project in DIR (default: here), decides what it is, builds it with the host's tools, and leaves
      .packc/image (an OCI image layout) and .packc/unikernel (kernel, initrd, machine.json).
      """
  ) { invocation in
    var request = try BuildFlags.request(invocation)
    request.shared = try SharingFlags.shared(invocation)
    let result = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter).build()
    try invocation.output.write(result.json) {
      BuildSummary.text(result, invocation, explain: invocation.has("explain"))
    }
    return .done
  }
}
