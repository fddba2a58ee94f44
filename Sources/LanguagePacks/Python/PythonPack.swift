internal import PackCore
internal import Packs

/// Python: applications and scripts, with packages from a lock with hashes.
struct PythonPack: LanguagePack {
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let named = request.options["requirements"]?.string
    guard let evidence = try PythonEvidence(files, requirements: named) else { return nil }
    return try evidence.answer(isAskedFor: request.app != nil)
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let context = try HostContext.current()
    let requirements = try PythonWishes(files).requirements
    let interpreters = PythonInterpreters(context)
    let chosen = try interpreters.choose(requirements, mode: request.mode, notes)
    let survey = try survey(chosen, request, context)
    // Only running it tells the whole version.
    let version = survey.interpreter.version
    guard version >= PythonInterpreters.oldest else { throw interpreters.mismatch([]) }
    if request.mode == .release, !requirements.allSatisfy({ $0.allows(version) }) {
      throw interpreters.mismatch(requirements)
    }
    let dependencies = try PythonDependencies(survey, request: request, files: files)
    return try PythonPlan(
      survey: survey, request: request, notes: notes, dependencies: dependencies, requirements: requirements
    ).make()
  }

  /// What the plan installs. The locks are read by the interpreter that will run the program, since it knows which of their
  /// packages are for this platform.
  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    let context = try HostContext.current()
    let requirements = try PythonWishes(files).requirements
    let chosen = try PythonInterpreters(context).choose(requirements, mode: request.mode, PackNotes())
    let survey = try survey(chosen, request, context)
    return PythonComponents.list(try PythonDependencies(survey, request: request, files: files), survey)
  }

  /// Read by the interpreter that will run the program. What the plan starts says with which modules it begins; without a
  /// plan that is not known, and every module counts.
  func facts(_ request: PackRequest) throws -> [SourceFact] {
    let context = try HostContext.current()
    if let plan = try? plan(request, PackNotes()), let python = plan.toolchains.first(where: { $0.name == "python" }) {
      let root = plan.workingDirectory.description.split(separator: "/").dropFirst().joined(separator: "/")
      return try facts(python.path, root: root, Array(plan.entrypoint.dropFirst()), context)
    }
    let chosen = try PythonInterpreters(context).choose(PythonWishes(files).requirements, mode: .debug, PackNotes())
    return try facts(chosen.path, root: "", [], context)
  }

  private func facts(
    _ python: HostPath, root: String, _ words: [String], _ context: HostContext
  ) throws -> [SourceFact] {
    let method = "syntax tree of the project's modules"
    let answer = try run("facts/read.py", [root] + words, by: python, context, timeout: 90)
    guard let text = answer.text else {
      var findings = SourceFindings(method: method)
      findings.addDoubt(SourceKind.allCases, "the source could not be read to the end")
      return findings.facts
    }
    return try SourceFindings(method: method, JSONReader(JSONParser.parse(Array(text.utf8), name: "findings"))).facts
  }

  /// A program of the pack's own `lib`, run by an interpreter of the host.
  private func run(
    _ program: String, _ arguments: [String], by python: HostPath, _ context: HostContext, timeout: Double = 20
  ) throws -> (text: String?, errors: String) {
    guard let pack = context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set")
    }
    let run = ToolRun(
      environment: [
        "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
        "TMPDIR": context.environment["TMPDIR"] ?? "/tmp", "LANG": "C.UTF-8",
      ], timeout: timeout)
    return try run.output([python.description, "-I", "-B", "\(pack)/lib/\(program)"] + arguments)
  }

  /// Runs `lib/survey.py`, which lies beside the pack's `bin`. `what`: `all`, or `packages` without a look at the sources.
  private func survey(
    _ found: PythonInterpreters.Found, _ request: PackRequest, _ context: HostContext, _ what: String = "all"
  ) throws -> PythonSurvey {
    let named = request.options["requirements"]?.string.map { [$0] } ?? []
    let answer = try run("survey.py", [what] + named, by: found.path, context, timeout: 60)
    guard let text = answer.text else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found.path) cannot read the project: \(answer.errors)",
        hint: "`\(found.command) --version` should print a version; install Python again otherwise")
    }
    return try PythonSurvey(JSONParser.parse(Array(text.utf8), name: "survey"))
  }
}
