internal import PackCore
internal import Packs

/// `packc pack new NAME`: a pack that works, to be changed into one's own.
enum PackNewCommand {
  private static let place = "packs.d"

  static let definition = CommandDefinition(
    "pack new", summary: "write a working pack to start from", operands: "NAME", count: 1...1,
    flags: [
      Flag("language", value: "sh|python|node|go", help: "what the pack itself is written in (default: sh)"),
      Flag("directory", value: "DIR", help: "the directory of packs to write it into (default: \(place))"),
    ],
    details: """
      NAME is the language that the pack will know; with a number (45-NAME) it is asked before those of higher numbers.
      The pack reads a NAME.conf and builds C programs, a sample of which lies in its test directory. What to change, and
      why a pack is as it is: docs/pack-authors.md.
      """
  ) { invocation in
    let name = try PackTemplate.Name(invocation.operands[0])
    let installation = try Installation.find(from: invocation.context.executable)
    let language = invocation.string("language") ?? "sh"
    let parent = invocation.string("directory") ?? place
    let (directory, files) = try PackTemplate(installation: installation, context: invocation.context)
      .write(name, language: language, into: invocation.path(parent))
    let own = try DirectoryWalk.names(in: installation.packs).compactMap { try? PackTemplate.Name(text($0)).name }
    if own.contains(name.name) {
      invocation.reporter.note(
        "packc comes with a pack \"\(name.name)\"; yours takes its place where it is found first")
    }
    let document: JSONValue = [
      "name": .string(name.name), "language": .string(language), "path": JSONValue(directory),
      "files": .array(files.map { JSONValue($0) }),
    ]
    try invocation.output.write(document) {
      summary(parent: parent, pack: "\(parent)/\(name.directory)", files: files)
    }
    return .done
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func summary(parent: String, pack: String, files: [RootPath]) -> String {
    "\(pack)\n" + files.map { "  \($0)\n" }.joined()
      + """

      next:
        packc pack test \(pack)
        cp -R \(pack)/test/hello hello
        packc plan --packs \(parent) --explain hello
        packc build --packs \(parent) hello

      """
  }
}
