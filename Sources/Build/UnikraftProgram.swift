internal import ELF
internal import PackCore

/// What Unikraft's ELF loader starts: one static program that lies wherever it is put (static PIE).
enum UnikraftProgram {
  /// Variables that the loader keeps unless it was built to keep more (LIBPOSIX_ENVIRON_LIBPARAM_MAXCOUNT).
  private static let variables = 8

  /// - Throws: `unikraft_program`, which says what the program is instead.
  static func check(_ argv: [String], in root: RootFilesystem, platform: Platform) throws {
    guard let name = argv.first, let path = RootPath(name) else { return }
    func refused(_ what: String) -> Failure {
      Failure(
        "unikraft_program", "Unikraft's ELF loader starts static PIE programs only, and \(name) is \(what)",
        hint:
          "link it so: gcc -static-pie; Rust: -C target-feature=+crt-static and --target x86_64-unknown-linux-gnu; Go: "
          + "CGO_ENABLED=1 go build -buildmode=pie -ldflags '-linkmode external -extldflags -static-pie'; or build with a "
          + "Linux kernel (`packc kernel list`)", exit: .badInput)
    }
    switch try ELFCheck.program(path, in: root, platform: platform) {
    case .script(let interpreter): throw refused("a script for \(interpreter)")
    case .elf(let file):
      if let interpreter = file.interpreter { throw refused("linked dynamically (it needs \(interpreter))") }
      guard file.isStatic, file.isPositionIndependentProgram else {
        throw refused("static, but linked for a fixed address")
      }
    }
  }

  /// What the program would find elsewhere and does not find there: a sentence each.
  static func differences(_ settings: ProgramSettings) -> [String] {
    var sentences: [String] = []
    let count = settings.environment.count + (settings.workingDirectory.isRoot ? 0 : 1)
    if count > variables {
      sentences.append(
        "the program has \(count) variables, and Unikraft's ELF loader keeps \(variables) unless it was built for more")
    }
    return sentences
  }
}
