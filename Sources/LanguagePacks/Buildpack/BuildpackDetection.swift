internal import PackCore
internal import Packs

/// Finds the group that builds this project: runs `bin/detect` of each buildpack, and lets their plans meet.
final class BuildpackDetection {
  /// What is built with, decided before anything is built.
  struct Group {
    var buildpacks: [BuildpackDescriptor]
    /// Requirements, and by index those of `buildpacks` that provide each.
    var entries: [BuildPlanResolution.Entry]
  }
  struct Answer {
    var group: Group?
    /// `hello-moon@0.0.1: it requires x, which nothing before it provides`, for each group that was tried.
    var objections: [String]
    /// `bin/detect` ended with neither 0 nor 100.
    var failures: [String]
  }
  private enum Verdict {
    case passes(BuildPlanFile)
    case objects(String)
    case fails(String)
  }

  private let set: BuildpackSet
  private let target: BuildpackTarget
  /// What the user gives for the build: `build.env` of unik.yaml.
  private let given: [String: String]
  private let work: HostPath
  private let context: HostContext
  private let deadline: UInt64
  private var verdicts: [String: Verdict] = [:]

  /// `seconds`: for all of them together.
  init(
    _ set: BuildpackSet, target: BuildpackTarget, given: [String: String], work: HostPath, context: HostContext,
    seconds: Double
  ) {
    self.set = set
    self.target = target
    self.given = given
    self.work = work
    self.context = context
    deadline = context.monotonicNanoseconds() + UInt64(seconds * 1e9)
  }

  func run() throws -> Answer {
    try BuildpackPlatform.write(given, to: work / "platform")
    var answer = Answer(group: nil, objections: [], failures: [])
    for group in set.groups {
      if let found = try attempt(group, &answer) {
        answer.group = found
        return answer
      }
    }
    return answer
  }

  private func attempt(_ group: [BuildpackSet.Member], _ answer: inout Answer) throws -> Group? {
    var elements: [BuildPlanResolution.Element] = []
    for (index, member) in group.enumerated() {
      switch try verdict(of: member.buildpack) {
      case .passes(let plan): elements.append(.init(index: index, optional: member.optional, plan: plan))
      case .objects(let text):
        if member.optional { continue }
        answer.objections.append("\(member.buildpack.name): \(text)")
        return nil
      case .fails(let text):
        if member.optional { continue }
        answer.failures.append("\(member.buildpack.name): \(text)")
        return nil
      }
    }
    guard !elements.isEmpty else { return nil }
    let (found, objections) = try BuildPlanResolution.resolve(elements)
    guard let found else {
      answer.objections += objections.map { "\(group[$0.index].buildpack.name): \($0.text)" }
      return nil
    }
    let places = Dictionary(uniqueKeysWithValues: found.selected.enumerated().map { ($1, $0) })
    return Group(
      buildpacks: found.selected.map { group[$0].buildpack },
      entries: found.entries.map {
        .init(requirement: $0.requirement, providers: $0.providers.compactMap { places[$0] })
      })
  }

  /// A buildpack that stands in several groups is asked once.
  private func verdict(of buildpack: BuildpackDescriptor) throws -> Verdict {
    if let known = verdicts[buildpack.name] { return known }
    let verdict = try target.objection(to: buildpack).map(Verdict.objects) ?? ask(buildpack)
    verdicts[buildpack.name] = verdict
    return verdict
  }

  private func ask(_ buildpack: BuildpackDescriptor) throws -> Verdict {
    let directory = (set.root / buildpack.place).lexicallyNormalized
    let own = work / "detect-\(verdicts.count)"
    try FileSystem.createDirectory(own)
    let plan = own / "plan.toml"
    try FileSystem.writeAtomically([], to: plan, durable: false)
    let platform = work / "platform"
    var environment = BuildpackEnvironment(
      base().merging(target.variables(for: buildpack.api)) { $1 }.merging(["CNB_BUILDPACK_DIR": "\(directory)"]) { $1 })
    if !buildpack.clearsEnvironment { environment.addUser(given) }
    var variables = environment.variables
    if buildpack.api.namesItsPaths {
      variables["CNB_PLATFORM_DIR"] = platform.description
      variables["CNB_BUILD_PLAN_PATH"] = plan.description
    }
    let left = Double(max(deadline, context.monotonicNanoseconds()) - context.monotonicNanoseconds()) / 1e9
    let result = try ProcessRunner().run(
      Command(
        ["\(directory)/bin/detect", platform.description, plan.description], environment: variables, keep: 16 << 10,
        timeout: max(left, 0.1), grace: 0.2, ownGroup: false))
    if result.timedOut { return .fails("its bin/detect did not end in time") }
    switch result.end {
    case .exited(0): return .passes(try read(plan, of: buildpack))
    case .exited(100): return .objects("its bin/detect says that this is no project of its own" + Self.said(result))
    default: return .fails("its bin/detect ended with \(result.end)" + Self.said(result))
    }
  }

  private func read(_ plan: HostPath, of buildpack: BuildpackDescriptor) throws -> BuildPlanFile {
    guard let bytes = try FileSystem.readIfPresent(plan, limit: BuildPlanFile.limit) else { return .nothing }
    let found = try BuildPlanFile(bytes, shown: "build plan of \(buildpack.name)")
    // A plan is the same for every directory, so no buildpack may carry this one on.
    let text = found.alternatives.flatMap(\.requires).map { CanonicalJSON.string($0.metadata) }
    let places = [FileSystem.resolve("."), work, set.root].compactMap { $0?.description }.filter { $0 != "/" }
    if let place = places.first(where: { place in text.contains { $0.contains(place) } }) {
      throw PackRefusal(
        .projectError, "buildpack_plan",
        "\(buildpack.name) writes the directory \(place) into its build plan, which is another one in the build",
        hint: "this is a fault of the buildpack: paths relative to the project are the same everywhere")
    }
    return found
  }

  private func base() -> [String: String] {
    let kept = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "SOURCE_DATE_EPOCH"]
    return context.environment.filter { kept.contains($0.key) }
  }

  private static func said(_ result: CommandResult) -> String {
    let lines = (result.errorText + "\n" + result.outputText).split(separator: "\n").suffix(6).map { "\n      \($0)" }
    return lines.isEmpty ? "" : ":" + lines.joined()
  }
}

/// `<platform>/env`: one file a variable.
enum BuildpackPlatform {
  static func write(_ given: [String: String], to directory: HostPath) throws {
    try FileSystem.createDirectory(directory / "env")
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard !name.contains("/"), name != ".", name != ".." else { continue }
      try FileSystem.writeAtomically(Array(value.utf8), to: directory / "env" / name, durable: false)
    }
  }
}

extension BuildpackTarget {
  /// What tells a buildpack what it builds for.
  func variables(for api: BuildpackAPI) -> [String: String] {
    var variables: [String: String] = [:]
    if api.hasTargets {
      variables["CNB_TARGET_OS"] = os
      variables["CNB_TARGET_ARCH"] = architecture
      variables["CNB_TARGET_DISTRO_NAME"] = distribution
      variables["CNB_TARGET_DISTRO_VERSION"] = distributionVersion
    } else {
      variables["CNB_STACK_ID"] = stack ?? Self.unnamedStack
    }
    if api.hasExecutionEnvironments { variables["CNB_EXEC_ENV"] = "production" }
    return variables
  }
}
