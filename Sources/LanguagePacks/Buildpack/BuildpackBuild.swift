internal import Glibc
internal import PackCore

/// The step that builds: `packc-packs buildpack build GROUP SOURCE WORK CACHE`, in the sandbox, where `/workspace` and
/// `/layers` are what they will be in the image.
///
///     WORK/image/workspace   shown at /workspace: the application
///     WORK/layers            shown at /layers: one directory a buildpack
///     WORK/image/layers      at the end: the layers that the image takes
///     WORK/image/launch.json at the end: what completes the plan
final class BuildpackBuild {
  /// One buildpack that has built.
  struct Made {
    var buildpack: BuildpackDescriptor
    var layers: HostPath
    /// In alphabetical order; those without a file are not among them.
    var files: [(name: String, file: LayerFile)]
    var launch: LaunchFile

    func paths(_ wanted: (LayerFile) -> Bool) -> [HostPath] {
      files.filter { wanted($0.file) }.map { layers / $0.name }.filter(FileSystem.isDirectory)
    }
  }

  static let workspace: HostPath = "/workspace"
  static let layers: HostPath = "/layers"

  private let work: BuildpackWork
  private let set: HostPath
  private let source: HostPath
  private let output: HostPath
  private let cache: BuildpackCache?
  private let environment: [String: String]
  private var made: [Made] = []
  private var entries: [BuildPlanResolution.Entry]

  init(group: HostPath, source: HostPath, output: HostPath, cache: HostPath, context: HostContext) throws {
    let json = try JSONParser.parse(try FileSystem.read(group, limit: 16 << 20), name: group.name)
    work = try BuildpackWork(JSONReader(json))
    entries = work.entries
    guard let pack = context.variable("PACKC_PACK") else {
      throw Failure("internal", "PACKC_PACK is not set: bin/pack sets it to the pack's directory")
    }
    set = HostPath(pack) / "buildpack"
    self.source = source
    self.output = output
    self.cache = try work.cache.map { try BuildpackCache($0, in: cache / "layers") }
    environment = context.environment.filter { !$0.key.hasPrefix("PACKC_") }
  }

