internal import PackCore

/// Errors of this module, each code in one place.
enum PacksFailure {
  // Loading.

  static func manifest(_ path: HostPath, _ text: String, at location: SourceLocation? = nil) -> Failure {
    Failure(
      "bad_pack_manifest", "\(path): \(text)", hint: "docs/pack-protocol.md says what pack.json holds", at: location,
      exit: .packFailed)
  }

  static func noExecutable(_ path: HostPath) -> Failure {
    let isThere = FileSystem.exists(path)
    return Failure(
      "bad_pack_manifest", "\(path) is \(isThere ? "not executable" : "missing")",
      hint: isThere
        ? "chmod +x \(path)" : "the pack's executable is bin/pack: any program, or a script with a `#!` line",
      exit: .packFailed)
  }

  static func untrusted(_ path: HostPath, _ reason: String, hint: String) -> Failure {
    Failure("untrusted_pack", "\(path) \(reason), so it is not run", hint: hint, exit: .notPermitted)
  }

  static func tooLarge(_ path: HostPath, _ limit: String) -> Failure {
    Failure("pack_too_large", "the pack \(path) has more than \(limit)", exit: .packFailed)
  }

  static func helperMissing(_ name: String, _ directory: HostPath, pack: String) -> Failure {
    Failure(
      "helper_missing", "the pack \"\(pack)\" needs the helper \(name), which is not in \(directory)",
      hint: "build it with `swift build --product \(name)`, or install packc again with `make install PREFIX=…`")
  }

  static func placeMissing(_ path: HostPath, from source: String) -> Failure {
    Failure("no_packs_directory", "\(source) names \(path), which is not a directory", exit: .usage)
  }

  static func placeIsAPack(_ path: HostPath, from source: String) -> Failure {
    Failure(
      "no_packs_directory", "\(source) names \(path), which is a pack itself, not a directory of packs",
      hint: "give the directory that holds it: \(path.parent)", exit: .usage)
  }

  static func placeHoldsPacksBelow(_ path: HostPath, from source: String) -> Failure {
    Failure(
      "no_packs_directory", "\(source) names \(path), which holds no pack", hint: "did you mean \(path / "packs.d")?",
      exit: .usage)
  }

  // Calls. `log` is the tail of what the pack printed.

  static func violation(_ pack: Pack, _ phase: PackPhase, _ text: String, log: String = "") -> Failure {
    Failure(
      "protocol_violation", "the pack \"\(pack.name)\" broke the pack protocol in \(phase.rawValue): \(text)",
      hint: "this is a fault of the pack in \(pack.source), not of the project", exit: .packFailed, cause: cause(log))
  }

  static func crashed(_ pack: Pack, _ phase: PackPhase, _ end: CommandResult.End, log: String) -> Failure {
    Failure(
      "pack_crashed", "the pack \"\(pack.name)\" crashed in \(phase.rawValue): \(end)",
      hint: "this is a fault of the pack in \(pack.source); --pack NAME chooses another one", exit: .packFailed,
      cause: cause(log))
  }

  static func timedOut(_ pack: Pack, _ phase: PackPhase, limit: Double, log: String) -> Failure {
    Failure(
      "pack_timed_out",
      "the pack \"\(pack.name)\" did not finish \(phase.rawValue) within \(Int(limit.rounded(.up))) seconds",
      hint: "this is a fault of the pack in \(pack.source); --pack NAME chooses another one", exit: .packFailed,
      cause: cause(log))
  }

  /// Not the pack's fault: it did not even start.
  static func sandbox(_ pack: Pack, _ phase: PackPhase, log: String) -> Failure {
    if log.contains("execvp") {
      return Failure(
        "pack_crashed", "the pack \"\(pack.name)\" could not be started for \(phase.rawValue)",
        hint: "bin/pack is there, so it is the interpreter in its first line (`#!`) or its loader that is not",
        exit: .packFailed, cause: cause(log))
    }
    return Failure(
      "sandbox_failed", "bubblewrap could not start the pack \"\(pack.name)\" for \(phase.rawValue)",
      hint: "its own words are above; the project and packc's cache must be readable by you", cause: cause(log))
  }

  /// A pack ended with one of its error codes and without a response.
  static func silent(_ pack: Pack, _ phase: PackPhase, _ code: PackExit, log: String) -> Failure {
    Failure(
      code == .toolchainMissing ? "toolchain_missing" : "pack_failed",
      "the pack \"\(pack.name)\" ended with exit code \(code.rawValue) in \(phase.rawValue) and said no more",
      exit: exit(of: code, errorCode: ""), cause: cause(log))
  }

  /// What a pack reports, in its own words. In detect it is never "no match".
  static func reported(_ error: PackResponse.Problem, by pack: Pack, _ phase: PackPhase, _ code: PackExit) -> Failure {
    Failure(
      error.code, error.message, hint: error.hint, at: error.location,
      exit: phase == .detect ? .packFailed : exit(of: code, errorCode: error.code))
  }

  private static func exit(of code: PackExit, errorCode: String) -> ExitCode {
    switch code {
    case .toolchainMissing: return .toolchain
    case .tryAgain: return .tryAgain
    case .projectError:
      if errorCode == PackErrorCode.severalPrograms { return .severalCandidates }
      return errorCode.hasPrefix(PackErrorCode.lockPrefix) ? .lock : .badInput
    default: return .packFailed
    }
  }

  private static func cause(_ log: String) -> String? {
    log.isEmpty ? nil : "the last that it printed:\n" + log
  }

  // Choosing.

  static func unknownPack(_ name: String, from source: String? = nil, known: [String]) -> Failure {
    let near = Suggestion.nearest(to: name, in: known)
    let text = "the pack \"\(name)\""
    return Failure(
      "unknown_pack", source.map { "\($0) asks for \(text), which is not installed" } ?? "\(text) is not installed",
      hint: near.map { "did you mean \"\($0)\"?" }
        ?? "installed: \(known.sorted().joined(separator: ", ")); --packs DIR adds a directory of packs", exit: .usage)
  }

  static func maskedAway(_ name: String, _ path: HostPath) -> Failure {
    Failure(
      "pack_masked", "no pack \"\(name)\" is used, since \(path) leads to /dev/null",
      hint: "remove that link to have the pack back", exit: .usage)
  }

  static func options(_ path: String, _ text: String, hint: String?) -> Failure {
    Failure("bad_options", "\(path): \(text)", hint: hint, at: SourceLocation(path: "unik.yaml"), exit: .badInput)
  }
}
