internal import PackCore
internal import Packs

/// From a plan that may lack resolved packages to one that stands on packc.lock.
struct LockStage {
  let planning: Planning
  let project: Planning.Project
  let pack: Pack
  let reporter: Reporter

  struct Settled {
    var plan: BuildPlan
    /// What this build stands on; kernel and init are added by their stage.
    var lock: LockFile
    var committed: LockFile?
  }

  /// `resolve` runs a step and returns the host path of its output.
  func settle(resolve: (BuildPlan.Resolution) throws -> HostPath) throws -> Settled {
    let committed = try LockFile.read(project: planning.request.project)
    if committed == nil, planning.request.locked { throw BuildFailure.lockMissing() }
    var packages = try intact(committed?.packages ?? [:])
    var plan = try planning.plan(pack, project, lock: packages)
    if let missing = plan.unresolved {
      if planning.request.locked {
        throw BuildFailure.lockOutOfDate(["packages of \(missing.ecosystem): \(Self.reason(missing, packages))"])
      }
      reporter.note("resolving packages of \(missing.ecosystem): \(Self.reason(missing, packages))")
      packages[missing.ecosystem] = try section(missing, resolved: try resolve(missing))
      plan = try planning.plan(pack, project, lock: packages)
      guard plan.unresolved == nil else {
        throw Failure(
          "pack_not_settled", "the pack \(pack.name) asks for resolved packages again after it got them",
          hint: "this is a fault of the pack", exit: .packFailed)
      }
    }
    var lock = try lock(plan, packages)
    if committed?.platform == lock.platform { lock.runtime = committed?.runtime ?? [] }
    return Settled(plan: plan, lock: lock, committed: committed)
  }

  /// The lists whose digest agrees. One that was changed by hand, or by a merge, could lack what the program imports.
  private func intact(_ packages: [String: JSONValue]) throws -> [String: JSONValue] {
    try packages.filter { ecosystem, section in
      guard let digest = section["digest"] else { return true }
      if digest.digest == Digest(of: section["packages"] ?? .null) { return true }
      let text = "packages of \(ecosystem): the list is not as packc wrote it (a hash or an entry was changed)"
      if planning.request.locked { throw BuildFailure.lockOutOfDate([text]) }
      reporter.warn("packc.lock: \(text)")
      return false
    }
  }

  private static func reason(_ missing: BuildPlan.Resolution, _ packages: [String: JSONValue]) -> String {
    guard let section = packages[missing.ecosystem] else { return "packc.lock has none" }
    var changed = missing.inputs.filter { section["inputs"]?[$0.path.description]?.digest != $0.sha256 }
      .map { "\($0.path) changed" }
    for (name, value) in missing.environment.sorted(by: { $0.key < $1.key })
    where section["environment"]?[name]?.string != value {
      changed.append("\(name) is \(value), locked \(section["environment"]?[name]?.string ?? "nothing")")
    }
    return changed.isEmpty ? "what is locked does not fit" : changed.joined(separator: ", ")
  }

  private func section(_ missing: BuildPlan.Resolution, resolved: HostPath) throws -> JSONValue {
    let document = try JSONParser.parse(try FileSystem.read(resolved, limit: 16 << 20), name: resolved.name)
    let packages = try JSONReader(document, path: "resolved packages").required("packages")
    for package in try packages.array() {
      _ = try package.required("name").string()
      _ = try package.required("version").string()
    }
    let inputs = Dictionary(missing.inputs.map { ($0.path.description, JSONValue($0.sha256)) }) { first, _ in first }
    return [
      "inputs": .object(inputs), "environment": JSONValue(strings: missing.environment), "packages": packages.value,
      "digest": JSONValue(Digest(of: packages.value)),
    ]
  }

  private func lock(_ plan: BuildPlan, _ packages: [String: JSONValue]) throws -> LockFile {
    var lock = LockFile(platform: planning.request.platform)
    lock.packs[pack.name] = LockFile.Pin(version: pack.version, digest: pack.digest)
    for tool in plan.toolchains {
      guard let real = FileSystem.resolve(tool.path) else {
        throw Failure(
          "toolchain_missing", "the toolchain \(tool.name) is not at \(tool.path)", hint: "see `packc check`",
          exit: .toolchain)
      }
      lock.toolchains[tool.name] = LockFile.Pin(version: tool.version, digest: try FileSystem.digest(of: real))
    }
    lock.packages = packages
    return lock
  }
}
