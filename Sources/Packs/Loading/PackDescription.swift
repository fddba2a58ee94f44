public import PackCore

extension PackCatalog {
  /// For `packc pack list --json`: what is used, what is not and why, and where packs are looked for.
  public var json: JSONValue {
    [
      "packs": .array(packs.map(\.summary)),
      "masked": .array(
        masked.map { ["name": .string($0.name), "path": JSONValue($0.source), "reason": .string($0.reason)] }),
      "masks": .array(masks.map { ["name": .string($0.name), "path": JSONValue($0.source)] }),
      "rejected": .array(
        rejected.map { ["name": .string($0.name), "path": JSONValue($0.source), "error": $0.failure.json] }),
      "places": .array(
        places.map { ["path": JSONValue($0), "exists": .bool(FileSystem.isDirectory($0))] }),
    ]
  }

  public var text: String {
    let rows = packs.map { ["\($0.number)-\($0.name)", $0.version, $0.digest.short, $0.source.description] }
    var out = TextTable.lines(rows)
    if packs.isEmpty { out += "no pack\n" }
    if !masked.isEmpty || !masks.isEmpty { out += "\nmasked\n" }
    out += TextTable.lines(
      masked.map { ["  \($0.name)", "\($0.source): \($0.reason)"] }
        + masks.map { ["  \($0.name)", "\($0.source) leads to /dev/null: no pack of that name is used"] })
    if !rejected.isEmpty { out += "\nleft out\n" }
    for pack in rejected {
      out += "  \(pack.name)  \(pack.failure.message)\n" + (pack.failure.hint.map { "      next: \($0)\n" } ?? "")
    }
    out += "\nlooked for in\n"
    for place in places { out += "  \(place)\(FileSystem.isDirectory(place) ? "" : " (not there)")\n" }
    return out
  }
}

extension Pack {
  /// `NN` as it is written.
  var number: String { order < 10 ? "0\(order)" : String(order) }

  var summary: JSONValue {
    [
      "name": .string(name), "version": .string(version), "digest": JSONValue(digest), "order": .integer(Int64(order)),
      "path": JSONValue(source), "phases": JSONValue(strings: phaseNames),
    ]
  }

  private var phaseNames: [String] { PackPhase.allCases.filter(manifest.phases.contains).map(\.rawValue) }

  /// What `packc pack show` says of it: the manifest, and which of its toolchains are there. `probes`: also what those
  /// say of their version, for which they are started.
  public func description(_ context: HostContext, probes: Bool) -> PackDescription {
    PackDescription(
      pack: self, phases: phaseNames,
      toolchains: manifest.toolchains.map { .init($0, context, isProbed: probes) })
  }
}

/// A pack in words, and as JSON.
public struct PackDescription: Sendable {
  struct Toolchain: Sendable {
    let wanted: PackManifest.Toolchain
    let path: HostPath?
    let version: String?

    init(_ wanted: PackManifest.Toolchain, _ context: HostContext, isProbed: Bool) {
      self.wanted = wanted
      path = context.findTool(wanted.probe[0])
      version = isProbed ? path.flatMap { Self.ask($0, wanted.probe, context) } : nil
    }

    /// The first line that the probe prints.
    private static func ask(_ path: HostPath, _ probe: [String], _ context: HostContext) -> String? {
      let environment = ["PATH": context.variable("PATH") ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"]
      let command = Command(
        [path.description] + probe.dropFirst(), environment: environment, keep: 4096, keepHead: true, timeout: 10)
      guard let result = try? ProcessRunner().run(command) else { return nil }
      return (result.output + result.errorOutput).split(separator: 0x0a).first.map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  let pack: Pack
  let phases: [String]
  let toolchains: [Toolchain]
  private var manifest: PackManifest { pack.manifest }

  public var json: JSONValue {
    var object = pack.summary.object ?? [:]
    object["protocol"] = JSONValue(strings: manifest.protocols)
    object["languages"] = JSONValue(strings: manifest.languages)
    object["looks_for"] = .string(manifest.looksFor)
    object["rules"] = .string(manifest.rules.description)
    object["options"] = .array(manifest.options.options.map(\.json))
    object["env_passthrough"] = JSONValue(strings: manifest.environmentPassthrough)
    object["needs_network"] = .bool(manifest.needsNetwork)
    object["helpers"] = JSONValue(strings: manifest.helpers)
    object["toolchains"] = .array(
      toolchains.map {
        JSONValue(compact: [
          "name": .string($0.wanted.name), "probe": JSONValue(strings: $0.wanted.probe), "found": .bool($0.path != nil),
          "path": $0.path.map { JSONValue($0) }, "version": $0.version.map(JSONValue.string),
        ])
      })
    return .object(object)
  }

  public var text: String {
    var rows = [
      ["name", pack.name], ["version", pack.version], ["digest", pack.digest.description],
      ["from", pack.source.description], ["phases", phases.joined(separator: ", ")],
      ["looks for", manifest.looksFor], ["started when it sees", manifest.rules.description],
      ["network", manifest.needsNetwork ? "the pack itself asks it while it plans" : "none for the pack itself"],
      ["reads of your environment", manifest.environmentPassthrough.joined(separator: " ").nonEmpty ?? "nothing"],
    ]
    if !manifest.languages.isEmpty { rows.insert(["languages", manifest.languages.joined(separator: ", ")], at: 3) }
    if !manifest.helpers.isEmpty { rows.append(["helpers", manifest.helpers.joined(separator: ", ")]) }
    for tool in toolchains {
      let version = tool.version.map { " (\($0))" } ?? ""
      rows.append(["toolchain \(tool.wanted.name)", tool.path.map { "\($0)\(version)" } ?? "not in PATH"])
    }
    let options = manifest.options.options.map {
      ["  \($0.name)", $0.type + ($0.isRequired ? ", required" : ""), $0.description ?? ""]
    }
    return TextTable.lines(rows) + (options.isEmpty ? "\nno options\n" : "\noptions\n" + TextTable.lines(options))
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
