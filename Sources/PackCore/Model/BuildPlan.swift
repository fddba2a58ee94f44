/// What a pack wants done to turn a project into files of an image (pack protocol v1, phase `plan`).
public struct BuildPlan: Sendable {
  public var steps: [BuildStep]
  /// The language's own lock files that the plan relies on.
  public var lockFiles: [LockFile]
  public var artifacts: [Artifact]
  /// argv of the program in the image; the first is an absolute path.
  public var entrypoint: [String]
  public var environment: [String: String]
  /// `8080/tcp`
  public var ports: [String]
  /// Absolute working directory of the program.
  public var workingDirectory: RootPath
  /// Absolute paths that the program must be able to write.
  public var writable: [RootPath]
  public var runtime: RuntimeRequest
  public var toolchains: [Toolchain]
  public var decisions: [Decision]
  /// The project's own name and version where its manifest says them.
  public var name: String?
  public var version: String?
  /// Set when the language has no lock of its own with hashes and packc.lock has none for these inputs: the plan is made
  /// again when this has been resolved.
  public var unresolved: Resolution?
  /// Labels of the image beside packc's own.
  public var labels: [String: String]
  /// A document below `${work}` that a step leaves and that completes this plan, for tools that say only when they have
  /// run what they made: see `BuildPlan.complete`. The entry point may be missing until then.
  public var completion: RootPath?

  public struct LockFile: Hashable, Sendable {
    public var path: RootPath
    public var sha256: Digest
    public init(path: RootPath, sha256: Digest) {
      self.path = path
      self.sha256 = sha256
    }
  }

  /// A file or directory that the steps leave (or that the project already has) and its place in the image.
  public struct Artifact: Hashable, Sendable {
    public enum Role: String, Sendable {
      /// Built from the project's source: stripped in release.
      case program
      /// Somebody else's: never changed, since its own records hash it.
      case foreign
      /// Not code.
      case data
    }
    /// With `${work}` or `${source}`.
    public var path: String
    public var role: Role
    public var destination: RootPath
    public var layer: LayerRole
    /// Names (globs on the relative path, `**` over directories) left out of a directory.
    public var exclude: [String]

    public init(path: String, role: Role, destination: RootPath, layer: LayerRole, exclude: [String] = []) {
      self.path = path
      self.role = role
      self.destination = destination
      self.layer = layer
      self.exclude = exclude
    }
  }

  /// What of the host the program needs to run, beside what its ELF files name.
  public struct RuntimeRequest: Hashable, Sendable {
    public struct Tree: Hashable, Sendable {
      /// A file or directory of the host.
      public var path: HostPath
      public var destination: RootPath
      public var exclude: [String]
      public init(path: HostPath, destination: RootPath, exclude: [String] = []) {
        self.path = path
        self.destination = destination
        self.exclude = exclude
      }
    }
    public var trees: [Tree]
    /// Sonames that are opened by dlopen(3): `libgcc_s.so.1`.
    public var libraries: [String]
    public init(trees: [Tree] = [], libraries: [String] = []) {
      self.trees = trees
      self.libraries = libraries
    }
  }

  /// A tool of the host that the plan relies on, pinned in packc.lock.
  public struct Toolchain: Hashable, Sendable {
    public var name: String
    public var version: String
    public var path: HostPath
    public init(name: String, version: String, path: HostPath) {
      self.name = name
      self.version = version
      self.path = path
    }
  }

  /// How to make the missing lock: run `step`, whose output is a JSON document
  /// `{"packages": [{"name", "version", "sha256": […], …}]}` at `output` below `${work}`.
  public struct Resolution: Sendable {
    /// `pypi`
    public var ecosystem: String
    public var inputs: [LockFile]
    public var step: BuildStep
    public var output: RootPath
    /// What else the result depends on, for people and for comparing: `{"python": "3.11"}`.
    public var environment: [String: String]
    public init(
      ecosystem: String, inputs: [LockFile], step: BuildStep, output: RootPath, environment: [String: String] = [:]
    ) {
      self.ecosystem = ecosystem
      self.inputs = inputs
      self.step = step
      self.output = output
      self.environment = environment
    }
  }

  public init(
    steps: [BuildStep] = [], lockFiles: [LockFile] = [], artifacts: [Artifact] = [], entrypoint: [String] = [],
    environment: [String: String] = [:], ports: [String] = [], workingDirectory: RootPath = .root,
    writable: [RootPath] = [], runtime: RuntimeRequest = RuntimeRequest(), toolchains: [Toolchain] = [],
    decisions: [Decision] = [], name: String? = nil, version: String? = nil, unresolved: Resolution? = nil,
    labels: [String: String] = [:], completion: RootPath? = nil
  ) {
    self.steps = steps
    self.lockFiles = lockFiles
    self.artifacts = artifacts
    self.entrypoint = entrypoint
    self.environment = environment
    self.ports = ports
    self.workingDirectory = workingDirectory
    self.writable = writable
    self.runtime = runtime
    self.toolchains = toolchains
    self.decisions = decisions
    self.name = name
    self.version = version
    self.unresolved = unresolved
    self.labels = labels
    self.completion = completion
  }
}
