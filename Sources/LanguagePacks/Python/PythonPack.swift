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

  /// Runs `lib/survey.py`, which lies beside the pack's `bin`. `what`: `all`, or `packages` without a look at the sources.
  private func survey(
    _ found: PythonInterpreters.Found, _ request: PackRequest, _ context: HostContext, _ what: String = "all"
  ) throws -> PythonSurvey {
    guard let pack = context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set")
    }
    let run = ToolRun(
      environment: [
        "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
        "TMPDIR": context.environment["TMPDIR"] ?? "/tmp", "LANG": "C.UTF-8",
      ])
    let named = request.options["requirements"]?.string.map { [$0] } ?? []
    let answer = try run.output([found.path.description, "-I", "-B", "\(pack)/lib/survey.py", what] + named)
    guard let text = answer.text else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found.path) cannot read the project: \(answer.errors)",
        hint: "`\(found.command) --version` should print a version; install Python again otherwise")
    }
    return try PythonSurvey(JSONParser.parse(Array(text.utf8), name: "survey"))
  }
}
