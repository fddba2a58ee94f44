internal import Glibc
internal import PackCore

/// What a pack does with what lies around it: secrets, the sandbox, a host without its toolchain.
extension ConformanceRun {
  private static let secret = "conformance-secret-8c1f"

  /// Planted where secrets are: in variables, also in those that the manifest asks for, and in files of the project.
  func checkSecrets(_ plans: [SamplePlan], _ results: inout ConformanceResults) throws {
    guard let plan = plans.first else { return results.notRun(.secrets, Self.noPlan) }
    let project = try project(
      of: plan.sample, named: "secretive",
      adding: [
        ".env": "API_KEY=\(Self.secret)\n", ".netrc": "machine example.com login me password \(Self.secret)\n",
      ])
    let asked = pack.manifest.environmentPassthrough.filter { name in
      ["URL", "PROXY", "proxy", "TOKEN", "AUTH", "KEY", "SECRET", "PASSWORD"].contains { name.contains($0) }
    }
    var leaks: [String] = []
    for phase in [PackPhase.detect, .plan] {
      let seen = try ask(phase, project, "\(phase.rawValue) of \(plan.sample.name) with secrets") { setup in
        for name in asked { setup.environment[name] = "https://me:\(Self.secret)@example.invalid/" }
        for name in ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "NPM_TOKEN", "DATABASE_PASSWORD"] {
          setup.environment[name] = Self.secret
        }
      }
      for output in seen.outputs where output.bytes.contains(Array(Self.secret.utf8)) {
        leaks.append("\(phase.rawValue): it stands in \(output.name)")
      }
      if phase == .plan, seen.exit != .ok { leaks.append("no plan: \(seen.story)") }
    }
    results.settle(.secrets, leaks)
  }

  /// As packc calls it: the project read-only at another path, nothing else to write, no network.
  func checkSandbox(_ plans: [SamplePlan], _ results: inout ConformanceResults) throws {
    guard !plans.isEmpty else { return results.notRun(.sandbox, Self.noPlan) }
    let isolation = Isolation(context: bench.context, reporter: .silent)
    guard isolation.bubblewrap != nil else {
      return results.notApplicable(.sandbox, "bubblewrap does not work here")
    }
    var wrong: [String] = []
    for plan in plans {
      do {
        for phase in [PackPhase.detect, .plan] {
          let call = PackCall(
            pack, phase, plan.project, context: bench.context, cache: bench.root / "cache", reporter: .silent,
            isolation: isolation, extra: phase == .plan ? ["lock": .null] : [:], timeLimit: bench.timeLimit(phase))
          let response = try call.run()
          guard phase == .plan else {
            if response.status != .ok { wrong.append("\(plan.sample.name): detect says \(response.status.rawValue)") }
            continue
          }
          let result = try response.document.required("result")
          _ = try PlanReader(privatePaths: CallPaths.names).read(result)
          wrong += JSONDifference.between(plan.json, result.value).map { "\(plan.sample.name): \($0)" }
        }
      } catch let failure as Failure where !failure.isInterruption {
        wrong.append("\(plan.sample.name): \(failure.message)")
      }
    }
    results.settle(.sandbox, wrong)
  }

  // MARK: Toolchains

  /// With a PATH that lacks what the manifest names, a pack says so; or it has found the toolchain elsewhere, and its plan
  /// names that one.
  func checkToolchain(_ projects: [PackProject], _ results: inout ConformanceResults) throws {
    guard !pack.manifest.toolchains.isEmpty else {
      return results.notApplicable(.toolchain, "the manifest names no toolchain")
    }
    // Also where the toolchain is missing anyway.
    guard let (sample, project) = zip(samples, projects).first(where: { $0.0.givesPlan }) else {
      return results.notRun(.toolchain, samples.isEmpty ? Self.noSample : Self.noPlan)
    }
    let hidden = try HiddenTools(pack.manifest.toolchains.map { $0.probe[0] }, bench.context.searchPath)
    let path = bench.root / "bin"
    try hidden.makePath(path)
    let seen = try ask(.plan, project, "plan of \(sample.name) without its toolchain") { setup in
      setup.environment["PATH"] = path.description
      for name in pack.manifest.environmentPassthrough { setup.environment[name] = nil }
    }
    if seen.exit == .toolchainMissing { return results.pass(.toolchain) }
    let names = hidden.names.joined(separator: ", ")
    guard seen.exit == .ok, let json = seen.resultJSON, let other = try? BuildPlan(JSONReader(json)) else {
      return results.fail(.toolchain, "without \(names) in PATH, 69 was expected: \(seen.story)")
    }
    let elsewhere = other.toolchains.filter { FileSystem.isExecutableFile($0.path) && !hidden.hides($0.path) }
    results.settle(
      .toolchain,
      elsewhere.isEmpty ? ["it plans without \(names) in PATH, and names no toolchain that it found elsewhere"] : [])
  }
}

/// A PATH as it would be without some tools: their own names, versions of them (`python3.11`), and other names of the
/// same files.
struct HiddenTools {
  private let links: [(name: [UInt8], target: HostPath)]
  private let targets: Set<HostPath>
  /// What is hidden, as it is called in PATH.
  let names: [String]

  init(_ tools: [String], _ searchPath: [HostPath]) throws {
    var all: [(name: [UInt8], target: HostPath)] = []
    var seen: Set<[UInt8]> = []
    for directory in searchPath where FileSystem.isDirectory(directory) {
      for name in try DirectoryWalk.names(in: directory) where seen.insert(name).inserted {
        all.append((name, directory / HostPath(bytes: name)))
      }
    }
    let stems = tools.map { tool in Self.stem(Array(HostPath(tool).nameBytes)) }
    let named = all.filter { entry in stems.contains { Self.isVersion(entry.name, of: $0) } }
    let real = Set(named.compactMap { FileSystem.resolve($0.target) })
    targets = real
    links = all.filter { entry in
      !named.contains { $0.name == entry.name } && !(FileSystem.resolve(entry.target).map(real.contains) ?? false)
    }
    names = tools
  }

  func hides(_ path: HostPath) -> Bool { FileSystem.resolve(path).map(targets.contains) ?? false }

  func makePath(_ directory: HostPath) throws {
    try FileSystem.createDirectory(directory)
    for (name, target) in links { try FileSystem.createLink(directory / HostPath(bytes: name), to: target.bytes) }
  }

  private static func isVersionByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  /// `python3.11` → `python`; a name of digits alone stays.
  private static func stem(_ name: [UInt8]) -> [UInt8] {
    let stem = Array(name.reversed().drop(while: isVersionByte).reversed())
    return stem.isEmpty ? name : stem
  }

  private static func isVersion(_ name: [UInt8], of stem: [UInt8]) -> Bool {
    name.starts(with: stem) && name.dropFirst(stem.count).allSatisfy(isVersionByte)
  }
}
