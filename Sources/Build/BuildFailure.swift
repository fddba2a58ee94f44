internal import PackCore

/// What can go wrong between a project directory and its image, with the next step.
enum BuildFailure {
  static func foreignFile(_ path: RootPath, _ found: String, _ platform: Platform) -> Failure {
    Failure(
      "foreign_file", "\(path.absolute) comes from this host and is built for \(found); the image is for \(platform)",
      hint: "build on a machine of that architecture", exit: .badInput)
  }
  static func noProject(_ path: HostPath) -> Failure {
    Failure(
      "no_project", "there is no directory \(path)", hint: "give the project's directory: `packc build DIR`",
      exit: .badInput)
  }
  static func projectIsNotADirectory(_ path: HostPath) -> Failure {
    let isDockerfile = path.name == "Dockerfile" || path.name.hasSuffix(".Dockerfile")
    return Failure(
      "not_a_directory", "\(path) is \(isDockerfile ? "a Dockerfile" : "a file"), not a project directory",
      hint: isDockerfile
        ? "packc reads the project itself: run `packc build \(path.parent)`; say in unik.yaml what the Dockerfile said"
        : "give the directory that holds it: `packc build \(path.parent)`", exit: .badInput)
  }
  static func projectTooLarge(_ path: HostPath, limit: Int) -> Failure {
    Failure(
      "project_too_large", "\(path) has more than \(limit) files that are not ignored",
      hint: "leave out what the build does not need in .packcignore", exit: .badInput)
  }
  static func changedMeanwhile(_ path: RootPath) -> Failure {
    Failure(
      "file_changed", "\(path) changed while packc read the project", hint: "run it again when nothing writes into it",
      exit: .tryAgain)
  }
  static func nothingToDeclare(_ key: String, _ path: RootPath, _ location: SourceLocation, _ wanted: String) -> Failure
  {
    Failure(
      "no_such_file", "\(key) names \(path.absolute), which is no \(wanted) of the image",
      hint: "build.json lists the image's files; write the path as it is there, or remove the line", at: location,
      exit: .badInput)
  }
  private static func stepHint(_ step: BuildStep, _ end: CommandResult.End, _ sandbox: Isolation.Kind) -> String {
    if step.network {
      return
        "the step \"\(step.id)\" needs the network: is it there, and do HTTPS_PROXY or the tool's own variables for a "
        + "mirror name the way (`packc pack show NAME` lists those that are handed on)? Packages that lie in the project "
        + "(vendored) need none"
    }
    // EX_NOINPUT (sysexits(3)): what `lib/build.sh` of the universal pack ends with.
    if end == .exited(66) { return "its last lines say what was made; write that as artifact.path in unik.yaml" }
    if sandbox == .landlock {
      return
        "mend what its output says; what Landlock keeps from a step is in docs/sandbox.md, and \(Isolation.variable)=none "
        + "shows whether that is why"
    }
    return "mend what its output says, or see the plan with `packc plan`"
  }

