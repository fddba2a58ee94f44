public import PackCore

/// A pack that was found, trusted and copied into the store.
public struct Pack: Sendable {
  public let manifest: PackManifest
  /// `NN` of its directory: earlier packs win at equal confidence.
  public let order: Int
  /// Of its files and, when it names helpers, of those too: `SHA-256({"helpers": …, "tree": …})`.
  public let digest: Digest
  /// Its copy in the store; `${pack}` of its steps.
  public let directory: HostPath
  /// Where it was found.
  public let source: HostPath
  /// The directory of its helpers, handed over as `PACKC_LIBEXEC`; nil when it names none.
  public let libexec: HostPath?
  /// Where those helpers were found.
  let helperSources: [HostPath]

  public var name: String { manifest.name }
  public var version: String { manifest.version }
  public var executable: HostPath { directory / "bin/pack" }

  public var json: JSONValue {
    ["name": .string(name), "version": .string(version), "digest": JSONValue(digest)]
  }
}

/// What the places of `packs.d` hold.
public struct PackCatalog: Sendable {
  /// A pack that is there and not used.
  public struct Masked: Sendable {
    public let name: String
    public let source: HostPath
    /// `/etc/packc/packs.d/10-go has that name and comes first`
    public let reason: String
  }
  /// A link to /dev/null, which masks a name away.
  public struct Mask: Sendable {
    public let name: String
    public let source: HostPath
  }
  /// A pack that cannot be used; it still masks later ones of its name.
  public struct Rejected: Sendable {
    public let name: String
    public let source: HostPath
    public let failure: Failure
  }
  /// By `NN`, then by name.
  public internal(set) var packs: [Pack] = []
  public internal(set) var masked: [Masked] = []
  public internal(set) var masks: [Mask] = []
  public internal(set) var rejected: [Rejected] = []
  /// The directories that were looked at, in search order, whether they exist or not.
  public internal(set) var places: [HostPath] = []

  public func pack(named name: String) -> Pack? { packs.first { $0.name == name } }

  /// The pack, or why there is none of that name.
  public func named(_ name: String) throws -> Pack {
    if let pack = pack(named: name) { return pack }
    if let rejected = rejected.first(where: { $0.name == name }) { throw rejected.failure }
    if let mask = masks.first(where: { $0.name == name }) { throw PacksFailure.maskedAway(name, mask.source) }
    throw PacksFailure.unknownPack(name, known: packs.map(\.name))
  }

  /// Host paths that decide what a later `load` gives.
  public var watched: [HostPath] { (places + packs.map(\.source) + packs.flatMap(\.watched)).sorted() }
}

extension Pack {
  /// The files that it is made of, where they were found.
  var watched: [HostPath] {
    ((try? PackStore.files(in: directory)) ?? []).map { source / $0.path } + helperSources
  }
}
