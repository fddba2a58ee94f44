internal import PackCore

/// Finds the packs of all places, decides which mask which, checks who may have written them, and stores them.
struct PackLoader {
  let store: PackStore
  let trust: PackTrust
  /// packc's own executables, for packs that name helpers.
  let helpers: HostPath
  let reporter: Reporter

  /// A directory `NN-name` of a place.
  private struct Found {
    var order: Int
    /// nil when the manifest alone names the pack.
    var name: String?
    var path: HostPath
    var isMask = false
  }

  func load(_ places: [HostPath]) throws -> PackCatalog {
    var catalog = PackCatalog()
    catalog.places = places
    var owners: [String: HostPath] = [:]
    for place in places {
      for found in try list(place) {
        guard let name = found.name else { continue }
        if let owner = owners[name] {
          mask(found.path, name, by: owner, &catalog)
          continue
        }
        owners[name] = found.path
        if found.isMask {
          catalog.masks.append(.init(name: name, source: found.path))
          continue
        }
        do {
          catalog.packs.append(try load(found))
        } catch let failure as Failure where !failure.isInterruption && failure.exit != .tryAgain {
          reporter.warn("the pack \(found.path) is left out: \(failure.message)", hint: failure.hint)
          catalog.rejected.append(.init(name: name, source: found.path, failure: failure))
        }
      }
    }
    catalog.packs.sort { ($0.order, $0.name) < ($1.order, $1.name) }
    return catalog
  }

  /// In another place masking is what a person wants; in the same one it is likely to be a mistake.
  private func mask(_ path: HostPath, _ name: String, by owner: HostPath, _ catalog: inout PackCatalog) {
    catalog.masked.append(.init(name: name, source: path, reason: "\(owner) has that name and comes first"))
    guard owner.parent == path.parent else { return }
    reporter.warn(
      "two packs are named \"\(name)\": \(path) is not used, since \(owner.name) comes first",
      hint: "remove one of them, or give it a name of its own (in pack.json too)")
  }

  /// The pack in a directory of any name, outside of all places.
  func load(directory: HostPath) throws -> Pack {
    let named = Self.parse(Array(directory.nameBytes))
    return try load(Found(order: named?.order ?? 0, name: named?.name, path: directory))
  }

  // MARK: Names

  private func list(_ place: HostPath) throws -> [Found] {
    guard FileSystem.isDirectory(place) else { return [] }
    return try DirectoryWalk.names(in: place).compactMap { bytes in
      let path = place / HostPath(bytes: bytes)
      guard let (order, name) = Self.parse(bytes) else {
        reporter.warn(
          "\(path) is not a pack and was skipped",
          hint: "a pack's directory is named NN-name: two digits, a dash, lower-case letters, digits and dashes")
        return nil
      }
      let isMask = try FileSystem.status(path)?.kind == .link && FileSystem.resolve(path) == "/dev/null"
      return Found(order: order, name: name, path: path, isMask: isMask)
    }
  }

  /// `10-go` → (10, "go"); nil for any other name.
  static func parse(_ bytes: [UInt8]) -> (order: Int, name: String)? {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard bytes.count > 3, isDigit(bytes[0]), isDigit(bytes[1]), bytes[2] == UInt8(ascii: "-") else { return nil }
    let name = bytes[3...]
    guard name.allSatisfy(PackManifest.isNameByte) else { return nil }
    return (Int(bytes[0] - 0x30) * 10 + Int(bytes[1] - 0x30), String(decoding: name, as: UTF8.self))
  }

  // MARK: One pack

  private func load(_ found: Found) throws -> Pack {
    guard let real = FileSystem.resolve(found.path) else {
      throw PacksFailure.manifest(found.path, "the link leads nowhere")
    }
    try trust.checkWay(to: found.path.parent / "x")
    let tree = try store.tree(of: try trustedFiles(of: real), place: found.path)
    let manifest = try readManifest(tree, found)
    guard FileSystem.isExecutableFile(tree.directory / "bin/pack") else {
      throw PacksFailure.noExecutable(found.path / "bin/pack")
    }
    let libexec = try helperTree(of: manifest)
    let digest = libexec.map {
      Digest(of: ["helpers": JSONValue($0.digest), "tree": JSONValue(tree.digest)])
    }
    return Pack(
      manifest: manifest, order: found.order, digest: digest ?? tree.digest, directory: tree.directory,
      source: found.path, libexec: libexec?.directory,
      helperSources: manifest.helpers.map { helpers / $0 })
  }

  /// What is hashed, copied and run: everything but `test`, the pack's samples for the conformance suite.
  private func trustedFiles(of directory: HostPath) throws -> [PackStore.File] {
    try trust.checkWay(to: directory)
    guard let status = try FileSystem.status(directory), status.kind == .directory else {
      throw PacksFailure.manifest(directory, "is not a directory")
    }
    try trust.check(directory, status)
    var files: [PackStore.File] = []
    var total: Int64 = 0
    let samples = RootPath(literal: "test")
    for entry in try DirectoryWalk.sortedByPath(directory, visit: { $0.path == samples ? .skip : .take }) {
      try trust.check(directory / entry.path, entry.status)
      guard entry.status.kind == .file else { continue }
      files.append(.init(path: entry.path, source: directory / entry.path, status: entry.status))
      total += entry.status.size
      guard files.count <= PackStore.maximumFiles else {
        throw PacksFailure.tooLarge(directory, "\(PackStore.maximumFiles) files")
      }
      guard total <= PackStore.maximumBytes else {
        throw PacksFailure.tooLarge(directory, "\(PackStore.maximumBytes >> 20) MiB")
      }
    }
    return files
  }

  /// From the copy: what was hashed is what is read.
  private func readManifest(_ tree: PackStore.Tree, _ found: Found) throws -> PackManifest {
    let path = found.path / "pack.json"
    guard let bytes = try FileSystem.readIfPresent(tree.directory / "pack.json", limit: 1 << 20) else {
      throw PacksFailure.manifest(path, "the file is missing")
    }
    do {
      let json = try JSONParser.parse(bytes, name: path.description)
      let manifest = try PackManifest(JSONReader(json)) { reporter.warn("\(found.path): \($0)") }
      guard manifest.name == found.name ?? manifest.name else {
        throw PacksFailure.manifest(
          path, "its name is \"\(manifest.name)\", and its directory's \"\(found.name ?? "")\"")
      }
      return manifest
    } catch let failure as Failure where failure.code == "bad_json" {
      throw PacksFailure.manifest(path, failure.message, at: failure.location)
    }
  }

  private func helperTree(of manifest: PackManifest) throws -> PackStore.Tree? {
    guard !manifest.helpers.isEmpty else { return nil }
    let files = try manifest.helpers.map { name -> PackStore.File in
      guard let path = FileSystem.resolve(helpers / name), let status = try FileSystem.status(path) else {
        throw PacksFailure.helperMissing(name, helpers, pack: manifest.name)
      }
      try trust.checkWay(to: path)
      try trust.check(path, status)
      guard let relative = RootPath(name) else { throw PacksFailure.helperMissing(name, helpers, pack: manifest.name) }
      return .init(path: relative, source: path, status: status)
    }
    // Packs that name the same helpers share one copy.
    return try store.tree(of: files, place: helpers / manifest.helpers.joined(separator: "\u{0}"))
  }
}
