internal import PackCore

/// Reads the result of phase `plan` and checks what a plan promises: variables, places, and that it is the same for every
/// directory.
struct PlanReader {
  private static let variables = ["${source}", "${work}", "${cache}", "${pack}"]
  /// Directories of this one call; a plan that names one of them is another plan next time.
  let privatePaths: [String]
  /// What a step sees of the host or of packc at the top level (hier(7)); nothing is mounted over it.
  private static let hostDirectories: Set<String> = [
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "nix", "opt", "packc",
    "proc",
    "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
  ]

  func read(_ result: JSONReader) throws -> BuildPlan {
    let plan = try BuildPlan(result)
    for step in plan.steps { try check(step, result) }
    if let unresolved = plan.unresolved { try check(unresolved.step, result) }
    for artifact in plan.artifacts {
      guard isBelow(artifact.path, ["${work}", "${source}"]), !artifact.destination.isRoot else {
        throw result.failure("artifacts: \(artifact.path) does not lie below ${work} or ${source}, or goes to /")
      }
    }
    try checkOutputs(plan, result)
    if let completion = plan.completion {
      guard plan.steps.contains(where: { $0.outputs.contains { completion.isInside($0) } }) else {
        throw result.failure("completion: no step has \(completion) among its outputs")
      }
    }
    try checkProgram(plan, result)
    for tree in plan.runtime.trees {
      guard tree.path.isAbsolute else { throw result.failure("runtime.trees: \(tree.path) is not absolute") }
      if let path = privatePath(in: tree.path.description) {
        throw result.failure("runtime.trees: \(path) exists for one call only")
      }
    }
    return plan
  }

  /// What an artifact shows below `${work}` is what a step promises to leave.
  private func checkOutputs(_ plan: BuildPlan, _ result: JSONReader) throws {
    guard plan.unresolved == nil else { return }
    let outputs = plan.steps.flatMap(\.outputs)
    for artifact in plan.artifacts where artifact.path.hasPrefix("${work}/") {
      guard let path = RootPath(String(artifact.path.dropFirst("${work}/".count))) else { continue }
      guard outputs.contains(where: { path.isInside($0) || $0.isInside(path) }) else {
        let known = outputs.map(\.description).sorted().joined(separator: ", ")
        throw result.failure(
          "artifacts: \(artifact.path) is the output of no step (outputs: \(known.isEmpty ? "none" : known))")
      }
    }
  }

  /// The plan with the document that a step left; see `BuildPlan.complete`.
  func complete(_ plan: BuildPlan, with document: JSONReader) throws -> BuildPlan {
    var plan = plan
    try plan.complete(document)
    plan.completion = nil
    try checkProgram(plan, document)
    return plan
  }

  private func checkProgram(_ plan: BuildPlan, _ result: JSONReader) throws {
    if plan.unresolved == nil, plan.completion == nil || !plan.entrypoint.isEmpty {
      guard let program = plan.entrypoint.first else {
        throw result.failure("entrypoint: it is missing, or empty; it is the command that starts the program")
      }
      guard program.hasPrefix("/"), RootPath(program) != nil else {
        throw result.failure("entrypoint: the first word is the absolute path of a program in the image")
      }
    }
    for port in plan.ports where !Self.isPort(port) { throw result.failure("ports: \"\(port)\" is not like 8080/tcp") }
    for (name, value) in plan.environment where name.isEmpty || (name + value).utf8.contains(0) || name.contains("=") {
      throw result.failure("env: \"\(name)\" is not the name of a variable, or its value holds a NUL")
    }
    for name in plan.labels.keys where name.isEmpty || name.hasPrefix("dev.packc.") {
      throw result.failure("labels: \"\(name)\" is empty or one of packc's own")
    }
  }

  private func check(_ step: BuildStep, _ result: JSONReader) throws {
    let texts =
      step.argv + Array(step.environment.values) + step.inputs + step.tools + Array(step.files.keys)
      + Array(step.mounts.values)
    for output in step.outputs where output.description.hasPrefix("${") {
      throw result.failure(
        "step \(step.id): outputs: \(output) is below ${work} already; write it without the variable")
    }
    if step.workingDirectory.description.contains("${") {
      throw result.failure(
        "step \(step.id): cwd: \(step.workingDirectory) is a directory of the project, without a variable")
    }
    for text in texts {
      if let unknown = Self.unknownVariable(in: text) {
        throw result.failure("step \(step.id): \(unknown) is none of \(Self.variables.joined(separator: ", "))")
      }
    }
    // What a file holds is not expanded, and checked for private paths alone.
    for text in texts + Array(step.files.values) {
      if let path = privatePath(in: text) {
        throw result.failure(
          "step \(step.id) names \(path), which exists for one call only; a plan says ${source}, ${work}, ${cache} "
            + "and ${pack}")
      }
    }
    for path in step.files.keys where !isBelow(path, ["${work}", "${source}"]) {
      throw result.failure("step \(step.id): files: \(path) does not lie below ${work} or ${source}")
    }
    for tool in step.tools where !tool.hasPrefix("/") && !tool.hasPrefix("${") {
      throw result.failure("step \(step.id): tools: \(tool) is not absolute")
    }
    for (place, directory) in step.mounts {
      guard place.components.count == 1, !Self.hostDirectories.contains(place.description) else {
        throw result.failure("step \(step.id): mounts: \(place.absolute) is not a top-level directory of its own")
      }
      guard isBelow(directory, ["${work}", "${source}"]) else {
        throw result.failure("step \(step.id): mounts: \(directory) does not lie below ${work} or ${source}")
      }
    }
    for input in step.inputs where !input.hasPrefix("${") && input != "." && RootPath(input) == nil {
      throw result.failure("step \(step.id): inputs: \(input) leaves the project")
    }
  }

  /// A private path as a word of its own or in a flag (`-I/packc/source`), not within another path
  /// (`example.com/packc/source`).
  private func privatePath(in text: String) -> String? {
    guard text.utf8.contains(UInt8(ascii: "/")) else { return nil }
    let bytes = Array(text.utf8)
    return privatePaths.first { path in
      let wanted = Array(path.utf8)
      guard bytes.count >= wanted.count else { return false }
      return (0...bytes.count - wanted.count).contains { start in
        guard bytes[start...].starts(with: wanted) else { return false }
        if let next = bytes[start...].dropFirst(wanted.count).first, Self.isPartOfName(next) { return false }
        guard start > 0, Self.isPartOfName(bytes[start - 1]) else { return true }
        return start == 2 && bytes[0] == UInt8(ascii: "-")
      }
    }
  }

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  private func isBelow(_ path: String, _ roots: [String]) -> Bool {
    roots.contains { root in
      guard path.hasPrefix(root) else { return false }
      let rest = path.dropFirst(root.count)
      return rest.isEmpty || (rest.hasPrefix("/") && RootPath(String(rest)) != nil)
    }
  }

  /// `${` of a shell script is left alone: checked are words that start with it, and within a word what looks like one of
  /// ours misspelt.
  private static func unknownVariable(in text: String) -> String? {
    let isScript = text.contains { $0.isWhitespace }
    var rest = text[...]
    while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
      let name = String(rest[start.lowerBound...end])
      let isAtStart = start.lowerBound == text.startIndex
      if !variables.contains(name), isAtStart || (!isScript && Suggestion.nearest(to: name, in: variables) != nil) {
        return name
      }
      if isScript { return nil }
      rest = rest[rest.index(after: end)...]
    }
    return nil
  }

  private static func isPort(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1] == "tcp" || parts[1] == "udp", let number = UInt16(parts[0]) else { return false }
    return number > 0
  }
}
