public import PackCore

/// Makes a pack of Cloud Native Buildpacks: a directory `NN-name` whose `bin/pack` starts packc's adapter, with copies of
/// the buildpacks beside it (`packc pack wrap`). What it makes is a pack like any other, and plain files.
///
///     80-name/pack.json
///             bin/pack
///             buildpack/…            one buildpack
///             buildpack/NN-name/…    or several, in the order in which they were given
public struct BuildpackWrapper {
  public struct Result: Sendable {
    public var path: HostPath
    public var name: String
    /// `id@version` of each.
    public var buildpacks: [String]

    public var json: JSONValue {
      ["path": JSONValue(path), "name": .string(name), "buildpacks": JSONValue(strings: buildpacks)]
    }
  }

  private let installation: Installation
  /// The directory of packs into which it goes.
  private let place: HostPath
  private let name: String

  /// Where packs that are made so stand among others: after the languages, before the universal pack.
  public static let number = 80
  private static let helper = "packc-packs"

  public init(installation: Installation, place: HostPath, name: String) throws {
    self.installation = installation
    self.place = place
    self.name = name
    guard PackLoader.parse(Array("\(Self.number)-\(name)".utf8)) != nil else {
      throw Failure(
        "bad_name", "\"\(name)\" is not the name of a pack (lower-case letters, digits and dashes)",
        hint: "give one with --name", exit: .usage)
    }
  }

  /// `directories` hold a buildpack each.
  public func wrap(_ directories: [HostPath]) throws -> Result {
    let target = place / "\(Self.number)-\(name)"
    guard try FileSystem.status(target) == nil else {
      throw Failure(
        "pack_exists", "\(target) is there already", hint: "remove it first, or give another --name", exit: .usage)
    }
    let staged = try FileSystem.createTemporaryDirectory(in: place, prefix: ".\(name)")
    defer { try? FileSystem.removeTree(staged) }
    let made = staged / "pack"
    try copyAll(directories, to: made / "buildpack")
    let found = try describe(made / "buildpack")
    try write(made, found)
    try FileSystem.rename(made, to: target)
    return Result(path: target, name: name, buildpacks: found.map { "\($0.id)@\($0.version)" })
  }

  private func copyAll(_ directories: [HostPath], to target: HostPath) throws {
    for (index, directory) in directories.enumerated() {
      guard FileSystem.exists(directory / "buildpack.toml") else {
        let isExtension = FileSystem.exists(directory / "extension.toml")
        throw Failure(
          "no_buildpack", "\(directory) has no buildpack.toml\(isExtension ? ": it is an image extension" : "")",
          hint: isExtension
            ? "extensions change a base image, and packc has none" : "give the directory that holds buildpack.toml",
          exit: .badInput)
      }
      let number = index < 9 ? "0\(index + 1)" : "\(index + 1)"
      let own = directories.count == 1 ? target : target / "\(number)-\(directory.name)"
      try BuildpackCopy(root: directory).copy(to: own)
    }
  }

  /// Asks the adapter, which reads buildpack.toml: what is wrong with a buildpack is said now and not in a build.
  private func describe(_ directory: HostPath) throws -> [(id: String, version: String)] {
    let result = try ProcessRunner().run(
      Command(
        [(installation.helpers / Self.helper).description, "buildpack", "describe", directory.description],
        environment: ["PATH": "/usr/bin:/bin"], keep: 1 << 20, keepHead: true, timeout: 20))
    guard result.succeeded else {
      let text = result.errorText.split(separator: "\n").joined(separator: "\n")
      throw Failure(
        "bad_buildpack", text.hasPrefix("packc: ") ? String(text.dropFirst(7)) : "\(result.end): \(text)",
        exit: .badInput)
    }
    let json = try JSONReader(JSONParser.parse(result.output, name: "description of the buildpacks"))
    return try json.required("buildpacks").array().map {
      (try $0.required("id").string(), try $0.required("version").string())
    }
  }

  private func write(_ directory: HostPath, _ buildpacks: [(id: String, version: String)]) throws {
    let version = buildpacks.count == 1 ? buildpacks[0].version : "1.0.0"
    let manifest = CanonicalJSON.encodePretty(
      BuildpackManifest.json(name: name, version: version, buildpacks: buildpacks.map(\.id)))
    try FileSystem.writeAtomically(manifest, to: directory / "pack.json", durable: false)
    try FileSystem.createDirectory(directory / "bin")
    try FileSystem.writeAtomically(
      Array(BuildpackManifest.wrapper.utf8), to: directory / "bin/pack", mode: 0o755, durable: false)
  }
}

/// The two files of a wrapped pack that are the same for all.
enum BuildpackManifest {
  static let wrapper = """
    #!/bin/sh
    # The adapter for Cloud Native Buildpacks is part of packc's executable of language packs, which pack.json names as a
    # helper; the buildpacks themselves lie in the directory buildpack.
    PACKC_PACK="${0%/bin/pack}" exec "$PACKC_LIBEXEC/packc-packs" buildpack "$@"

    """

  static func json(name: String, version: String, buildpacks: [String]) -> JSONValue {
    [
      "protocol": ["1.0"], "name": .string(name), "version": .string(version), "languages": [],
      "phases": ["detect", "plan"], "helpers": ["packc-packs"],
      "looks_for": .string("what bin/detect of \(buildpacks.joined(separator: ", ")) looks for"),
      // What a buildpack looks for is in its program: it is asked for every project that has a file.
      "detect": ["any": [["path": "*", "depth": 1]]],
      "options_schema": [
        "type": "object", "additionalProperties": false,
        "properties": [
          "app": property("string", "the type of the process to start"),
          "command": list("what is started in the place of a process of the buildpacks"),
          "runtime": list(
            "programs (by name) and files (absolute) of this host that the image takes: there is no run image"),
          "stack": property(
            "string", "CNB_STACK_ID, for buildpacks that are made for a stack (Buildpack API 0.9 and older)"),
          "cache": property("string", "keep cached layers between builds under this name"),
        ],
      ],
    ]
  }

  private static func property(_ type: String, _ text: String) -> JSONValue {
    ["type": .string(type), "description": .string(text)]
  }
  private static func list(_ text: String) -> JSONValue {
    ["type": "array", "items": ["type": "string"], "description": .string(text)]
  }
}
