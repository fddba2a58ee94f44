internal import PackCore

/// Debian's archive, by apt's own tools: apt checks the signature of its lists, and those have the digest of every
/// package. Nothing is installed and nothing needs root.
struct DebianArchive {
  let context: HostContext
  let cache: HostPath
  let reporter: Reporter

  // MARK: Resolving

  /// The files of those packages, sorted by name. A version of nil is today's.
  func resolve(_ wanted: [String: String?], _ architecture: Platform.Architecture) throws -> [DebianPackage] {
    guard context.findTool("apt-get") != nil else { throw Self.noTool("apt-get", package: "apt") }
    var wanted = wanted
    var result = architecture == Platform.host.architecture ? try ask(&wanted, []) : nil
    if result?.succeeded != true {
      // Lists of packc's own: the host's are for its own architecture, and may be old or not there.
      let options = try ownLists(architecture)
      let update = try run(["apt-get", "-q", "update"] + options)
      guard update.succeeded else { throw Self.unresolved(Self.words(wanted), update) }
      result = try ask(&wanted, options)
    }
    guard let result, result.succeeded else { throw Self.unresolved(Self.words(wanted), result) }
    let found = result.outputText.split(separator: "\n").compactMap { DebianPackage(line: $0) }
    guard Set(found.map(\.name)) == Set(wanted.keys) else { throw Self.unresolved(Self.words(wanted), result) }
    return found.sorted { $0.name < $1.name }
  }

  /// Mirrors keep the newest version only: where this host has an older one, the mirror's is taken, and said.
  private func ask(_ wanted: inout [String: String?], _ options: [String]) throws -> CommandResult {
    for _ in 0..<max(wanted.count, 1) {
      let result = try uris(Self.words(wanted), options)
      let gone = result.succeeded ? [] : Self.withoutVersion(result.errorText).filter { wanted[$0] != .some(.none) }
      if gone.isEmpty { return result }
      for name in gone {
        reporter.note("\(name): the version of this host is not in apt's lists; packc.lock takes the one that is")
        wanted.updateValue(nil, forKey: name)
      }
    }
    return try uris(Self.words(wanted), options)
  }

