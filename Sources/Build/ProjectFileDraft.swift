internal import Config
public import PackCore
internal import Packs

/// What `packc init` wrote.
public struct InitResult: Sendable {
  public let path: HostPath
  public let text: String
}

/// The text of a `unik.yaml` that says what was found, each line with the file that it came from.
struct ProjectFileDraft {
  /// Keys in their order, with a comment behind each.
  private var lines: [String] = []
  var text: String { lines.joined(separator: "\n") + "\n" }

  private init(_ heading: [String]) {
    lines = heading.map { "# \($0)" } + ["version: 1"]
  }

  /// For a project that a pack knows. `plan` is nil when the pack could not make one, for the reason `problem`.
  init(choice: Choice, plan: BuildPlan?, problem: String?, app: String?) {
    self.init([
      "What packc found in this project. Every line may be changed or deleted; what is not here is found anew",
      "at each build. docs/unik-yaml.md has all keys.",
    ])
    if let name = plan?.name.flatMap(ProjectName.init(slugifying:)) {
      add("name: \(name)", "the project's manifest")
    }
    let decisions = choice.decisions + (plan?.decisions ?? [])
    add("pack: \(choice.pack.name)", Self.source("pack", decisions))
    if let app, choice.pack.manifest.options.takes("app") {
      lines.append("options:")
      add("  app: \(Self.scalar(app))", "--app")
    }
    if let plan { addRun(plan) }
    if let problem {
      lines += ["# The plan could not be made yet:"] + problem.split(separator: "\n").map { "#   \($0)" }
    }
    // What of the host was found is not the project's.
    let left = Set(["pack", "app", "port"] + (plan?.toolchains ?? []).map(\.name))
    let told = decisions.filter { !left.contains($0.what) }
    if !told.isEmpty { lines += ["# Also found, and not repeated here:"] }
    lines += told.map { "#   \($0.what): \(Self.oneLine($0.value)) ← \(Self.oneLine($0.source))" }
  }

  private mutating func addRun(_ plan: BuildPlan) {
    lines.append("run:")
    let port = Self.source("port", plan.decisions)
    if plan.ports.isEmpty {
      add("  ports: [8080/tcp]", "packc's default; the program is told by PORT")
    } else {
      add("  ports: [\(plan.ports.joined(separator: ", "))]", port)
    }
    lines += [
      "  # args: [--verbose]          # behind the program's own",
      "  # env: {LOG: info}",
      "  # health: {http: /healthz}   # without it: the first port listens",
      "  # memory: 128Mi",
    ]
    for path in plan.writable { add("  # writable already: \(path.absolute)", Self.source("writable", plan.decisions)) }
  }

  /// For a project that no pack knows: what the universal pack needs.
  init(unknown listing: [RootPath], name: String) {
    self.init([
      "No pack knows this project, so this is a start to be completed: which command builds the program, and which file",
      "it leaves. docs/unik-yaml.md has all keys.",
    ])
    let root = Set(listing.filter { $0.components.count == 1 }.map(\.name))
    let commands = [
      ("Makefile", "make"), ("GNUmakefile", "make"), ("build.zig", "zig build -Doptimize=ReleaseSafe"),
      ("CMakeLists.txt", "cmake -B build && cmake --build build"),
      ("meson.build", "meson setup build && ninja -C build"), ("dune-project", "dune build --profile release"),
      ("build.sh", "./build.sh"),
    ]
    let found = commands.first { root.contains($0.0) }
    lines.append("build:")
    add("  command: \(found?.1 ?? "make")", found?.0 ?? "nothing says how; a shell command or a list of words")
    lines.append("artifact:")
    add("  path: out/\(name)", "the file that the command leaves: change it")
    lines += ["run:", "  ports: [8080/tcp]"]
  }

  private mutating func add(_ line: String, _ source: String?) {
    lines.append(source.map { "\(line)  # ← \(Self.oneLine($0))" } ?? line)
  }

  private static func source(_ what: String, _ decisions: [Decision]) -> String? {
    decisions.first { $0.what == what && !$0.source.isEmpty }?.source
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  /// A word as YAML takes it: plain where nothing in it means anything, else in the double quotes of JSON.
  private static func scalar(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "/._-".utf8.contains($0)
    }
    let startsWithLetter = text.utf8.first.map { (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2f } ?? false
    let words: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
    return isPlain && startsWithLetter && !words.contains(text.lowercased())
      ? text : CanonicalJSON.string(.string(text))
  }
}

extension Pipeline {
  /// Writes the `unik.yaml` that detection implies. An existing one stays, unless `force`.
  public func writeProjectFile(force: Bool) throws -> InitResult {
    do {
      return try located { try $0.writeProjectFileHere(force: force) }
    } catch let failure as Failure where failure.code == "nothing_detected" && request.packName == nil {
      return try writeStart(force: force)
    }
  }

  private func writeProjectFileHere(force: Bool) throws -> InitResult {
    try refuseToOverwrite(force)
    var planning = try Planning(context: context, request: request, reporter: reporter, isolation: isolation)
    planning.ignoresConfig = true
    let project = try planning.project()
    let choice = try planning.choose(planning.detect(project), project)
    var plan: BuildPlan?
    var problem: String?
    do {
      plan = try planning.plan(choice.pack, project, lock: try LockFile.read(project: request.project)?.packages ?? [:])
    } catch let failure as Failure
      where !failure.isInterruption && ![PackErrorCode.noProgram, PackErrorCode.noSuchProgram].contains(failure.code)
      && failure.exit != .severalCandidates
    {
      // A missing toolchain or lock does not change what the project is.
      reporter.warn(failure.message, hint: failure.hint)
      problem = failure.description
    }
    return try write(ProjectFileDraft(choice: choice, plan: plan, problem: problem, app: request.app))
  }

  private func writeStart(force: Bool) throws -> InitResult {
    try refuseToOverwrite(force)
    let scan = try ProjectScan(root: request.project)
    reporter.warn(
      "no pack knows this project: unik.yaml is a start, with a command and a file for you to name",
      hint: "`packc plan --explain` shows what each pack looks for")
    let name = ProjectName(slugifying: request.project.name)?.description ?? "app"
    return try write(ProjectFileDraft(unknown: scan.listing, name: name))
  }

  private var projectFile: HostPath { request.project / UnikFile.fileName }

  private func refuseToOverwrite(_ force: Bool) throws {
    guard !force, try FileSystem.status(projectFile) != nil else { return }
    throw Failure(
      "file_exists", "there is a unik.yaml already: \(projectFile)",
      hint: "--force writes it anew; `packc plan` shows what it leads to")
  }

  private func write(_ draft: ProjectFileDraft) throws -> InitResult {
    let bytes = Array(draft.text.utf8)
    // What packc writes, packc reads.
    _ = try UnikFile.parse(bytes: bytes, path: UnikFile.fileName)
    try FileSystem.writeAtomically(bytes, to: projectFile)
    return InitResult(path: projectFile, text: draft.text)
  }
}
