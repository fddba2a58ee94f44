public import Kernel
public import PackCore

/// What a build was asked for, from the command line or a test.
public struct BuildRequest: Sendable {
  public var project: HostPath
  /// Where the project lies below the directory that was given; the root when it is that.
  var below = RootPath.root
  public var mode = BuildMode.release
  public var platform = Platform.host
  /// `--file`: another file in the place of `unik.yaml`.
  public var configFile: HostPath?
  public var tag: String?
  public var packName: String?
  public var app: String?
  public var packPlaces: [HostPath] = []
  public var locked = false
  public var useCache = true
  public var makesImage = true
  public var makesUnikernel = true
  /// `gzip`, `zstd` or `zstd:LEVEL`.
  public var compression = "gzip"
  public var kernel: String?
  /// `--rootfs`: goes over `unik.yaml`.
  public var root: RootForm?
  /// What strip takes away is kept beside the image.
  public var keepsSymbols = true
  /// Default: `.packc` in the project.
  public var output: HostPath?
  /// For `lock`: where the runtime is to come from, when that is to be settled anew.
  public enum Runtime: String, Sendable { case host, debian }
  public var runtime: Runtime?
  /// Without a sandbox nothing runs.
  public var requiresSandbox = false
  /// Handed to fetch steps; no part of what decides the result.
  public var secrets: [FetchSecret] = []
  /// Where results of steps are shared with other machines; no part of what decides the result.
  public var shared: SharedSteps?
  /// Seconds for one step.
  public var timeout: Double = 3600

  /// Of a build of `verify`.
  var trial: Trial?

  public init(project: HostPath) { self.project = project }

  /// What the project is called by its place alone: its directory, or the repository that it comes from.
  public var placeName: String { ProjectIdentity.placeName(project) }

  public var outputDirectory: HostPath { output ?? project / ".packc" }

  /// All of it that decides what comes out, for the record of the last build.
  var json: JSONValue {
    JSONValue(compact: [
      "project": JSONValue(project), "mode": .string(mode.rawValue), "platform": JSONValue(platform),
      "file": configFile.map { JSONValue($0) }, "tag": tag.map(JSONValue.string),
      "pack": packName.map(JSONValue.string), "app": app.map(JSONValue.string),
      "packs": .array(packPlaces.map { JSONValue($0) }), "locked": .bool(locked), "image": .bool(makesImage),
      "unikernel": .bool(makesUnikernel), "compression": .string(compression),
      "kernel": kernel.map(JSONValue.string),
      "rootfs": root.map { .string($0.rawValue) }, "symbols": .bool(keepsSymbols),
      "output": JSONValue(outputDirectory), "require_sandbox": .bool(requiresSandbox),
    ])
  }
}
