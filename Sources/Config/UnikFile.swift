public import PackCore

/// The project file `unik.yaml`, version 1, checked: every value in it is one that can be used as it is.
/// What was not written is nil or empty; defaults are for those who know the project. See `docs/unik-yaml.md`.
public struct UnikFile: Equatable, Sendable {
  public static let fileName = "unik.yaml"

  /// How errors and evidence name the file.
  public var path: String
  public var name: Located<ProjectName>?
  public var pack: Located<String>?
  public var build: Build
  public var artifact: Artifact
  public var run: Run
  public var kernel: Located<KernelReference>?
  public var contract: ContractDeclaration
  /// Handed to the pack, which has the schema.
  public var options: [String: JSONValue]

  public init(
    path: String = UnikFile.fileName, name: Located<ProjectName>? = nil, pack: Located<String>? = nil,
    build: Build = Build(), artifact: Artifact = Artifact(), run: Run = Run(),
    kernel: Located<KernelReference>? = nil, contract: ContractDeclaration = ContractDeclaration(),
    options: [String: JSONValue] = [:]
  ) {
    self.path = path
    self.name = name
    self.pack = pack
    self.build = build
    self.artifact = artifact
    self.run = run
    self.kernel = kernel
    self.contract = contract
    self.options = options
  }

  /// Section `build`: how the universal pack builds.
  public struct Build: Equatable, Sendable {
    /// A command line.
    public enum Command: Equatable, Sendable {
      /// Run by `/bin/sh -eu`.
      case shell(String)
      case argv([String])
    }
    /// In release, and in debug unless `debugCommand` is there.
    public var command: Command?
    public var debugCommand: Command?
    public var environment: [String: String] = [:]
    public var network = false
    /// What the build reads, relative to the project; nil means everything that is not ignored.
    public var inputs: [RootPath]?
    public init() {}

    public func command(for mode: BuildMode) -> Command? { mode == .debug ? debugCommand ?? command : command }
  }

  /// Section `artifact`: what of the project's files enters the image.
  public struct Artifact: Equatable, Sendable {
    /// File or directory, relative to the project.
    public var path: Located<RootPath>?
    /// In the order of their sources' bytes.
    public var files: [File] = []
    /// By the path in the image: permission bits with set-user-ID, set-group-ID and sticky, where packc's own are not wanted.
    public var modes: [RootPath: Located<UInt32>] = [:]
    /// By the path in the image: what a program may do beyond its user.
    public var capabilities: [RootPath: Located<FileCapabilities>] = [:]
    public init() {}

    /// `assets/: /srv/assets/`
    public struct File: Equatable, Sendable {
      /// Relative to the project.
      public var source: RootPath
      /// Written with a slash at its end: it must be a directory, and what it holds goes into `destination`.
      public var sourceIsDirectory: Bool
      /// Absolute path in the image.
      public var destination: RootPath
      /// Written with a slash at its end: a file goes into it under its own name.
      public var destinationIsDirectory: Bool
      public var location: SourceLocation
    }
  }

  /// Section `run`: how the program is started and what it is given.
  public struct Run: Equatable, Sendable {
    public enum Restart: String, Sendable, CaseIterable {
      case never
      case onFailure = "on-failure"
      case always
    }
    /// Where the machine's root filesystem is.
    public enum Root: String, Sendable, CaseIterable { case initrd, erofs }
    public enum Health: Equatable, Sendable {
      /// GET of `path`; the port is the first declared one when nil.
      case http(path: String, port: UInt16?)
      case tcp(port: UInt16)
    }
    public struct Volume: Equatable, Sendable {
      public var name: ProjectName
      public var size: ByteSize
      /// Absolute path in the image.
      public var mount: RootPath
    }
    public var arguments: [String]?
    public var environment: [String: String] = [:]
    /// In the order in which they were written: the first one becomes `PORT`.
    public var ports: [Port] = []
    public var writable: [RootPath] = []
    public var health: Health?
    public var memory: ByteSize?
    public var cpus: Int?
    public var root: Root?
    public var volumes: [Volume] = []
    public var restart: Restart?
    public init() {}
  }
}
