internal import PackCore

/// Whether a lock was made from the manifests as they are. The tools check the same when they install; here it is told
/// before anything runs, with the file and the package.
struct NodeLockCheck {
  struct Problem {
    var file: String
    var text: String
    var location: SourceLocation
  }
  private let files: ProjectFiles
  private let path: String
  private let manager: NodePackages.Manager
  /// Of the lock.
  private let directory: String

  static let limit = 32 << 20

  init(_ files: ProjectFiles, _ path: String, _ manager: NodePackages.Manager, _ directory: String) {
    self.files = files
    self.path = path
    self.manager = manager
    self.directory = directory
  }

  private func bytes() throws -> [UInt8] {
    try RootPath(path).flatMap { try FileSystem.readIfPresent(files.root / $0, limit: Self.limit) } ?? []
  }

  func problem(_ manifests: [NodeManifest], _ project: NodeProject) throws -> Problem? {
    let members = Set(project.members.compactMap(\.name))
    switch manager {
    case .npm: return npm(try NPMLock(bytes(), path: path), manifests, members)
    case .pnpm: return pnpm(PNPMLock(String(decoding: try bytes(), as: UTF8.self)), manifests)
    case .yarn, .berry: return yarn(YarnLock(String(decoding: try bytes(), as: UTF8.self)), manifests, members)
    }
  }

  private func key(_ manifest: NodeManifest) -> String {
    String(manifest.directory.dropFirst(directory.isEmpty ? 0 : directory.count).drop { $0 == "/" })
  }

  private static func wanted(_ manifest: NodeManifest) -> [(group: String, name: String, range: String)] {
    var out: [(group: String, name: String, range: String)] = []
    for (group, map) in [
      ("dependencies", manifest.dependencies), ("devDependencies", manifest.devDependencies),
      ("optionalDependencies", manifest.optionalDependencies),
    ] {
      out += map.sorted { $0.key < $1.key }.map { (group, $0.key, $0.value) }
    }
    return out
  }

  private func npm(_ lock: NPMLock, _ manifests: [NodeManifest], _ members: Set<String>) -> Problem? {
    for manifest in manifests {
      let known = lock.requirements[key(manifest)]
      for (group, name, range) in Self.wanted(manifest) {
        let found = known.map { $0[name] } ?? (lock.isOld && lock.names.contains(name) ? [range] : nil)
        guard let found else {
          if members.contains(name), lock.isOld { continue }
          return problem(manifest, group, name, "it lacks \(name) \(range)")
        }
        guard !found.contains(range) else { continue }
        let made = found.sorted().joined(separator: ", ")
        return problem(manifest, group, name, "it was made for \(name) \(made), not \(range)")
      }
    }
    return nil
  }

  private func pnpm(_ lock: PNPMLock, _ manifests: [NodeManifest]) -> Problem? {
    for manifest in manifests {
      let key = key(manifest)
      let known = lock.specifiers[key.isEmpty ? "." : key] ?? [:]
      for (group, name, range) in Self.wanted(manifest) where !range.hasPrefix("catalog:") {
        // What overrides say is not the manifest's.
        guard let found = known[name] else { return problem(manifest, group, name, "it lacks \(name) \(range)") }
        if found != range, !lock.hasOverrides {
          return problem(manifest, group, name, "it was made for \(name) \(found), not \(range)")
        }
      }
    }
    return nil
  }

  private func yarn(_ lock: YarnLock, _ manifests: [NodeManifest], _ members: Set<String>) -> Problem? {
    for manifest in manifests {
      for (group, name, range) in Self.wanted(manifest) {
        if members.contains(name) || manifest.text("resolutions", name) != nil { continue }
        guard range.first.map({ $0.isNumber || "^~<>=*x".contains($0) }) ?? false else { continue }
        let keys = ["\(name)@\(range)", "\(name)@npm:\(range)"]
        if !keys.contains(where: lock.keys.contains), !lock.hasResolutions {
          return problem(manifest, group, name, "it lacks \(name)@\(range)")
        }
      }
    }
    return nil
  }

  private func problem(_ manifest: NodeManifest, _ group: String, _ name: String, _ text: String) -> Problem {
    Problem(file: manifest.path, text: text, location: manifest.location(group, name))
  }
}
