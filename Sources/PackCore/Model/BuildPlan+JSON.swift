extension BuildPlan {
  /// Reads the `result` of a plan response; says which field is wrong.
  public init(_ reader: JSONReader) throws {
    self.init()
    steps = try reader.optional("steps")?.array().map(BuildStep.init) ?? []
    var seen: Set<String> = []
    for step in steps where !seen.insert(step.id).inserted {
      throw reader.failure("two steps have the id \"\(step.id)\"")
    }
    lockFiles = try reader.optional("lock_files")?.array().map(LockFile.init) ?? []
    artifacts = try reader.optional("artifacts")?.array().map(Artifact.init) ?? []
    entrypoint = try reader.optional("entrypoint")?.strings() ?? []
    environment = try reader.optional("env")?.stringMap() ?? [:]
    ports = try reader.optional("ports")?.strings() ?? []
    workingDirectory = try reader.optional("workdir")?.rootPath() ?? .root
    writable = try reader.optional("writable")?.array().map { try $0.rootPath() } ?? []
    if let runtime = try reader.optional("runtime") { self.runtime = try RuntimeRequest(runtime) }
    toolchains = try reader.optional("toolchains")?.array().map(Toolchain.init) ?? []
    decisions = try reader.optional("decisions")?.array().map(Decision.init) ?? []
    name = try reader.optional("name")?.string()
    version = try reader.optional("version")?.string()
    unresolved = try reader.optional("unresolved").map(Resolution.init)
    labels = try reader.optional("labels")?.stringMap() ?? [:]
    completion = try reader.optional("completion")?.rootPath()
  }

  /// Takes over what only the steps could know: `entrypoint`, and beside it `env`, `ports`, `workdir`, `writable`,
  /// `labels` and `decisions`, each in the form that it has in a plan. What the plan says already is kept, and the
  /// document wins where both speak of one name.
  public mutating func complete(_ document: JSONReader) throws {
    entrypoint = try document.required("entrypoint").strings()
    environment.merge(try document.optional("env")?.stringMap() ?? [:]) { $1 }
    labels.merge(try document.optional("labels")?.stringMap() ?? [:]) { $1 }
    if let ports = try document.optional("ports") { self.ports = try ports.strings() }
    if let directory = try document.optional("workdir") { workingDirectory = try directory.rootPath() }
    writable += try document.optional("writable")?.array().map { try $0.rootPath() } ?? []
    decisions += try document.optional("decisions")?.array().map(Decision.init) ?? []
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "steps": .array(steps.map(\.json)), "lock_files": .array(lockFiles.map(\.json)),
      "artifacts": .array(artifacts.map(\.json)), "entrypoint": JSONValue(strings: entrypoint),
      "env": JSONValue(strings: environment), "ports": JSONValue(strings: ports),
      "workdir": .string(workingDirectory.absolute), "writable": JSONValue(strings: writable.map(\.absolute)),
      "runtime": runtime.json, "toolchains": .array(toolchains.map(\.json)),
      "decisions": .array(decisions.map(\.json)), "name": name.map(JSONValue.string),
      "version": version.map(JSONValue.string), "unresolved": unresolved?.json,
      "labels": labels.isEmpty ? nil : JSONValue(strings: labels), "completion": completion.map { JSONValue($0) },
    ])
  }
}

extension BuildPlan.LockFile {
  public init(_ reader: JSONReader) throws {
    self.init(path: try reader.required("path").rootPath(), sha256: try reader.required("sha256").digest())
  }
  public var json: JSONValue { ["path": JSONValue(path), "sha256": JSONValue(sha256)] }
}

extension BuildPlan.Artifact {
  public init(_ reader: JSONReader) throws {
    let role = try reader.required("role")
    guard let knownRole = Role(rawValue: try role.string()) else {
      throw role.failure("expected program, foreign or data")
    }
    let layer = try reader.required("layer")
    guard let knownLayer = LayerRole(rawValue: try layer.string()) else {
      throw layer.failure("expected one of \(LayerRole.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self.init(
      path: try reader.required("path").string(), role: knownRole,
      destination: try reader.required("destination").rootPath(), layer: knownLayer,
      exclude: try reader.optional("exclude")?.strings() ?? [])
  }
  public var json: JSONValue {
    JSONValue(compact: [
      "path": .string(path), "role": .string(role.rawValue), "destination": .string(destination.absolute),
      "layer": .string(layer.rawValue), "exclude": exclude.isEmpty ? nil : JSONValue(strings: exclude),
    ])
  }
}

extension BuildPlan.RuntimeRequest {
  public init(_ reader: JSONReader) throws {
    self.init(
      trees: try reader.optional("trees")?.array().map { tree in
        Tree(
          path: HostPath(try tree.required("path").string()), destination: try tree.required("destination").rootPath(),
          exclude: try tree.optional("exclude")?.strings() ?? [])
      } ?? [],
      libraries: try reader.optional("libraries")?.strings() ?? [])
  }
  public var json: JSONValue {
    [
      "trees": .array(
        trees.map {
          [
            "path": JSONValue($0.path), "destination": .string($0.destination.absolute),
            "exclude": JSONValue(strings: $0.exclude),
          ]
        }),
      "libraries": JSONValue(strings: libraries),
    ]
  }
}

extension BuildPlan.Toolchain {
  public init(_ reader: JSONReader) throws {
    self.init(
      name: try reader.required("name").string(), version: try reader.required("version").string(),
      path: HostPath(try reader.required("path").string()))
  }
  public var json: JSONValue {
    ["name": .string(name), "version": .string(version), "path": JSONValue(path)]
  }
}

extension BuildPlan.Resolution {
  public init(_ reader: JSONReader) throws {
    self.init(
      ecosystem: try reader.required("ecosystem").string(),
      inputs: try reader.required("inputs").array().map(BuildPlan.LockFile.init),
      step: try BuildStep(reader.required("step")), output: try reader.required("output").rootPath(),
      environment: try reader.optional("environment")?.stringMap() ?? [:])
  }
  public var json: JSONValue {
    [
      "ecosystem": .string(ecosystem), "inputs": .array(inputs.map(\.json)), "step": step.json,
      "output": JSONValue(output), "environment": JSONValue(strings: environment),
    ]
  }
}
