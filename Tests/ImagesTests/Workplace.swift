import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

/// A home with a store, a working directory, and small images made of generated layers.
final class Workplace {
  let directory: TemporaryDirectory
  let context: HostContext
  let locator: ImageLocator

  init(_ name: String = "packc-images") throws {
    directory = try TemporaryDirectory(name)
    context = HostContext(
      environment: ["HOME": "\(directory.path)/home", "PATH": "/usr/bin:/bin"], workingDirectory: directory.path,
      executable: "/packc")
    locator = try ImageLocator(context)
  }

  var transfer: ImageTransfer { ImageTransfer(locator) }
  static func / (place: Workplace, name: String) -> HostPath { place.directory.path / name }

  /// An image of two layers, in the store under `name`.
  @discardableResult
  func image(
    _ name: String, architecture: Platform.Architecture = .amd64, compression: LayerCompression = .gzip,
    text: String = "app"
  ) throws -> BlobDescriptor {
    var filesystem = RootFilesystem()
    for (role, path) in [(LayerRole.runtime, "usr/lib/lib.so"), (.application, "usr/bin/app")] {
      // Enough for more than one gzip member, and easy to compress.
      let bytes = Array(repeating: Array("\(path) \(text) \(architecture)\n".utf8), count: 50_000).flatMap { $0 }
      try filesystem.insert(
        .init(path: XCTUnwrap(RootPath(path)), content: .bytes(bytes), mode: 0o755, layer: role, origin: "test"))
    }
    let store = locator.store
    let layers = try filesystem.layers().map {
      try LayerWriter.write($0, compression: compression, epoch: 0, store: store.content)
    }
    let description = ImageDescription(
      platform: Platform(architecture: architecture), entrypoint: ["/usr/bin/app"], arguments: ["--all"],
      environment: ["PORT": "8080"], exposedPorts: ["8080/tcp"],
      labels: [
        "dev.packc.contract.elf.nx": "true", "dev.packc.contract.elf.nx.closed": "true",
        "dev.packc.contract.elf.nx.level": "proven", "dev.packc.mode": "release",
      ])
    let assembled = try ImageBuilder.assemble(description, layers: layers, store: store.content)
    try store.update { $0[name] = assembled.descriptor }
    return assembled.descriptor
  }

  /// Runs a tool in the working directory, with a home of its own; it must succeed.
  @discardableResult
  func run(
    _ tool: String, _ arguments: String..., environment: [String: String] = [:], file: StaticString = #filePath,
    line: UInt = #line
  ) throws -> String {
    try Tools.output(
      tool, arguments, in: directory.path,
      environment: ["HOME": "\(directory.path)/home", "TMPDIR": "/tmp"].merging(environment) { $1 }, file: file,
      line: line)
  }

  /// The digests of config and layers, uncompressed: what stays the same through any tool.
  func essence(_ text: String) throws -> [Digest] {
    let image = try SingleImage.open(locator.locate(text).source)
    return image.layers.map(\.diffID)
  }
}
