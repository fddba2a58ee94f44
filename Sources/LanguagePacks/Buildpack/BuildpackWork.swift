internal import PackCore

/// What the plan hands over to the step that builds, as a JSON file of it.
struct BuildpackWork {
  var target: BuildpackTarget
  /// Directories below `buildpack`, in the order of the group.
  var places: [String]
  var entries: [BuildPlanResolution.Entry]
  /// `build.env` of unik.yaml.
  var given: [String: String]
  /// The type of the process to start, when it was chosen.
  var process: String?
  /// What is started in the place of a process of the buildpacks.
  var command: [String]
  /// Programs of the host that go into the image, by name.
  var programs: [String: String]
  /// The name under which cached layers are kept; nil keeps none.
  var cache: String?

  var json: JSONValue {
    JSONValue(compact: [
      "target": JSONValue(compact: [
        "os": .string(target.os), "arch": .string(target.architecture),
        "distro": target.distribution.map(JSONValue.string),
        "distro_version": target.distributionVersion.map(JSONValue.string),
        "stack": target.stack.map(JSONValue.string),
      ]),
      "buildpacks": JSONValue(strings: places),
      "entries": .array(
        entries.map {
          [
            "name": .string($0.requirement.name), "metadata": $0.requirement.metadata,
            "providers": .array($0.providers.map { .integer(Int64($0)) }),
          ]
        }),
      "env": JSONValue(strings: given), "process": process.map(JSONValue.string),
      "command": command.isEmpty ? nil : JSONValue(strings: command), "programs": JSONValue(strings: programs),
      "cache": cache.map(JSONValue.string),
    ])
  }

  init(
    target: BuildpackTarget, group: BuildpackDetection.Group, given: [String: String], process: String?,
    command: [String], programs: [String: String], cache: String?
  ) {
    self.target = target
    places = group.buildpacks.map(\.place)
    entries = group.entries
    self.given = given
    self.process = process
    self.command = command
    self.programs = programs
    self.cache = cache
  }

  init(_ reader: JSONReader) throws {
    let target = try reader.required("target")
    self.target = BuildpackTarget(
      os: try target.required("os").string(), architecture: try target.required("arch").string(),
      distribution: try target.optional("distro")?.string(),
      distributionVersion: try target.optional("distro_version")?.string(),
      stack: try target.optional("stack")?.string())
    let places = try reader.required("buildpacks").strings()
    self.places = places
    entries = try reader.required("entries").array().map { entry in
      let providers = try entry.required("providers").array().map { try Int($0.integer(in: 0...Int64(places.count))) }
      return BuildPlanResolution.Entry(
        requirement: .init(name: try entry.required("name").string(), metadata: try entry.required("metadata").value),
        providers: providers)
    }
    given = try reader.optional("env")?.stringMap() ?? [:]
    process = try reader.optional("process")?.string()
    command = try reader.optional("command")?.strings() ?? []
    programs = try reader.optional("programs")?.stringMap() ?? [:]
    cache = try reader.optional("cache")?.string()
  }
}
