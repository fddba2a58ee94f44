internal import PackCore

/// How a step's command is started: in a mount namespace made by bubblewrap, where a copy of the project,
/// the outputs and the caches lie at fixed paths and of the host only the system and the tools are seen, read-only; or, on a
/// host without it, at their real paths, held to them by Landlock where the kernel has it.
///
///     /packc/source  /packc/work  /packc/cache  /packc/pack  /packc/home
///
/// The copy is writable, since most tools build beside the source; the project itself is not there at all.
struct Sandbox {
  /// What the variables of a plan stand for.
  struct Places {
    var source: HostPath
    var work: HostPath
    var cache: HostPath
    var pack: HostPath
    /// Where the pack's helpers are; nil when it names none.
    var libexec: HostPath?
    var home: HostPath
    var temporary: HostPath

    /// Replaces `${source}`, `${work}`, `${cache}` and `${pack}`.
    func expand(_ text: String) -> String {
      guard text.contains("${") else { return text }
      var out = text
      for (name, path) in [("source", source), ("work", work), ("cache", cache), ("pack", pack)] {
        out = out.replacingBytes("${\(name)}", with: path.description)
      }
      return out
    }
  }

  let isolation: Isolation
  let host: Places
  var conditions = StepConditions()
  /// Directories of the cache that lie elsewhere, by their names in it.
  var sharedCaches: [RootPath: HostPath] = [:]
  /// PATH of the steps.
  let searchPath: [HostPath]
  /// Directories that are seen in the place of the host's, by the path of those.
  let shown: [HostPath: HostPath]
  /// What else of the host they may read: tools that the plan names, and what the person names.
  let readable: [HostPath]
  var places: Places { isolation.bubblewrap == nil ? host : conditions.places }

  /// What holds the command where no namespace does.
  func confinement(network: Bool) throws -> Landlock.Rules? {
    try isolation.landlock?.rules(
      readable: [host.pack] + (host.libexec.map { [$0] } ?? []),
      writable: [host.source, host.work, host.cache, host.home, host.temporary] + sharedCaches.values.sorted(),
      network: network, searchPath: searchPath, tools: readable)
  }

  /// The argv that runs `argv` (already expanded) with that working directory.
  func wrap(
    _ argv: [String], directory: HostPath, network: Bool, mounts: [RootPath: String] = [:]
  ) throws -> [String] {
    guard let bubblewrap = isolation.bubblewrap else { return argv }
    let inside = conditions.places
    var all = shown.sorted { $0.key < $1.key }.map { Bubblewrap.Mount.readOnly($0.value, at: $0.key) }
    all += [
      .writable(host.source, at: inside.source), .writable(host.work, at: inside.work),
      .writable(host.cache, at: inside.cache), .readOnly(host.pack, at: inside.pack),
      .writable(host.home, at: inside.home),
    ]
    for (name, place) in sharedCaches.sorted(by: { $0.key < $1.key }) {
      all.append(.writable(place, at: inside.cache / name))
    }
    if let libexec = host.libexec { all.append(.readOnly(libexec, at: "/packc/libexec")) }
    for (place, shown) in mounts.sorted(by: { $0.key < $1.key }) {
      all.append(.writable(HostPath(host.expand(shown)), at: HostPath(place.absolute)))
    }
    return try bubblewrap.wrap(
      argv, directory: directory, network: network, mounts: all, searchPath: searchPath,
      readable: readable, identity: conditions.identity)
  }
}
