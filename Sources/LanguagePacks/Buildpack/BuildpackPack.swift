internal import PackCore
internal import Packs

/// Cloud Native Buildpacks as a pack: detection asks their `bin/detect`, and one step runs their `bin/build` in turn
/// (`BuildpackBuild`). The buildpacks lie beside `pack.json`, see `BuildpackSet`; nobody has this pack who did not make
/// it (`packc pack wrap`).
struct BuildpackPack: LanguagePack {
  /// Less than a language that found its own program, more than one that saw only a manifest: what a buildpack says
  /// of a project is yes or no, and many say yes to everything.
  static let confidence = 50

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let (_, answer) = try ask(request, seconds: 4)
    guard let group = answer.group else {
      guard answer.failures.isEmpty else { throw Self.failure(answer) }
      return nil
    }
    return DetectAnswer(
      confidence: Self.confidence,
      reasons: group.buildpacks.map { DetectReason(path: "", rule: "bin/detect of the buildpack \($0.name) passes") })
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let (question, answer) = try ask(request, seconds: 20)
    guard let group = answer.group else { throw Self.failure(answer) }
    return try BuildpackPlan(group: group, question: question, request: request).make()
  }

  /// What is asked of the buildpacks, and of what.
  struct Question {
    var target: BuildpackTarget
    var given: [String: String]
    var context: HostContext
  }

  private func ask(_ request: PackRequest, seconds: Double) throws -> (Question, BuildpackDetection.Answer) {
    let context = try HostContext.current()
    guard let pack = context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set: bin/pack sets it to the pack's directory")
    }
    let set = try BuildpackSet(root: HostPath(pack) / "buildpack")
    let release = try? FileSystem.readIfPresent("/etc/os-release", limit: 1 << 16)
    let question = Question(
      target: BuildpackTarget(
        request.platform, release: String(decoding: release ?? [], as: UTF8.self),
        stack: request.options["stack"]?.string),
      given: try JSONReader(request.config ?? [:], path: "unik.yaml").optional("build")?.optional("env")?.stringMap()
        ?? [:],
      context: context)
    let detection = BuildpackDetection(
      set, target: question.target, given: question.given, work: request.workDirectory, context: context,
      seconds: seconds)
    return (question, try detection.run())
  }

  /// No group passes: what each said.
  private static func failure(_ answer: BuildpackDetection.Answer) -> PackRefusal {
    let lines = (answer.failures + answer.objections).map { "  \($0)" }
    let text = lines.isEmpty ? "no buildpack was asked" : lines.joined(separator: "\n")
    return answer.failures.isEmpty
      ? PackRefusal(
        .projectError, "buildpack_detect", "no group of the buildpacks can build this project:\n\(text)",
        hint: "choose another pack with --pack, or give what they look for")
      : PackRefusal(
        .projectError, "buildpack_detect_failed", "a buildpack's detection failed:\n\(text)",
        hint: "0 is yes and 100 is no; any other code is a fault that its output should name")
  }
}

/// The plan: one step, and an image whose program is known when that step has run.
struct BuildpackPlan {
  let group: BuildpackDetection.Group
  let question: BuildpackPack.Question
  let request: PackRequest

  /// Where buildpacks see the application and their layers, in the step and in the image.
  static let workspace = RootPath(literal: "workspace")
  static let layers = RootPath(literal: "layers")
  static let caches = RootPath(literal: "layers")

  func make() throws -> BuildPlan {
    var plan = BuildPlan()
    let programs = try programs()
    let cache = try cacheName()
    let work = BuildpackWork(
      target: question.target, group: group, given: question.given, process: request.app,
      command: try JSONReader(request.options).optional("command")?.strings() ?? [],
      programs: programs.mapValues(\.destination.absolute), cache: cache)
    plan.steps = [
      BuildStep(
        id: "build", argv: ["${pack}/bin/pack", "build", "${work}/group.json", "${source}", "${work}", "${cache}"],
        outputs: [RootPath(literal: "image")],
        files: ["${work}/group.json": String(decoding: CanonicalJSON.encodePretty(work.json), as: UTF8.self)],
        cacheDirectories: cache == nil ? [] : [Self.caches], tools: tools(),
        mounts: [Self.workspace: "${work}/image/workspace", Self.layers: "${work}/layers"])
    ]
    plan.artifacts = [
      .init(path: "${work}/image/layers", role: .foreign, destination: Self.layers, layer: .dependencies),
      .init(path: "${work}/image/workspace", role: .foreign, destination: Self.workspace, layer: .application),
    ]
    plan.completion = RootPath(literal: "image/launch.json")
    plan.workingDirectory = Self.workspace
    plan.runtime.trees = programs.values.sorted { $0.path < $1.path } + (try directories())
    plan.decisions = decisions(programs)
    return plan
  }

  private func decisions(_ programs: [String: BuildPlan.RuntimeRequest.Tree]) -> [Decision] {
    var decisions = group.buildpacks.map {
      Decision(what: "buildpack", value: "\($0.name) (Buildpack API \($0.api))", source: "its bin/detect passes")
    }
    decisions += group.entries.map { entry in
      let providers = entry.providers.map { group.buildpacks[$0].name }.joined(separator: ", ")
      return Decision(what: "dependency", value: entry.requirement.name, source: "provided by \(providers)")
    }
    decisions += programs.sorted { $0.key < $1.key }.map {
      Decision(what: "runtime", value: $0.value.path.description, source: "options.runtime")
    }
    return decisions
  }

  /// The usual tools of a shell script: a new one runs the step again.
  private func tools() -> [String] {
    ["bash", "cc", "make", "sh"].compactMap(question.context.findTool).map(\.description).sorted()
  }

  // MARK: Options

  private func runtime() throws -> [String] { try JSONReader(request.options).optional("runtime")?.strings() ?? [] }

  /// `options.runtime`, names of programs: what a buildpack would find in a run image.
  private func programs() throws -> [String: BuildPlan.RuntimeRequest.Tree] {
    try runtime().filter { !$0.hasPrefix("/") }.reduce(into: [:]) { found, name in
      guard !name.contains("/"), !name.isEmpty, let path = question.context.findTool(name) else {
        throw PackRefusal(
          .toolchainMissing, "runtime_missing", "options.runtime names \"\(name)\", which is no program in PATH",
          hint: "install it, or give an absolute path")
      }
      found[name] = .init(path: path, destination: RootPath(path.description) ?? Self.workspace)
    }
  }

  /// `options.runtime`, absolute paths: files and directories of the host.
  private func directories() throws -> [BuildPlan.RuntimeRequest.Tree] {
    try runtime().filter { $0.hasPrefix("/") }.sorted().map { text in
      guard let destination = RootPath(text), !destination.isRoot, FileSystem.exists(HostPath(text)) else {
        throw PackRefusal(
          .toolchainMissing, "runtime_missing", "options.runtime names \(text), which is not on this host",
          hint: "install what it belongs to, or name what is there")
      }
      return .init(path: HostPath(text), destination: destination)
    }
  }

  /// `options.cache`: caches are one for all projects of this user, so a project names its own.
  private func cacheName() throws -> String? {
    guard let name = request.options["cache"]?.string else { return nil }
    let isPlain = name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d }
    guard isPlain, !name.isEmpty, name.utf8.count <= 63 else {
      throw PackRefusal(
        .projectError, "bad_options", "options.cache is \"\(name)\", not a name (lower-case letters, digits, dashes)",
        at: SourceLocation(path: "unik.yaml"))
    }
    return name
  }
}
