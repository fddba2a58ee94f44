internal import PackCore
internal import Packs

/// What the pack said of the source the last time, believed as long as nothing that it can have seen has changed: then it
/// is not asked again.
struct SourceFactsCache {
  /// Raised when the same answer is written in another form.
  static let format: Int64 = 1
  /// A pack's response is no larger.
  private static let limit = 2 * PackProtocol.responseLimit

  let file: HostPath

  /// What the answer depends on.
  struct Key {
    let scan: ProjectScan
    let digests: FileDigests
    let pack: Pack
    let project: PackProject
    let lock: [String: JSONValue]
    let toolchains: [BuildPlan.Toolchain]

    fileprivate func digest() throws -> Digest {
      Digest(
        of: [
          "sources": JSONValue(try sources()), "pack": JSONValue(pack.digest), "version": .string(PackcVersion.current),
          "config": project.config ?? .null, "app": project.app.map(JSONValue.string) ?? .null,
          "mode": .string(project.mode.rawValue), "platform": JSONValue(project.platform), "lock": .object(lock),
          "toolchains": JSONValue(strings: toolchains.map { "\($0.name) \($0.version) \($0.path)" }),
        ])
    }

    /// Every file of the project: its path and content.
    private func sources() throws -> Digest {
      var hash = SHA256()
      for entry in scan.sources {
        hash.update(entry.path.bytes + [0, entry.status.kind.rawValue])
        switch entry.status.kind {
        case .file: hash.update(try digests.digest(of: scan.root / entry.path, status: entry.status).hex)
        case .link: hash.update(try FileSystem.linkTarget(scan.root / entry.path) + [0])
        case .directory, .other: break
        }
      }
      return hash.finish()
    }
  }

  func facts(_ key: Key, ask: () throws -> [SourceFact]) throws -> [SourceFact] {
    let digest = JSONValue(try key.digest())
    if let known = CacheRecord.read(file, format: Self.format, limit: Self.limit), known["key"] == digest,
      let facts = try? known["facts"]?.array?.map({ try SourceFact(JSONReader($0)) })
    {
      return facts
    }
    let facts = try ask()
    try CacheRecord.write(["key": digest, "facts": .array(facts.map(\.json))], format: Self.format, to: file)
    return facts
  }
}
