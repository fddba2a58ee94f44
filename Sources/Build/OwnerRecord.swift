internal import PackCore

/// What a build knows of the owners of its image's files and the image itself does not say: which package of the host a
/// library came from, which interpreter a tree belongs to, what packc wrote.
struct OwnerRecord {
  /// Of the rules' making: another one makes the kept answer worthless.
  private static let format: Int64 = 3

  let root: RootFilesystem
  let toolchains: [BuildPlan.Toolchain]
  /// Where the last answer is kept.
  let file: HostPath
  /// Packages that packc.lock names, in the place of the host's.
  var runtime: DebianRoot?
  var packages = HostPackages()

  /// The rules, from the last build when neither its files nor the host's packages have changed.
  func rules() -> OwnerRules {
    let origins = root.entries.compactMap(origin)
    let key = key(of: origins)
    if let bytes = try? FileSystem.readIfPresent(file, limit: 64 << 20), let json = try? JSONParser.parse(bytes),
      json["key"]?.digest == key, let known = json["rules"], let rules = try? OwnerRules(JSONReader(known))
    {
      return rules
    }
    let rules = OwnerRules(of: owned(origins))
    let json: JSONValue = ["key": JSONValue(key), "rules": rules.json]
    // Only a saving for the next build.
    try? FileSystem.writeAtomically(CanonicalJSON.encode(json), to: file, durable: false)
    return rules
  }

  private enum Source {
    case host(HostPath)
    case packc
    /// A step's or the project's own: the image's files say more of it.
    case other
  }

  private func origin(_ entry: RootFilesystem.Entry) -> (path: RootPath, source: Source)? {
    switch entry.content {
    case .directory, .link: return nil
    case .host(let file, _) where entry.origin.hasPrefix("host:"): return (entry.path, .host(file))
    case .bytes where entry.origin.hasPrefix("host:"):
      return (entry.path, .host(HostPath(String(entry.origin.dropFirst(5)))))
    case .host, .bytes, .hardLink: return (entry.path, entry.origin == "packc" ? .packc : .other)
    }
  }

  private func key(of origins: [(path: RootPath, source: Source)]) -> Digest {
    var hash = SHA256()
    let tools = toolchains.map { JSONValue.string("\($0.name)\0\($0.version)\0\($0.path)") }
    hash.update(
      CanonicalJSON.encode([
        "packages": packages.state, "tools": .array(tools), "version": .string(PackcVersion.current),
        "format": .integer(Self.format),
      ]))
    for (path, source) in origins {
      hash.update(path.bytes + [0])
      switch source {
      case .host(let file): hash.update([1] + file.bytes + [0])
      case .packc: hash.update([2])
      case .other: hash.update([3])
      }
    }
    return hash.finish()
  }

  private func owned(_ origins: [(path: RootPath, source: Source)]) -> [(path: RootPath, owner: FileOwner?)] {
    var real: [HostPath: HostPath] = [:]
    for case (_, .host(let file)) in origins { real[file] = FileSystem.resolve(file) ?? file }
    let known = packages.owners(of: Set(real.values))
    var owners: [RootPath: FileOwner] = [:]
    for case (let path, .host(let file)) in origins {
      let place = real[file] ?? file
      let locked = runtime.flatMap { runtime in place.relative(to: runtime.path).flatMap { runtime.owners[$0] } }
      owners[path] = locked ?? known[place] ?? toolchain(of: place)
    }
    return origins.map { path, source in
      switch source {
      case .host: (path, owners[path])
      case .packc: (path, FileOwner(kind: .packc, name: "packc", version: PackcVersion.current))
      // What a step compiled of the host's `name.py` goes with it.
      case .other: (path, Self.source(ofCompiled: path).flatMap { owners[$0] })
      }
    }
  }

  /// `lib/__pycache__/name.cpython-311.pyc` → `lib/name.py` (PEP 3147).
  private static func source(ofCompiled path: RootPath) -> RootPath? {
    guard let cache = path.parent, cache.nameBytes.elementsEqual("__pycache__".utf8) else { return nil }
    return cache.parent?.appending(
      component: Array(path.nameBytes.prefix { $0 != UInt8(ascii: ".") }) + Array(".py".utf8))
  }

  /// The interpreter or compiler below whose own directory the file lies. What is in /usr belongs to packages.
  private func toolchain(of file: HostPath) -> FileOwner? {
    for tool in toolchains {
      let prefix = (FileSystem.resolve(tool.path) ?? tool.path).parent.parent
      guard !["/", "/usr", "/usr/local"].contains(prefix), file.relative(to: prefix) != nil else { continue }
      return FileOwner(kind: .toolchain, name: tool.name, version: tool.version)
    }
    return nil
  }
}
