internal import PackCore

/// What a step's result depends on, each part by itself so that a person can be told which one changed.
struct StepKey: Sendable {
  /// `command`, `inputs`, `tools`, `earlier steps`, `environment` → digest
  let parts: [String: Digest]
  let digest: Digest

  init(parts: [String: Digest]) {
    self.parts = parts
    digest = Digest(of: .object(["format": 2, "parts": .object(parts.mapValues { JSONValue($0) })]))
  }

  /// Says what differs from the key of the last time: `inputs changed`.
  func difference(from last: [String: Digest]?) -> String {
    guard let last else { return "it has not run before" }
    let changed = Set(parts.keys).union(last.keys).filter { parts[$0] != last[$0] }.sorted()
    return changed.isEmpty ? "its result is no longer in the cache" : changed.joined(separator: " and ") + " changed"
  }
}

/// Finds the keys of a plan's steps.
struct StepKeys {
  let scan: ProjectScan
  let digests: FileDigests
  let environment: [String: String]
  let sandbox: Isolation.Kind
  let pack: Digest
  /// Of the packages that steps see in the place of the host's files.
  var runtime: Digest?

  /// The key by which machines share a result: of tools it knows the contents, and nothing of where and when they lie on
  /// this one.
  func portableKey(of step: BuildStep, like key: StepKey, earlier: [(outputs: [RootPath], digest: Digest)]) throws
    -> Digest
  {
    var parts = key.parts
    parts["tools"] = try toolContents(of: step)
    parts["earlier steps"] = earlierSteps(of: step, earlier)
    return StepKey(parts: parts).digest
  }

  /// `earlier`: the keys of the steps before, by their output paths.
  func key(of step: BuildStep, earlier: [(outputs: [RootPath], digest: Digest)]) throws -> StepKey {
    StepKey(parts: [
      "command": Digest(of: step.json), "inputs": try inputs(of: step),
      "tools": try toolIdentity(of: step),
      "earlier steps": earlierSteps(of: step, earlier),
      "environment": Digest(
        of: JSONValue(compact: [
          "variables": JSONValue(strings: environment), "sandbox": .string(sandbox.rawValue), "pack": JSONValue(pack),
          "runtime": runtime.map { JSONValue($0) },
        ])),
    ])
  }

  private func earlierSteps(of step: BuildStep, _ earlier: [(outputs: [RootPath], digest: Digest)]) -> Digest {
    Digest(of: JSONValue(strings: earlier.filter { uses(step, $0.outputs) }.map(\.digest.description)))
  }

  private func uses(_ step: BuildStep, _ outputs: [RootPath]) -> Bool {
    if step.inputs.isEmpty { return true }
    let named = step.inputs.compactMap { $0.hasPrefix("${work}/") ? RootPath(String($0.dropFirst(8))) : nil }
    return outputs.contains { output in named.contains { $0.isInside(output) || output.isInside($0) } }
  }

  /// Every project file that the step may read: path, kind, executable bit and content.
  private func inputs(of step: BuildStep) throws -> Digest {
    var wanted = step.inputs.compactMap { input -> RootPath? in
      if input == "." || input == "${source}" { return .root }
      if input.hasPrefix("${source}/") { return RootPath(String(input.dropFirst(10))) }
      return input.hasPrefix("${") ? nil : RootPath(input)
    }
    if step.inputs.isEmpty { wanted = [.root] }
    var hash = SHA256()
    for entry in scan.sources where wanted.contains(where: { entry.path.isInside($0) }) {
      hash.update(entry.path.bytes + [0, entry.status.kind.rawValue, entry.status.mode & 0o100 != 0 ? 1 : 0])
      switch entry.status.kind {
      case .file: hash.update(try digests.digest(of: scan.root / entry.path, status: entry.status).hex)
      case .link: hash.update(try FileSystem.linkTarget(scan.root / entry.path) + [0])
      case .directory, .other: break
      }
    }
    return hash.finish()
  }

  /// The program, the tools that the pack names, and the host's package database, which changes with every package.
  private func toolIdentity(of step: BuildStep) throws -> Digest {
    var bytes: [UInt8] = []
    for path in toolPaths(of: step) {
      guard let real = FileSystem.resolve(path), let status = try FileSystem.status(real) else { continue }
      bytes += real.bytes + [0]
      status.fingerprint(into: &bytes)
      guard status.kind == .directory else { continue }
      // A compiler's library: every file in it, by its status.
      for entry in try DirectoryWalk.sortedByPath(real) {
        bytes += entry.path.bytes + [0]
        entry.status.fingerprint(into: &bytes)
      }
    }
    return Digest(of: bytes)
  }

  private func toolPaths(of step: BuildStep) -> [HostPath] {
    let program = step.argv[0].contains("/") ? HostPath(step.argv[0]) : find(step.argv[0])
    return [program].compactMap { $0 } + step.tools.map { HostPath($0) } + ["/var/lib/dpkg/status"]
  }

  /// The same tools by what is in them: paths, executable bits, links and contents.
  private func toolContents(of step: BuildStep) throws -> Digest {
    var hash = SHA256()
    for path in toolPaths(of: step) {
      guard let real = FileSystem.resolve(path), let status = try FileSystem.status(real) else { continue }
      hash.update(path.bytes + [0])
      try add(real, status, to: &hash)
      guard status.kind == .directory else { continue }
      for entry in try DirectoryWalk.sortedByPath(real) {
        hash.update(entry.path.bytes + [0])
        try add(real / entry.path, entry.status, to: &hash)
      }
    }
    return hash.finish()
  }

  private func add(_ path: HostPath, _ status: FileStatus, to hash: inout SHA256) throws {
    hash.update([status.kind.rawValue, status.mode & 0o100 != 0 ? 1 : 0])
    switch status.kind {
    case .file: hash.update(try digests.digest(of: path, status: status).hex)
    case .link: hash.update(try FileSystem.linkTarget(path) + [0])
    case .directory, .other: break
    }
  }

  private func find(_ name: String) -> HostPath? {
    (environment["PATH"] ?? "").split(separator: ":").lazy.map { HostPath(String($0)) / name }
      .first(where: FileSystem.isExecutableFile)
  }
}
