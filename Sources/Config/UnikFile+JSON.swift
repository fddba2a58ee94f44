public import PackCore

extension UnikFile {
  /// The whole file in one form, whatever way it was written in: only the keys that were written, commands as
  /// `{"release", "debug"}`, ports as `8080/tcp`, sizes in bytes, days as `YYYY-MM-DD`. This is what packs get.
  public var json: JSONValue {
    JSONValue(compact: [
      "version": 1, "name": name.map { JSONValue($0.value) }, "pack": pack.map { .string($0.value) },
      "build": Self.section(build.fields), "artifact": Self.section(artifact.fields), "run": Self.section(run.fields),
      "kernel": kernel.map { JSONValue($0.value) }, "contract": Self.section(contract.fields),
      "options": options.isEmpty ? nil : .object(options),
    ])
  }

  private static func section(_ fields: [String: JSONValue?]) -> JSONValue? {
    let object = fields.compactMapValues { $0 }
    return object.isEmpty ? nil : .object(object)
  }
}

extension UnikFile.Build {
  fileprivate var fields: [String: JSONValue?] {
    [
      "command": command.map { JSONValue(compact: ["release": $0.json, "debug": debugCommand?.json]) },
      "env": environment.isEmpty ? nil : JSONValue(strings: environment), "network": network ? true : nil,
      "inputs": inputs.map { .array($0.map { .string($0.isRoot ? "." : $0.description) }) },
    ]
  }
}

extension UnikFile.Build.Command {
  /// A string for a shell command line, an array for a list of arguments.
  public var json: JSONValue {
    switch self {
    case .shell(let text): .string(text)
    case .argv(let argv): JSONValue(strings: argv)
    }
  }
}

extension UnikFile.Artifact {
  fileprivate var fields: [String: JSONValue?] {
    let pairs = files.map { file in
      (
        file.source.isRoot ? "./" : file.source.description + (file.sourceIsDirectory ? "/" : ""),
        JSONValue.string(
          file.destination.isRoot ? "/" : file.destination.absolute + (file.destinationIsDirectory ? "/" : ""))
      )
    }
    return [
      "path": path.map { .string($0.value.isRoot ? "." : $0.value.description) },
      "files": pairs.isEmpty ? nil : .object(Dictionary(pairs, uniquingKeysWith: { first, _ in first })),
      "modes": Self.byImagePath(modes) { .string(String($0, radix: 8)) },
      "capabilities": Self.byImagePath(capabilities) { .string($0.description) },
    ]
  }
}

extension UnikFile.Artifact {
  private static func byImagePath<Value>(_ values: [RootPath: Located<Value>], _ json: (Value) -> JSONValue)
    -> JSONValue?
  {
    guard !values.isEmpty else { return nil }
    return .object(
      Dictionary(values.map { ($0.key.absolute, json($0.value.value)) }, uniquingKeysWith: { first, _ in first }))
  }
}

extension UnikFile.Run {
  fileprivate var fields: [String: JSONValue?] {
    [
      "args": arguments.map { JSONValue(strings: $0) },
      "env": environment.isEmpty ? nil : JSONValue(strings: environment),
      "ports": ports.isEmpty ? nil : .array(ports.map { JSONValue($0) }),
      "writable": writable.isEmpty ? nil : JSONValue(strings: writable.map(\.absolute)), "health": health?.json,
      "memory": memory.map { .integer($0.bytes) }, "cpus": cpus.map { .integer(Int64($0)) },
      "rootfs": root.map { .string($0.rawValue) },
      "volumes": volumes.isEmpty
        ? nil
        : .array(
          volumes.map {
            ["name": JSONValue($0.name), "size": .integer($0.size.bytes), "mount": .string($0.mount.absolute)]
          }), "restart": restart.map { .string($0.rawValue) },
    ]
  }
}

extension UnikFile.Run.Health {
  public var json: JSONValue {
    switch self {
    case .http(let path, let port):
      JSONValue(compact: ["http": .string(path), "port": port.map { .integer(Int64($0)) }])
    case .tcp(let port): ["tcp": .integer(Int64(port))]
    }
  }
}

extension ContractDeclaration {
  fileprivate var fields: [String: JSONValue?] {
    let names = { (list: [Located<String>]?) in list.map { JSONValue(strings: $0.map(\.value)) } }
    let environment = ["required": names(requiredEnvironment), "optional": names(optionalEnvironment)]
    let properties = properties.map { ($0.value.name.rawValue, JSONValue.bool($0.value.holds)) }
    return [
      "egress": names(egress),
      "env": environment.values.allSatisfy { $0 == nil } ? nil : JSONValue(compact: environment),
      "properties": properties.isEmpty ? nil : .object(Dictionary(uniqueKeysWithValues: properties)),
      "waivers": waivers.isEmpty ? nil : .array(waivers.map(\.value.json)),
    ]
  }
}

extension Waiver {
  fileprivate var json: JSONValue {
    JSONValue(compact: [
      "gate": .string(gate.rawValue), "path": path.map { .string($0.absolute) }, "reason": .string(reason),
      "until": until.map { JSONValue($0) },
    ])
  }
}