  static func stepFailed(
    _ step: BuildStep, _ end: CommandResult.End, tail: String, in sandbox: Isolation.Kind
  ) -> Failure {
    // What a shell answers for a command that it cannot find (POSIX, XCU 2.8.2).
    if end == .exited(127) {
      return Failure(
        "tool_missing",
        "the step \"\(step.id)\" starts a program that is not there: \(step.argv.joined(separator: " "))",
        hint: "install what its last lines name; `packc check` shows the usual tools", exit: .toolchain,
        cause: tail.isEmpty ? "it printed nothing" : "its last lines:\n" + tail)
    }
    return Failure(
      "step_failed", "the step \"\(step.id)\" failed with \(end): \(step.argv.joined(separator: " "))",
      hint: stepHint(step, end, sandbox), exit: .stepFailed,
      cause: tail.isEmpty ? "it printed nothing" : "its last lines:\n" + tail)
  }
  static func stepTimedOut(_ step: BuildStep, seconds: Double, tail: String) -> Failure {
    Failure(
      "step_timed_out", "the step \"\(step.id)\" was ended after \(Int(seconds)) seconds",
      hint: "give it more time with --timeout SECONDS", exit: .timedOut,
      cause: tail.isEmpty ? nil : "its last lines:\n" + tail)
  }
  static func mountsNeedSandbox(_ step: BuildStep) -> Failure {
    let places = step.mounts.keys.sorted().map(\.absolute).joined(separator: ", ")
    return Failure(
      "sandbox_missing", "the step \"\(step.id)\" needs \(places) for itself, and bubblewrap does not work here",
      hint: "apt-get install bubblewrap, and allow user namespaces", exit: .toolchain)
  }
  static func outputMissing(_ step: BuildStep, _ output: RootPath, present: [String]) -> Failure {
    Failure(
      "output_missing", "the step \"\(step.id)\" ended well but left no \(output)",
      hint: "see what it printed with --verbose; the names must agree",
      exit: .stepFailed,
      cause: present.isEmpty ? "it left nothing at all" : "it left: \(present.joined(separator: ", "))")
  }
  static func artifactMissing(_ artifact: BuildPlan.Artifact, similar: [String]) -> Failure {
    Failure(
      "artifact_missing", "the artifact \(artifact.path) does not exist after the build",
      hint: similar.isEmpty
        ? "set artifact.path in unik.yaml to what the build command makes"
        : "did you mean \(similar.joined(separator: " or "))? Set artifact.path in unik.yaml", exit: .badInput)
  }
  static func lockOutOfDate(_ what: [String]) -> Failure {
    Failure(
      "lock_out_of_date",
      "packc.lock does not agree with this build:\n" + what.map { "  - \($0)" }.joined(separator: "\n"),
      hint: "run `packc lock` and commit packc.lock, or make this machine agree with it", exit: .lock)
  }
  /// The step that resolves packages failed. What its tool printed is long, and its last line says it.
  static func notResolved(_ resolution: BuildPlan.Resolution, _ failure: Failure) -> Failure {
    let last = (failure.cause ?? "").split(whereSeparator: \.isNewline).last.map { String($0.drop { $0 == " " }) }
    let inputs = resolution.inputs.map(\.path.description).joined(separator: ", ")
    return Failure(
      "lock_unresolved",
      "packc.lock does not hold the packages of \(inputs.isEmpty ? resolution.ecosystem : inputs), and they could not be "
        + "resolved here",
      hint:
        "run `packc lock` where the package index (or the mirror that the tool's variables name) can be reached, and "
        + "commit packc.lock; --verbose shows all that the tool printed", exit: .lock, cause: last)
  }
  /// The packages that packc.lock names do not hold what the program needs now.
  static func runtimeIncomplete(_ failure: Failure) -> Failure {
    Failure(
      "lock_out_of_date", "packc.lock's packages of Debian are not all that the program needs: \(failure.message)",
      hint: "run `packc lock --runtime debian` and commit packc.lock", exit: .lock, details: failure.details)
  }
  static func secretInOutput(_ step: BuildStep, _ name: String, _ file: RootPath) -> Failure {
    Failure(
      "secret_in_output", "the step \"\(step.id)\" left the secret \(name) in ${work}/\(file)",
      hint: "nothing of it was kept; let the tool take the credential from its own file instead of from an address",
      exit: .gateFailed)
  }
  static func sandboxRequired() -> Failure {
    Failure(
      "sandbox_missing", "--require-sandbox, and neither bubblewrap nor Landlock works here",
      hint: "apt-get install bubblewrap, and allow user namespaces", exit: .toolchain)
  }
  static func lockMissing() -> Failure {
    Failure(
      "lock_missing", "--locked, but there is no packc.lock", hint: "run `packc lock` and commit packc.lock",
      exit: .lock)
  }
}
