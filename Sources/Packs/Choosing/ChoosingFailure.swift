internal import PackCore

/// Why no pack could be chosen, each with the line that settles it.
enum ChoosingFailure {
  /// `asked`: how many packs looked at the project.
  static func failed(_ pack: Pack, _ failure: Failure, asked: Int) -> Failure {
    var failure = failure
    failure.exit = .packFailed
    if failure.hint == nil {
      let others = asked > 1 ? "; --pack NAME chooses a pack without asking the others" : ""
      failure.hint =
        failure.location != nil
        ? "mend that place and what stands before it\(others)"
        : asked > 1 ? "--pack NAME chooses a pack without asking the others" : nil
    }
    return failure
  }

  static func tie(_ tied: [Detection.Match]) -> Failure {
    let lines = tied.map { pack, result in
      "  \(pack.name) (confidence \(result.confidence)): \(result.reasons.map(\.text).joined(separator: "; "))"
    }
    let names = tied.map(\.pack.name)
    return Failure(
      "several_packs", "several packs fit equally well:\n" + lines.joined(separator: "\n"),
      hint: "write `pack: \(names[0])` in unik.yaml, or give --pack \(names[0])", exit: .severalCandidates)
  }

  static func noSuchProgram(_ app: String, _ pack: Pack, _ candidates: [ProgramCandidate]) -> Failure {
    let names = candidates.map(\.app)
    let near = Suggestion.nearest(to: app, in: names)
    return Failure(
      PackErrorCode.noSuchProgram, "\(app) is none of the \(pack.name) programs of this project",
      hint: near.map { "did you mean --app \($0)?" } ?? "there are: \(names.joined(separator: ", "))", exit: .badInput)
  }

  static func severalPrograms(_ pack: Pack, _ candidates: [ProgramCandidate]) -> Failure {
    let lines = candidates.map { "  \($0.app)" + ($0.reasons.isEmpty ? "" : ": \($0.reasons.joined(separator: "; "))") }
    let first = candidates.first?.app ?? ""
    return Failure(
      PackErrorCode.severalPrograms,
      "the project holds several \(pack.name) programs, and nothing says which one:\n" + lines.joined(separator: "\n"),
      hint: "give --app \(first), or write `options: {app: \(first)}` in unik.yaml", exit: .severalCandidates)
  }

  /// A language that only serves another one's program.
  private static func supporting(_ match: Detection.Match) -> String {
    "\(match.pack.name) only serves another program here: \(match.result.reasons.map(\.text).joined(separator: "; "))"
      + " (--pack \(match.pack.name) asks it for a plan all the same)"
  }

  /// Shows what was seen, what each pack looks for, what nearly fits, and where to start.
  static func nothing(_ detection: Detection) -> Failure {
    var lines = ["no pack knows how to build this project"]
    if let instead = dockerfile(detection) { lines.append("  " + instead) }
    lines.append("  files seen: \(list(detection.seen, limit: 20))")
    lines += detection.matching(.supporting).map { "  " + supporting($0) }
    for verdict in detection.verdicts where verdict.result == nil {
      lines.append("  \(verdict.pack.name) looks for \(verdict.pack.manifest.looksFor)")
    }
    for rejected in detection.rejected { lines.append("  \(rejected.name) is left out: \(rejected.failure.message)") }
    lines += NearMisses.find(detection).map { "  " + $0 }
    return Failure(
      "nothing_detected", lines.joined(separator: "\n"),
      hint: """
        give a directory with one of these files, or say yourself how it is built, in a file unik.yaml:
            version: 1
            build: {command: make}
            artifact: {path: out/server}
            run: {ports: [8080/tcp]}
        """, exit: .nothingDetected)
  }

  /// Refused as input, with what to do instead.
  private static func dockerfile(_ detection: Detection) -> String? {
    let names: Set<String> = ["dockerfile", "containerfile"]
    let found = detection.root.first { !$0.isDirectory && names.contains($0.text.lowercased()) }
    return found.map {
      "\($0.text) is not taken as input, since packc builds the program itself and without a base image: "
        + "put the command that it runs to build the program, and the file which that leaves, in unik.yaml (below)"
    }
  }

  private static func list(_ names: [String], limit: Int) -> String {
    if names.isEmpty { return "none" }
    let rest = names.count - limit
    return names.prefix(limit).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