  func run() throws {
    for place in [Self.workspace, Self.layers] where !FileSystem.isDirectory(place) {
      throw Failure("internal", "\(place) is not there: this runs as a step of a build only")
    }
    try BuildpackTree.copy(source, to: output / "image/workspace")
    try BuildpackPlatform.write(work.given, to: output / "platform")
    for (index, place) in work.places.enumerated() {
      let directory = (set / place).lexicallyNormalized
      let bytes = try FileSystem.read(directory / "buildpack.toml", limit: 1 << 20)
      let buildpack = try BuildpackDescriptor(bytes, place: place, shown: "buildpack/\(place)/buildpack.toml")
      try build(buildpack, directory, index: index)
    }
    let launch = try BuildpackLaunch(made, work).document()
    try cache?.save(
      made.map { one in (one.buildpack, one.layers, one.files.filter { $0.file.cache && !$0.file.isIgnored }) })
    try takeLayers()
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(launch), to: output / "image/launch.json", durable: false)
  }

  // MARK: One buildpack

  private func build(_ buildpack: BuildpackDescriptor, _ directory: HostPath, index: Int) throws {
    let layers = Self.layers / buildpack.directoryName
    try FileSystem.createDirectory(layers)
    try cache?.restore(buildpack, to: layers)
    let plan = output / "plan-\(index).toml"
    let due = entries.filter { $0.providers.contains(index) }
    try FileSystem.writeAtomically(Array(Self.text(due).utf8), to: plan, durable: false)
    print("===> \(buildpack.name)")
    let result = try ProcessRunner().run(
      Command(
        ["\(directory)/bin/build", "\(layers)", "\(output)/platform", "\(plan)"],
        environment: try variables(buildpack, directory, layers, plan), directory: Self.workspace,
        standardOutput: .inherit, standardError: .inherit, ownGroup: false))
    guard result.succeeded else {
      throw Failure(
        "buildpack_build", "bin/build of \(buildpack.name) ended with \(result.end)",
        hint: "its own output, above, should say why")
    }
    try finish(buildpack, layers, due)
  }

  private func print(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }

  /// The buildpack plan: what this one is expected to provide.
  private static func text(_ entries: [BuildPlanResolution.Entry]) -> String {
    guard !entries.isEmpty else { return "" }
    return TOMLText.write([
      "entries": .array(
        entries.map { entry in
          let metadata = entry.requirement.metadata
          return JSONValue(compact: [
            "name": .string(entry.requirement.name), "metadata": metadata.object?.isEmpty == false ? metadata : nil,
          ])
        })
    ])
  }

  private func variables(
    _ buildpack: BuildpackDescriptor, _ directory: HostPath, _ layers: HostPath, _ plan: HostPath
  ) throws -> [String: String] {
    var environment = BuildpackEnvironment(self.environment)
    for earlier in made {
      let paths = earlier.paths(\.build)
      environment.addDirectories(of: paths, .build)
      for path in paths { try environment.addFiles(of: path, .build) }
    }
    if !buildpack.clearsEnvironment { environment.addUser(work.given) }
    var variables = environment.variables.merging(work.target.variables(for: buildpack.api)) { $1 }
    variables["CNB_BUILDPACK_DIR"] = directory.description
    if buildpack.api.namesItsPaths {
      variables["CNB_LAYERS_DIR"] = layers.description
      variables["CNB_PLATFORM_DIR"] = "\(output)/platform"
      variables["CNB_BP_PLAN_PATH"] = plan.description
    }
    return variables
  }

  /// What the buildpack left: its layers, its processes, and what it leaves to later ones.
  private func finish(
    _ buildpack: BuildpackDescriptor, _ layers: HostPath, _ due: [BuildPlanResolution.Entry]
  ) throws {
    var one = Made(buildpack: buildpack, layers: layers, files: [], launch: .nothing)
    var unmet: Set<String> = []
    for bytes in try DirectoryWalk.names(in: layers) {
      let file = String(decoding: bytes, as: UTF8.self)
      guard file.hasSuffix(".toml"), try FileSystem.target(layers / file)?.kind == .file else { continue }
      let content = try FileSystem.read(layers / file, limit: 1 << 20)
      switch file {
      case "launch.toml": one.launch = try LaunchFile(content, of: buildpack)
      case "build.toml": unmet = try UnmetFile(content, shown: "build.toml of \(buildpack.name)").names
      case "store.toml": continue
      default:
        let name = String(file.dropLast(5))
        let layer = try LayerFile(content, shown: "\(file) of \(buildpack.name)")
        try check(layer, name, one)
        one.files.append((name, layer))
      }
    }
    for (name, file) in one.files where file.isIgnored && FileSystem.isDirectory(layers / name) {
      try FileSystem.rename(layers / name, to: layers / "\(name).ignore")
    }
    if !one.launch.ignored.isEmpty {
      print("packc: \(one.launch.ignored.joined(separator: " and ")) of launch.toml have no part in the image")
    }
    let settled = Set(due.map(\.requirement.name)).subtracting(unmet)
    entries.removeAll { settled.contains($0.requirement.name) }
    made.append(one)
  }

  private func check(_ layer: LayerFile, _ name: String, _ one: Made) throws {
    guard layer.launch else { return }
    let directory = one.layers / name
    guard FileSystem.isDirectory(directory) else {
      throw Failure(
        "buildpack_layer",
        "\(one.buildpack.name) wants the layer \"\(name)\" of an earlier image, and packc keeps none: it left \(name).toml"
          + " without the directory \(name)", hint: "build without options.cache: it then finds no metadata to reuse")
    }
    let hooks = directory / "exec.d"
    if FileSystem.isDirectory(hooks), let found = try DirectoryWalk.names(in: hooks).first {
      throw Failure(
        "buildpack_exec_d",
        "\(one.buildpack.name) has exec.d/\(String(decoding: found, as: UTF8.self)) in its layer \"\(name)\": programs that"
          + " set variables when the image starts; packc's image starts its program and nothing before it",
        hint: "env.launch files of the layer do the same for values that are known in the build")
    }
  }

  // MARK: The end

  /// The launch layers, by renaming: both places are one directory of the step.
  private func takeLayers() throws {
    let target = output / "image/layers"
    try FileSystem.createDirectory(target)
    for one in made {
      for path in one.paths(\.launch) {
        let own = target / one.buildpack.directoryName
        try FileSystem.createDirectory(own)
        try FileSystem.rename(output / "layers" / one.buildpack.directoryName / path.name, to: own / path.name)
      }
    }
  }
}
