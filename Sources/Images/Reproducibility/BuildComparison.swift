public import OCI
public import PackCore

/// What two builds left (each a directory as `.packc`), compared as a whole: the image with its layers, the machine, and the
/// documents beside them. `build.json` tells of times and places, and is not compared.
public struct BuildComparison {
  let before: HostPath
  let after: HostPath
  /// For what has to be unpacked.
  let temporary: HostPath

  /// What every build states of its image.
  private static let documents = ["contract.json", "sbom.cdx.json", "provenance.json"]
  private static let documentLimit = 256 << 20

  public init(_ before: HostPath, _ after: HostPath, temporary: HostPath) {
    self.before = before
    self.after = after
    self.temporary = temporary
  }

  /// The outermost cause first; nothing when every byte is the same. What only follows from another difference (digests of
  /// digests, the initrd of other layers) is left out.
  public func differences() throws -> [BuildDifference] {
    guard try !isSame() else { return [] }
    var found = try imageDifferences()
    if found.isEmpty { found = try machineDifferences() }
    if found.isEmpty { found = try Self.documents.flatMap { try documentDifferences($0, [$0]) } }
    if found.isEmpty { found = try documentDifferences("image/index.json", ["image", "index.json"], derived: true) }
    return found
  }

  /// The layout's index names everything of the image by its digest.
  private func isSame() throws -> Bool {
    for name in ["image/index.json"] + Self.documents where try !isSame(name) { return false }
    let names = try machineFiles()
    for name in names where try !isSame("unikernel/\(name)") { return false }
    return true
  }

  private func isSame(_ name: String) throws -> Bool {
    let sides = [before / name, after / name]
    let present = sides.map { FileSystem.exists($0) }
    guard present[0] && present[1] else { return present[0] == present[1] }
    return try FileSystem.digest(of: sides[0]) == FileSystem.digest(of: sides[1])
  }

  private func machineFiles() throws -> [String] {
    let names = try [before, after].flatMap { side -> [String] in
      guard FileSystem.isDirectory(side / "unikernel") else { return [] }
      return try DirectoryWalk.names(in: side / "unikernel").map { String(decoding: $0, as: UTF8.self) }
    }
    return Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: - The image

  private func imageDifferences() throws -> [BuildDifference] {
    let layouts = [before / "image", after / "image"]
    guard layouts.allSatisfy({ FileSystem.exists($0 / "oci-layout") }) else { return [] }
    let old = try SingleImage.open(LayoutSource(layout: layouts[0]))
    let new = try SingleImage.open(LayoutSource(layout: layouts[1]))
    guard old.descriptor.digest != new.descriptor.digest else { return [] }
    return try ImagePair(before: old, after: new, temporary: temporary).differences()
  }

  // MARK: - The machine and the documents

  private func machineDifferences() throws -> [BuildDifference] {
    try machineFiles().flatMap { name -> [BuildDifference] in
      let file = "unikernel/\(name)"
      guard try !isSame(file) else { return [] }
      if name.hasSuffix(".json") { return try documentDifferences(file, ["unikernel", name]) }
      guard FileSystem.exists(before / file), FileSystem.exists(after / file) else {
        return [BuildDifference(["unikernel", name], .missing)]
      }
      return [
        BuildDifference(
          ["unikernel", name], .content, bytes: try FilePair(before: before / file, after: after / file).difference())
      ]
    }
  }

  private func documentDifferences(
    _ file: String, _ chain: [String], derived: Bool = false
  ) throws -> [BuildDifference] {
    guard try !isSame(file) else { return [] }
    let sides = try [before, after].map { try FileSystem.readIfPresent($0 / file, limit: Self.documentLimit) ?? [] }
    let changes = DocumentLeaves.changes(sides[0], sides[1])
    let own = changes.filter { derived || !DocumentLeaves.isDerived($0.before, $0.after) }
    return (own.isEmpty ? changes : own).map {
      BuildDifference(chain + [$0.place], .value, before: $0.before, after: $0.after)
    }
  }
}

/// Two images of one project.
public struct ImagePair {
  let before: SingleImage
  let after: SingleImage
  let temporary: HostPath

  public init(before: SingleImage, after: SingleImage, temporary: HostPath) {
    self.before = before
    self.after = after
    self.temporary = temporary
  }

  /// Layers first; of the config what does not follow from them.
  public func differences() throws -> [BuildDifference] {
    let titles = (ImageSnapshot.titles(before.config), ImageSnapshot.titles(after.config))
    var found: [BuildDifference] = []
    for index in 0..<max(before.layers.count, after.layers.count) {
      let title = (index < titles.0.count ? titles.0[index] : titles.1[index])
      found += try LayerPair(
        title: title.isEmpty ? String(index) : title, before: index < before.layers.count ? before.layers[index] : nil,
        after: index < after.layers.count ? after.layers[index] : nil, sources: (before.source, after.source),
        temporary: temporary
      ).differences()
    }
    let layersDiffer = !found.isEmpty
    found += Self.values(before.configBytes, after.configBytes, ["image", "config"], consequences: layersDiffer)
    if found.isEmpty {
      found = Self.values(before.document.bytes, after.document.bytes, ["image", "manifest"], consequences: false)
    }
    return found
  }

  private static func values(
    _ before: [UInt8], _ after: [UInt8], _ chain: [String], consequences: Bool
  ) -> [BuildDifference] {
    let changes = DocumentLeaves.changes(before, after)
    let own = changes.filter { change in
      !DocumentLeaves.isDerived(change.before, change.after)
        && !(consequences && change.place.hasPrefix("config.Labels.\(FactTable.prefix)"))
    }
    return (own.isEmpty && !consequences ? changes : own).map {
      BuildDifference(chain + [$0.place], .value, before: $0.before, after: $0.after)
    }
  }
}
