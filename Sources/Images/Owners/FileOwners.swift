internal import Contract
public import OCI
public import PackCore

/// Who owns each file of an image. Several sources may know a file; the first of these counts: what the build recorded,
/// the system's package manager, the language's, a program's own build information, a jar's name, and for an image of
/// packc's its application layer, which is the project. What nobody knows has no owner.
public struct FileOwners: Sendable {
  /// One owner's part of an image.
  public struct Share: Hashable, Sendable {
    /// Nil for what nobody is known to own.
    public let owner: FileOwner?
    /// Regular files; a hard link counts as a file without bytes.
    public var files: Int
    public var bytes: Int64
  }

  /// By path; only files that have an owner.
  private let table: [RootPath: FileOwner]
  /// The largest first, then by owner; the unknown part is among them when there is one.
  public let shares: [Share]
  /// What those packages say of their licence that say it in the image.
  public let licenses: [FileOwner: String]
  /// What jars hold of others, packed into them; sorted by package URL, each once.
  public let packed: [SoftwareComponent]
  /// What keeps some files from having an owner, for people.
  public let notes: [String]

  public subscript(path: RootPath) -> FileOwner? { table[path] }

  /// - Parameters:
  ///   - recorded: what the build of the image knew.
  ///   - project: the owner of the rest of the layers whose positions are in `own`, and of the rest of `made`.
  public init(
    of files: ImageFiles, evidence: OwnerEvidence, recorded: OwnerRules = OwnerRules(), project: FileOwner? = nil,
    own: Set<Int> = [], made: Set<RootPath> = []
  ) {
    let evidence = evidence.standing(in: files)
    let finder = OwnerFinder(files, evidence, recorded)
    var table: [RootPath: FileOwner] = [:]
    var shares: [FileOwner?: Share] = [:]
    for file in files.files {
      guard file.isFile else { continue }
      let owner = finder.owner(of: file) ?? (own.contains(file.layer) || made.contains(file.entry.path) ? project : nil)
      if let owner { table[file.entry.path] = owner }
      shares[owner, default: Share(owner: owner, files: 0, bytes: 0)].files += 1
      shares[owner]?.bytes += file.bytes
    }
    self.table = table
    self.shares = shares.values.sorted(by: Self.precedes)
    licenses = finder.licenses
    packed = Self.packed(evidence)
    notes = Self.notes(files, evidence)
  }

  private static func packed(_ evidence: OwnerEvidence) -> [SoftwareComponent] {
    var found: [String: SoftwareComponent] = [:]
    for (path, jar) in evidence.jars {
      for artifact in jar.contents.artifacts where artifact != jar.contents.own {
        guard let purl = artifact.owner.purl else { continue }
        found[purl, default: SoftwareComponent(name: artifact.owner.name, version: artifact.version, purl: purl)]
          .evidence.append(path)
      }
    }
    return found.values.map { component in
      var component = component
      component.evidence.sort()
      return component
    }.sorted { $0.purl.utf8.lexicographicallyPrecedes($1.purl.utf8) }
  }

  private static func precedes(_ a: Share, _ b: Share) -> Bool {
    if a.bytes != b.bytes { return a.bytes > b.bytes }
    guard let first = a.owner, let second = b.owner else { return a.owner != nil && b.owner == nil }
    return first < second
  }

  private static func notes(_ files: ImageFiles, _ evidence: OwnerEvidence) -> [String] {
    var notes: [String] = []
    let rpm = ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"]
    if rpm.contains(where: { RootPath($0).flatMap { files[$0] } != nil }) {
      notes.append("an rpm database is there, which packc does not read: files of rpm packages have no owner")
    }
    if evidence.isIncomplete { notes.append("package databases were too large to be read whole") }
    return notes
  }
}

extension ImageFiles.File {
  /// A regular file, under its first name or another.
  public var isFile: Bool {
    switch entry.kind {
    case .file, .hardLink: true
    default: false
    }
  }
  /// What it takes by itself: another name for a file takes nothing.
  public var bytes: Int64 { if case .file = entry.kind { entry.size } else { 0 } }
}