  /// Names in `E: Version '1' for 'tzdata' was not found` and `E: Can't find a source to download version '1' of
  /// 'tzdata:amd64'`.
  static func withoutVersion(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: "'", omittingEmptySubsequences: false)
      // The last that is quoted.
      guard line.hasPrefix("E: "), words.count >= 5 else { return nil }
      return String(words[words.count - 2].prefix { $0 != ":" })
    }
  }

  private static func words(_ wanted: [String: String?]) -> [String] {
    wanted.sorted { $0.key < $1.key }.map { name, version in version.map { "\(name)=\($0)" } ?? name }
  }

  private func uris(_ names: [String], _ options: [String]) throws -> CommandResult {
    try run(["apt-get", "-q", "--print-uris"] + options + ["download"] + names)
  }

  private func ownLists(_ architecture: Platform.Architecture) throws -> [String] {
    let directory = cache / "tools/debian" / architecture.rawValue
    for name in ["lists/partial", "cache/archives/partial"] { try FileSystem.createDirectory(directory / name) }
    return [
      "APT::Architecture=\(architecture.rawValue)", "APT::Architectures=\(architecture.rawValue)",
      "Dir::State::Lists=\(directory)/lists", "Dir::Cache=\(directory)/cache", "Dir::State::status=/dev/null",
    ].flatMap { ["-o", $0] }
  }

  // MARK: Fetching

  /// The packages' files, in the cache. What PACKC_DEBIAN_MIRROR names (a directory, or an address) stands in the place of
  /// apt's sources.
  func fetch(_ packages: [DebianPackage]) throws -> [HostPath] {
    let missing = try packages.filter { try !matches(place(of: $0), $0) }
    if !missing.isEmpty {
      let work = try WorkDirectory(in: cache / "work", prefix: "debian")
      try FileSystem.createDirectory(cache / "tools/debian")
      let mirror = context.variable("PACKC_DEBIAN_MIRROR")
      if mirror == nil { try downloadAll(missing, in: work.path) }
      for package in missing where try !matches(place(of: package), package) {
        try Interruption.check()
        try fetch(package, mirror, by: work.path / "package.deb")
      }
    }
    return packages.map(place)
  }

  private func place(of package: DebianPackage) -> HostPath { cache / "tools/debian" / "\(package.sha256.hex).deb" }

  /// By the host's own sources, which may be a mirror of the house: all of them in one call. Where it does not have one of
  /// the versions, it gives none.
  private func downloadAll(_ packages: [DebianPackage], in directory: HostPath) throws {
    let own = packages.filter { ["all", Platform.host.architecture.rawValue].contains($0.architecture) }
    guard !own.isEmpty, context.findTool("apt-get") != nil else { return }
    let argv = ["apt-get", "-q", "-o", "Acquire::Retries=2", "download"] + own.map { "\($0.name)=\($0.version)" }
    _ = try run(argv, in: directory)
    for name in try DirectoryWalk.names(in: directory) where name.suffix(4).elementsEqual(".deb".utf8) {
      let file = directory / HostPath(bytes: name)
      let digest = try FileSystem.digest(of: file)
      guard let package = own.first(where: { $0.sha256 == digest }) else { continue }
      try FileSystem.rename(file, to: place(of: package))
    }
  }

  private func fetch(_ package: DebianPackage, _ mirror: String?, by file: HostPath) throws {
    if let mirror, let directory = Self.directory(mirror) {
      guard
        let found = try [package.path, HostPath(package.path).name].map({ directory / $0 })
          .first(where: { try matches($0, package) })
      else { throw Self.gone(package, mirror) }
      try FileSystem.copyFile(found, to: file, mode: 0o644)
    } else {
      try download(package, from: mirror ?? Self.usual, to: file)
    }
    guard try matches(file, package) else {
      throw Self.gone(package, mirror ?? "the mirrors of apt, nor at \(Self.usual)")
    }
    try FileSystem.rename(file, to: place(of: package))
  }

  private static let usual = "http://deb.debian.org"

  private static func directory(_ mirror: String) -> HostPath? {
    if mirror.hasPrefix("file://") { return HostPath(String(mirror.dropFirst("file://".count))) }
    return mirror.hasPrefix("/") ? HostPath(mirror) : nil
  }

  private func matches(_ file: HostPath, _ package: DebianPackage) throws -> Bool {
    guard let status = try FileSystem.target(file), status.kind == .file, status.size == package.size else {
      return false
    }
    return try FileSystem.digest(of: file) == package.sha256
  }

  /// apt's own downloader: proxies, retries, and the digest.
  private func download(_ package: DebianPackage, from base: String, to file: HostPath) throws {
    // A snapshot's address names the archive itself.
    let inside = package.path.split(separator: "/", maxSplits: 1).last.map(String.init) ?? package.path
    for path in [package.path, inside] {
      let address = "\(base)/\(path.replacing("+", with: "%2b").replacing("~", with: "%7e"))"
      let argv = ["/usr/lib/apt/apt-helper", "download-file", address, "\(file)", "SHA256:\(package.sha256.hex)"]
      if try run(argv, in: file.parent).succeeded { return }
      try FileSystem.removeTree(file)
    }
  }

  // MARK: Unpacking

  func unpack(_ file: HostPath, to tree: HostPath) throws {
    guard context.findTool("dpkg-deb") != nil else { throw Self.noTool("dpkg-deb", package: "dpkg") }
    let result = try run(["dpkg-deb", "-x", "\(file)", "\(tree)"])
    guard result.succeeded else {
      throw Failure("bad_package", "\(file) could not be unpacked", exit: .badInput, cause: Self.lastLine(result))
    }
  }

  /// How apt reaches its mirrors is the host's affair.
  private func run(_ argv: [String], in directory: HostPath? = nil) throws -> CommandResult {
    var environment = [
      "PATH": context.searchPath.map(\.description).joined(separator: ":"), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
    ]
    let proxies = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"]
    for name in proxies + proxies.map({ $0.uppercased() }) + ["APT_CONFIG"] {
      environment[name] = context.variable(name)
    }
    // The sandbox user of apt cannot enter a private directory; it matters only for root.
    let options = argv[0].hasPrefix("dpkg") ? [] : ["-o", "APT::Sandbox::User=root"]
    let whole = [argv[0]] + options + argv.dropFirst()
    return try ProcessRunner().run(
      Command(whole, environment: environment, directory: directory, keep: 1 << 20, keepHead: true, timeout: 900))
  }

  private static func lastLine(_ result: CommandResult?) -> String? {
    result?.errorText.split(separator: "\n").last { $0.hasPrefix("E:") }.map(String.init)
      ?? result?.errorText.split(separator: "\n").last.map(String.init)
  }

  // MARK: Failures

  private static func noTool(_ tool: String, package: String) -> Failure {
    Failure(
      "tool_missing", "\(tool) is needed for Debian's packages", hint: "apt-get install \(package)", exit: .toolchain)
  }

  private static func unresolved(_ names: [String], _ result: CommandResult?) -> Failure {
    Failure(
      "packages_unresolved", "apt does not find \(names.joined(separator: ", "))",
      hint: "`apt-get update`, and `apt-get upgrade` where the host's own packages are older than the mirror's; then "
        + "`packc lock --runtime debian` again", exit: .unavailable, cause: lastLine(result))
  }

  private static func gone(_ package: DebianPackage, _ place: String) -> Failure {
    Failure(
      "package_unavailable",
      "\(package.name) \(package.version) (\(package.architecture)), which packc.lock names with the SHA-256 "
        + "\(package.sha256.hex), is not at \(place)",
      hint:
        "mirrors keep the newest version only; https://snapshot.debian.org/binary/\(package.name)/ has every one: put "
        + "\(HostPath(package.path).name) into a directory and name that by PACKC_DEBIAN_MIRROR, or run `packc lock --runtime "
        + "debian` for today's packages", exit: .unavailable)
  }
}
