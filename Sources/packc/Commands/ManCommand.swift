internal import PackCore

/// `packc man [COMMAND]`: the manual, as man(1) reads it.
enum ManCommand {
  static let definition = CommandDefinition(
    "man", summary: "print a page of the manual, or write all of them", operands: "[COMMAND]", count: 0...3,
    flags: [Flag("output", value: "DIR", help: "write every page into DIR (a directory man1 of MANPATH)")],
    details: """
      packc man | man -l -
      packc man image list | man -l -

      `make install` writes the pages to PREFIX/share/man/man1. They say what `--help` says.
      """
  ) { invocation in
    if let directory = invocation.path(flag: "output") { return try write(to: directory, invocation) }
    let page = try page(invocation.operands)
    try invocation.output.write(["page": .string(page.name), "text": .string(page.text)]) { page.text }
    return .done
  }

  private static func page(_ words: [String]) throws -> ManualPage {
    guard !words.isEmpty else { return ManualPage.overview(Commands.all.filter { !$0.isHidden }) }
    return ManualPage.page(try HelpCommand.command(words))
  }

  private static func write(to directory: HostPath, _ invocation: Invocation) throws -> ExitCode {
    guard invocation.operands.isEmpty else {
      throw Failure(
        "wrong_usage", "--output writes every page, and \"\(invocation.operands.joined(separator: " "))\" names one",
        hint: "leave out one of them", exit: .usage)
    }
    let pages = ManualPage.all(Commands.all)
    try FileSystem.createDirectory(directory)
    for page in pages {
      try FileSystem.writeAtomically(Array(page.text.utf8), to: directory / page.name, durable: false)
    }
    try invocation.output.write(["pages": .array(pages.map { .string($0.name) })]) {
      "wrote \(pages.count) pages to \(directory)\n"
    }
    return .done
  }
}
