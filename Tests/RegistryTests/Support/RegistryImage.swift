import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// A small image in memory, and clients with short patience.
struct RegistryImage {
  let layer: [UInt8]
  let config: [UInt8]
  let document: ImageDocument

  init(layerBytes: Int = 20_000, seed: UInt64 = 7, subject: BlobDescriptor? = nil) throws {
    var random = SeededRandom(seed: seed)
    // Random enough, and quick to make.
    let block = random.bytes(min(layerBytes, 65_537))
    let layer = Array((0..<(layerBytes / max(1, block.count) + 1)).map { _ in block }.joined().prefix(layerBytes))
    let config = #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#
    try self.init(layer: layer, config: Array(config.utf8), subject: subject)
  }

  /// One that a check of its layers accepts: a tar archive with one file of so many bytes.
  static func whole(size: Int = 20_000) throws -> RegistryImage {
    var random = SeededRandom(seed: 5)
    let block = random.bytes(min(size, 65_537))
    let content = Array((0...(size / block.count)).map { _ in block }.joined().prefix(size))
    return try RegistryImage(layer: TarBuilder.make { $0.add("file", content: content) })
  }

  /// - Parameter diffID: what the config says; nil for the layer's.
  init(layer: [UInt8], diffID: Digest? = nil, architecture: String = "amd64") throws {
    let diffID = diffID ?? Digest(of: layer)
    let config =
      #"{"architecture":"\#(architecture)","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(diffID)"]}}"#
    try self.init(layer: layer, config: Array(config.utf8), subject: nil)
  }

  private init(layer: [UInt8], config: [UInt8], subject: BlobDescriptor?) throws {
    self.layer = layer
    self.config = config
    let manifest = ImageManifest(
      config: BlobDescriptor(mediaType: .imageConfig, digest: Digest(of: config), size: Int64(config.count)),
      layers: [BlobDescriptor(mediaType: .layerTar, digest: Digest(of: layer), size: Int64(layer.count))],
      subject: subject)
    document = try ImageDocument(CanonicalJSON.encode(manifest.json), mediaType: .imageManifest, name: "test")
  }

  var layerDescriptor: BlobDescriptor { document.children[1] }

  func put(into registry: ScriptedRegistry, _ repository: String, _ tag: String) {
    registry.add(repository, blob: layer)
    registry.add(repository, blob: config)
    registry.add(repository, tag, .imageManifest, document.bytes)
  }

  /// In a store, with a name.
  func put(into store: ImageStore, _ name: String) throws -> StoreSource {
    for bytes in [layer, config, document.bytes] { try store.content.put(bytes) }
    try store.update { $0[name] = document.descriptor }
    return StoreSource(store, descriptor: document.descriptor, name: name)
  }
}

extension RegistryOptions {
  /// No pauses, and a second of patience.
  static var test: RegistryOptions {
    var options = RegistryOptions()
    options.retries.first = 0.001
    options.retries.longest = 0.002
    options.certificateDirectories = []
    options.timeouts = options.timeouts.limited(to: 10)
    return options
  }
}

extension ScriptedRegistry {
  func client(_ options: RegistryOptions = .test, _ credential: Credential? = nil) -> RegistryClient {
    RegistryClient(host: host, options: options) { _ in credential }
  }
  func reference(_ text: String) throws -> RegistryReference {
    try XCTUnwrap(RegistryReference(parsing: "\(host)/\(text)"))
  }
  func source(_ text: String, _ options: RegistryOptions = .test, _ credential: Credential? = nil) throws
    -> RegistrySource
  {
    RegistrySource(client(options, credential), try reference(text))
  }
  func destination(
    _ text: String, _ directory: TemporaryDirectory, _ options: RegistryOptions = .test, _ credential: Credential? = nil
  ) throws -> RegistryDestination {
    RegistryDestination(client(options, credential), try reference(text), scratch: directory / "scratch")
  }
}

extension ImageSource {
  func bytes(_ descriptor: BlobDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try read(descriptor) { bytes += $0 }
    return bytes
  }
}

/// Runs `body` with a registry that is stopped afterwards.
@discardableResult
func withRegistry<R>(
  _ change: (inout ScriptedRegistry.Settings) -> Void = { _ in }, _ body: (ScriptedRegistry) throws -> R
) throws -> R {
  var settings = ScriptedRegistry.Settings()
  change(&settings)
  let registry = try ScriptedRegistry(settings)
  defer { registry.stop() }
  return try body(registry)
}
