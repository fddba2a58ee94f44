internal import PackCore

/// The errors of this module, each made in one place; a wrong file is wrong input (65).
enum ELFFailure {
  static func malformed(_ file: String, _ reason: String) -> Failure {
    Failure(
      "malformed_elf", "\(file) is not a valid ELF file: \(reason)",
      hint: "it may be cut off or damaged: build or fetch it again", exit: .badInput)
  }
  static func notELF(_ file: String, _ found: String) -> Failure {
    Failure(
      "not_an_elf", "\(file) is not an ELF file, but \(found)", hint: "name the program that the build leaves",
      exit: .badInput)
  }

  static func notACore(_ file: String, _ found: String) -> Failure {
    Failure(
      "not_a_core", "\(file) is not a core dump that packc reads: \(found)",
      hint: "give the file that the kernel, systemd-coredump (coredumpctl dump -o FILE) or gcore wrote, uncompressed",
      exit: .badInput)
  }

  // MARK: Programs

  static func neitherELFNorScript(_ file: String, _ found: String) -> Failure {
    Failure(
      "not_a_program", "\(file) is not an ELF and not a script with an interpreter in the closure: it is \(found)",
      hint: "set artifact.path in unik.yaml to the executable that the build leaves for Linux", exit: .badInput)
  }
  static func missingProgram(_ file: String) -> Failure {
    Failure(
      "program_missing", "the image has no \(file), which is what it should start",
      hint: "set artifact.path in unik.yaml to what the build leaves", exit: .badInput)
  }
  static func notExecutable(_ file: String) -> Failure {
    Failure(
      "not_executable", "\(file) has no execute permission", hint: "chmod +x it in the build", exit: .badInput)
  }
  static func wrongKind(_ file: String, _ found: String) -> Failure {
    Failure(
      "not_a_program", "\(file) is an ELF file, but \(found), not a program",
      hint: "set artifact.path in unik.yaml to the linked executable", exit: .badInput)
  }
  static func wrongArchitecture(_ file: String, found: String, wanted: Platform) -> Failure {
    Failure(
      "wrong_architecture", "\(file) is built for \(found), the image is for \(wanted)",
      hint: "build it for \(wanted.architecture.rawValue), or ask for the other platform with --platform",
      exit: .badInput)
  }
  static func interpreterMissing(_ file: String, _ interpreter: String) -> Failure {
    let isEnv = interpreter.hasSuffix("/env")
    return Failure(
      "interpreter_missing",
      "\(file) is a script for \(interpreter), which the image does not have: "
        + "it is not an ELF and not a script with an interpreter in the closure",
      hint: isEnv
        ? "an image has no env: name the interpreter itself in its first line, or start it by the interpreter's path"
        : "add the interpreter (unik.yaml: artifact.files), or start a program instead of a script", exit: .badInput)
  }

  // MARK: The closure

  static func loaderMissing(_ program: String, _ interpreter: String) -> Failure {
    let package = interpreter.contains("ld-musl") ? "apt-get install musl" : "apt-get install libc6"
    return Failure(
      "loader_missing", "\(program) needs the dynamic loader \(interpreter), which is not on this machine",
      hint: "install the C library that it was built for (\(package)), or link it statically", exit: .badInput)
  }
  static func libraryNotFound(
    _ soname: String, chain: [String], looked: [String], otherArchitecture: [String], wanted: Platform
  ) -> Failure {
    let user = chain.last ?? "the program"
    var message =
      otherArchitecture.isEmpty
      ? "\(user) needs \(soname), which is neither in the image nor on this machine"
      : "\(user) needs \(soname) for \(wanted), and only others were found: \(otherArchitecture.joined(separator: ", "))"
    if chain.count > 1 { message += "\n  needed through: \(chain.joined(separator: " → "))" }
    message += "\n  looked in: \(looked.isEmpty ? "no directory" : looked.joined(separator: "\n             "))"
    return Failure(
      otherArchitecture.isEmpty ? "library_not_found" : "library_wrong_architecture", message,
      hint: "install the package that has it (apt-file search \(soname); dpkg -S \(soname)), "
        + "or put the file into the image with artifact.files in unik.yaml", exit: .badInput,
      details: ["library": .string(soname)])
  }
  static func twoLibraries(_ soname: String, at place: String, _ one: String, _ other: String) -> Failure {
    Failure(
      "library_conflict",
      "two different files are needed as \(place): \(one) and \(other), both called \(soname)",
      hint: "let one be found relative to its program (-Wl,-rpath,'$ORIGIN/../lib') and name it in artifact.files",
      exit: .badInput)
  }

  // MARK: Strip

  static func strip(_ file: String, _ reason: String) -> Failure {
    Failure(
      "strip_failed", "cannot remove the symbols of \(file): \(reason)",
      hint: "build with --debug to keep symbols, and report the file", exit: .badInput)
  }
}
