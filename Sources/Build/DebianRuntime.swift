internal import ELF
internal import PackCore

/// Debian packages as the source of an image's runtime: fetched by hash, unpacked, never installed. The tree is kept with
/// the results of steps, under the digest of the list.
///
///     <cache>/steps/<key>/work/root          usr/…, etc/…: all packages in one
///                             /owners.json   {"usr/lib/…": index into the list}
struct DebianRuntime {
  /// Raised when the same list comes to another tree.
  private static let format: Int64 = 1
  private static let places = (root: RootPath(literal: "root"), owners: RootPath(literal: "owners.json"))
  /// What no image takes from a package.
  private static let leftOut = ["usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/lintian"]
    .compactMap { RootPath($0) }
  private static let bundle = RootPath(literal: "etc/ssl/certs/ca-certificates.crt")

  let packages: [DebianPackage]
  let archive: DebianArchive
  var cache: HostPath { archive.cache }

  private var key: Digest {
    Digest(of: ["debian_root": .integer(Self.format), "packages": .array(packages.map(\.json))])
  }

  func root() throws -> DebianRoot {
    let steps = try StepCache(cache: cache)
    let made = try steps.outputs(of: key) ?? make(steps)
    let table = try JSONParser.parse(try FileSystem.read(made / Self.places.owners, limit: 256 << 20))
    var owners: [RootPath: FileOwner] = [:]
    for (path, index) in table.object ?? [:] {
      guard let path = RootPath(path), let index = index.integer, packages.indices.contains(Int(index)) else {
        continue
      }
      owners[path] = packages[Int(index)].owner
    }
    return DebianRoot(path: made / Self.places.root, owners: owners, digest: key)
  }

  private func make(_ steps: StepCache) throws -> HostPath {
    archive.reporter.note("unpacking \(packages.count) packages of Debian, which packc.lock names")
    let work = try WorkDirectory(in: cache / "work", prefix: "debian")
    let root = work.path / Self.places.root
    for name in ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc"] { try FileSystem.createDirectory(root / name) }
    for name in ["bin", "sbin", "lib", "lib64"] {
      try FileSystem.createLink(root / name, to: Array("usr/\(name)".utf8))
    }
    var owners: [String: JSONValue] = [:]
    for (index, file) in try archive.fetch(packages).enumerated() {
      try Interruption.check()
      let tree = work.path / "tree"
      try archive.unpack(file, to: tree)
      for path in try merge(tree, into: root) { owners[path.description] = .integer(Int64(index)) }
      try FileSystem.removeTree(tree)
    }
    if try writeBundle(root), let index = packages.firstIndex(where: { $0.name == "ca-certificates" }) {
      owners[Self.bundle.description] = .integer(Int64(index))
    }
    try FileSystem.writeAtomically(
      CanonicalJSON.encode(.object(owners)), to: work.path / Self.places.owners, durable: false)
    return try steps.store([Self.places.root, Self.places.owners], from: work.path, key: key)
  }

  /// Moves a package's files to where they are in a merged /usr; returns them.
  private func merge(_ tree: HostPath, into root: HostPath) throws -> [RootPath] {
    var files: [RootPath] = []
    for entry in try DirectoryWalk.sortedByPath(tree) {
      let path = MergedUsr.path(entry.path)
      if Self.leftOut.contains(where: { path.isInside($0) }) || path.isRoot { continue }
      let target = root / path
      switch entry.status.kind {
      case .directory:
        if !FileSystem.isDirectory(target) { try FileSystem.createDirectory(target) }
      case .link:
        try FileSystem.createDirectory(target.parent)
        if try FileSystem.status(target) == nil {
          try FileSystem.createLink(target, to: FileSystem.linkTarget(tree / entry.path))
        }
      case .file:
        try FileSystem.createDirectory(target.parent)
        try FileSystem.removeTree(target)
        try FileSystem.copyFile(tree / entry.path, to: target, mode: entry.status.isExecutable ? 0o755 : 0o644)
        files.append(path)
      case .other: continue
      }
    }
    return files
  }

  /// ca-certificates makes its bundle when it is configured: all certificates, in the order of their names.
  private func writeBundle(_ root: HostPath) throws -> Bool {
    let directory = root / "usr/share/ca-certificates"
    guard FileSystem.isDirectory(directory) else { return false }
    var bundle: [UInt8] = []
    for entry in try DirectoryWalk.sortedByPath(directory)
    where entry.status.kind == .file && entry.path.nameBytes.suffix(4).elementsEqual(".crt".utf8) {
      bundle += try FileSystem.read(directory / entry.path, limit: 1 << 20)
      if bundle.last != UInt8(ascii: "\n") { bundle.append(UInt8(ascii: "\n")) }
    }
    try FileSystem.createDirectory((root / Self.bundle).parent)
    try FileSystem.writeAtomically(bundle, to: root / Self.bundle, durable: false)
    return true
  }
}
