internal import PackCore

/// Scripts in a pack's `test/stand-ins` that answer for its toolchains where those are not installed, so that its plans can
/// be tried on any machine. What is tried with one is the plan, never a build, and the report says so.
struct StandIns {
  static let directoryName = "stand-ins"
  private let directory: HostPath

  init(of pack: HostPath) { directory = pack / "test" / HostPath(Self.directoryName) }

  /// The programs of the manifest's toolchains that PATH lacks and a script is there for.
  func needed(by pack: Pack, in context: HostContext) -> [String] {
    let programs = Set(pack.manifest.toolchains.map { $0.probe[0] })
    return programs.filter {
      context.findTool($0) == nil && FileSystem.isExecutableFile(directory / HostPath($0))
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Behind everything else in PATH: what is installed is what is tried.
  func added(_ names: [String], to context: HostContext) -> HostContext {
    guard !names.isEmpty else { return context }
    var context = context
    context.environment["PATH"] = [context.environment["PATH"] ?? "", directory.description].joined(separator: ":")
    return context
  }
}
