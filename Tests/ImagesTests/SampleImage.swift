import OCI
import PackCore
import XCTest

@testable import Images

/// An image without archives: its layers as lists of entries, merged and looked at like one that was read.
struct SampleImage {
  struct Item {
    var entry: LayerEntry
    var content: [UInt8]?
  }

  var name = "sample:latest"
  var layers: [(title: String, items: [Item])] = []
  var labels: [String: String] = [:]
  var environment: [String] = []
  var recorded = OwnerRules()
  var project: FileOwner?
  var contract: FactTable?

  static func file(_ path: String, _ text: String, mode: UInt32 = 0o644) -> Item {
    file(bytes: Array(path.utf8), Array(text.utf8), mode: mode)
  }
  static func file(bytes path: [UInt8], _ content: [UInt8], mode: UInt32 = 0o644) -> Item {
    Item(
      entry: LayerEntry(path: RootPath(bytes: path) ?? .root, kind: .file, mode: mode, size: Int64(content.count)),
      content: content)
  }
  /// A file of whose content nothing but the size matters.
  static func file(_ path: String, size: Int64) -> Item {
    Item(entry: LayerEntry(path: RootPath(path) ?? .root, kind: .file, mode: 0o644, size: size), content: nil)
  }
  static func directory(_ path: String, mode: UInt32 = 0o755) -> Item {
    Item(entry: LayerEntry(path: RootPath(path) ?? .root, kind: .directory, mode: mode), content: nil)
  }
  static func link(_ path: String, _ target: String) -> Item {
    Item(entry: LayerEntry(path: RootPath(path) ?? .root, kind: .link(Array(target.utf8)), mode: 0o777), content: nil)
  }

  /// Higher layers replace what lower ones have.
  var files: ImageFiles {
    var table: [RootPath: ImageFiles.File] = [:]
    for (position, layer) in layers.enumerated() {
      for item in layer.items {
        var digest: Digest?
        if case .file = item.entry.kind { digest = Digest(of: item.content ?? Array("\(item.entry.size)".utf8)) }
        table[item.entry.path] = ImageFiles.File(entry: item.entry, layer: position, digest: digest)
      }
    }
    return ImageFiles(files: Array(table.values))
  }

  var evidence: OwnerEvidence {
    var evidence = OwnerEvidence()
    for (position, layer) in layers.enumerated() {
      for item in layer.items {
        switch OwnerEvidence.want(item.entry) {
        case .text: evidence.add(item.content ?? [], of: item.entry.path, layer: position)
        case .goProgram:
          var scanner = GoBuild.Scanner()
          (item.content ?? []).withUnsafeBytes { scanner.feed($0) }
          if let build = scanner.finish() { evidence.add(build, of: item.entry.path, layer: position) }
        case nil: continue
        }
      }
    }
    return evidence
  }

  var owners: FileOwners {
    FileOwners(
      of: files, evidence: evidence, recorded: recorded, project: project,
      own: Set(layers.indices.filter { layers[$0].title == "application" }))
  }

  func snapshot(reading: Set<Int>? = nil) throws -> ImageSnapshot {
    let digests = layers.map { layer in
      Digest(of: layer.items.flatMap { $0.entry.path.bytes + ($0.content ?? []) + Array("\($0.entry)".utf8) })
    }
    let config = ImageConfig(
      platform: ImagePlatform(os: "linux", architecture: "amd64"), diffIDs: digests, user: "65532:65532",
      environment: environment, entrypoint: ["/app/server"], labels: labels,
      history: layers.map { .init(createdBy: "packc build: \($0.title)") })
    let described = try zip(layers, digests).enumerated().map { position, layer in
      ImageSnapshot.Layer(
        descriptor: BlobDescriptor(
          mediaType: .layerGzip, digest: Digest(of: Array(layer.1.hex.utf8)),
          size: layer.0.items.reduce(0) { $0 + $1.entry.size } / 2),
        diffID: try XCTUnwrap(config.diffIDs[position]), title: layer.0.title,
        isRead: reading?.contains(position) ?? true)
    }
    return ImageSnapshot(
      name: name, digest: Digest(of: config.json), config: config, layers: described, files: files, owners: owners,
      facts: contract ?? FactTable(labels: labels))
  }
}
