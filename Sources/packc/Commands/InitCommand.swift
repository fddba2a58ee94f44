internal import Build
internal import PackCore

/// `packc init`: the project file that detection implies.
enum InitCommand {
  static let definition = CommandDefinition(
    "init", summary: "write the unik.yaml that detection implies, with comments", operands: "[DIR]", count: 0...1,
    flags: [
      Flag("pack", value: "NAME", help: "use this pack, without detection"),
      Flag("packs", value: "DIR", repeats: true, help: "a directory of packs that is searched first"),
      Flag("app", value: "PATH", help: "which program of a project that holds several"),
      Flag("force", help: "write over an existing unik.yaml"),
    ],
    details: "unik.yaml is optional: it is for what packc cannot find out, and for what should not change unnoticed."
  ) { invocation in
    let request = try BuildFlags.request(invocation)
    let result = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter)
      .writeProjectFile(force: invocation.has("force"))
    let json: JSONValue = ["path": JSONValue(result.path), "text": .string(result.text)]
    try invocation.output.write(json) { "wrote \(result.path)\n\n" + result.text }
    return .done
  }
}
