import OCI
import PackCore
import TestSupport
import XCTest

/// An image layout with a made-up program and its debug file beside it.
struct SymbolFixture {
  static let buildID = "61735fc1dce358568d18f95b17d5091bd9341b6e"

  let directory: TemporaryDirectory
  let store: ContentStore
  var layout: HostPath { directory / "image" }
  let written: WrittenImage

  /// - Parameters:
  ///   - change: what is done to the entries before the artifact is made of them; none leaves it out.
  init(
    mode: String? = "release", debugFile: [UInt8] = Array("debug file".utf8), index: Bool = false,
    _ change: (inout [DebugSymbols.Entry]) -> Void = { _ in }
  ) throws {
    directory = try TemporaryDirectory("packc-symbols")
    store = try ContentStore(root: directory / "store")
    let layer = try LayerWriter.write(Self.content(), compression: .gzip, store: store)
    let file = try XCTUnwrap(
      CompressedBlob.write(into: store) { sink in
        try debugFile.withUnsafeBytes(sink)
        return true
      })
    var entries = [
      DebugSymbols.Entry(
        buildID: Self.buildID, source: "gnu", program: RootPath(literal: "app/server"), stripped: Digest(of: [1]),
        head: Digest(of: [2]), file: file)
    ]
    change(&entries)
    let (all, store) = (entries, store)
    written = try ImageBuilder.write(
      image: ImageDescription(
        platform: .host, entrypoint: ["/app/server"], labels: mode.map { ["dev.packc.mode": $0] } ?? [:]),
      layers: [layer], store: store, layout: directory / "image", tag: "server"
    ) { subject in
      try DebugSymbols.artifact(all, subject: subject).map { [try ArtifactBuilder.assemble($0, store: store)] } ?? []
    }
  }

  private static func content() throws -> LayerContent {
    var root = RootFilesystem()
    try root.insert(
      RootFilesystem.Entry(
        path: RootPath(literal: "app/server"), content: .bytes([1]), mode: 0o755, layer: .application, origin: "test"))
    return root.layers()[0]
  }
}
