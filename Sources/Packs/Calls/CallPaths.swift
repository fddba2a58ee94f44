internal import PackCore

/// The private directories of one call on the host, gone with it, and the pack's scratch directory that stays.
struct CallDirectories {
  let root: HostPath
  let scratch: HostPath
  /// Nil where the root is somebody else's.
  private let held: WorkDirectory?
  var home: HostPath { root / "home" }
  var temporary: HostPath { root / "tmp" }
  var work: HostPath { root / "work" }
  /// Holds the response and nothing else.
  var answer: HostPath { root / "answer" }
  var response: HostPath { answer / CallPaths.responseName }

  /// Fresh ones below `cache`, gone with the last copy of the value.
  init(phase: PackPhase, pack: String, cache: HostPath) throws {
    let held = try WorkDirectory(in: cache / "packs/calls", prefix: phase.rawValue)
    root = held.path
    self.held = held
    scratch = cache / "packs/scratch" / pack
    try create()
  }

  init(root: HostPath, scratch: HostPath) throws {
    self.root = root
    held = nil
    self.scratch = scratch
    try create()
  }

  private func create() throws {
    for directory in [home, temporary, work, answer, scratch] {
      try FileSystem.createDirectory(directory, mode: 0o700)
    }
  }
}

/// Where the pack sees what belongs to its call.
struct CallPaths {
  static let responseName = "response.json"

  /// The directory of the project, in which the pack starts.
  var project: HostPath
  var pack: HostPath
  var libexec: HostPath?
  var home: HostPath
  var temporary: HostPath
  var work: HostPath
  var answer: HostPath
  var cache: HostPath
  /// In the sandbox, what holds the build's outputs by their number.
  var outputs: HostPath?
  var executable: HostPath { pack / "bin/pack" }
  var response: HostPath { answer / Self.responseName }

  /// The host's own paths.
  init(_ pack: Pack, project: HostPath, _ directories: CallDirectories) {
    self.project = project
    self.pack = pack.directory
    libexec = pack.libexec
    home = directories.home
    temporary = directories.temporary
    work = directories.work
    answer = directories.answer
    cache = directories.scratch
  }

  private init(libexec: Bool) {
    project = "/packc/source"
    pack = "/packc/pack"
    self.libexec = libexec ? "/packc/libexec" : nil
    home = "/packc/home"
    temporary = "/tmp"
    work = "/packc/work"
    answer = "/packc/answer"
    cache = "/packc/cache"
    outputs = "/packc/outputs"
  }

  /// In the sandbox: the same for every project and every host, as for steps.
  static func sandboxed(_ pack: Pack) -> CallPaths { CallPaths(libexec: pack.libexec != nil) }

  /// Places of the sandbox that no plan may name: in a step they are other ones, or the host's real paths.
  static let names = ["source", "pack", "libexec", "home", "work", "answer", "cache", "outputs"].map { "/packc/\($0)" }

  /// What the sandbox is made of, on the host.
  static func mounts(_ pack: Pack, _ directories: CallDirectories, _ outputs: [PackOutput]) -> [Bubblewrap.Mount] {
    let inside = sandboxed(pack)
    let built = outputs.enumerated().map { index, output in
      Bubblewrap.Mount.readOnly(output.path, at: HostPath("/packc/outputs/\(index)"))
    }
    return [
      // Relative: bubblewrap is started in the project, whose path may hold any byte.
      .readOnly(".", at: inside.project), .readOnly(pack.directory, at: inside.pack),
      .writable(directories.home, at: inside.home), .writable(directories.work, at: inside.work),
      .writable(directories.answer, at: inside.answer), .writable(directories.scratch, at: inside.cache),
    ] + (pack.libexec.map { [.readOnly($0, at: "/packc/libexec")] } ?? []) + built
  }
}
