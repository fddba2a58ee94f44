import PackCore
import XCTest

@testable import OCI

final class LayerUnpackerTests: XCTestCase {
  private func image(_ scratch: Scratch, _ compression: LayerCompression) throws -> [LayerUnpacker.LayerFile] {
    var filesystem = RootFilesystem()
    for (role, path, content) in [
      (LayerRole.runtime, "lib", .link(Array("usr/lib".utf8))),
      (.runtime, "usr/lib/libx.so", .bytes([1, 2, 3])), (.application, "usr/lib/app", .bytes([4])),
      (.application, "srv/grün", .bytes([5])),
    ] as [(LayerRole, String, RootFilesystem.Entry.Content)] {
      try filesystem.insert(
        .init(path: XCTUnwrap(RootPath(path)), content: content, mode: 0o755, layer: role, origin: "test"))
    }
    let layers = try filesystem.layers().map {
      try LayerWriter.write($0, compression: compression, store: scratch.store)
    }
    let description = ImageDescription(platform: .host, entrypoint: ["/usr/lib/app"])
    let layout = scratch.root / "image"
    try ImageBuilder.write(image: description, layers: layers, store: scratch.store, layout: layout, tag: "t")
    return try XCTUnwrap(SingleImage.open(LayoutSource(layout: layout)).layerFiles())
  }

  /// A host with these tools alone.
  private func host(_ scratch: Scratch, tools: [String]) throws -> HostContext {
    let bin = scratch.root / "bin-\(tools.joined(separator: "-"))"
    try FileSystem.createDirectory(bin)
    for tool in tools { try FileSystem.createLink(bin / tool, to: Array("/usr/bin/\(tool)".utf8)) }
    return HostContext(environment: ["PATH": bin.description], workingDirectory: "/", executable: "/packc")
  }

  func testLayersUnpackByEitherTool() throws {
    for (compression, tools) in [
      (LayerCompression.gzip, ["bsdtar"]), (.zstd(level: 3), ["bsdtar"]), (.gzip, ["tar", "gzip"]),
      (.zstd(level: 3), ["tar", "zstd"]),
    ] {
      let scratch = try Scratch()
      let target = scratch.root / "rootfs"
      let what = "\(compression) \(tools)"
      try LayerUnpacker.unpack(image(scratch, compression), to: target, host: host(scratch, tools: tools))
      XCTAssertEqual(
        try DirectoryWalk.sortedByPath(target).map(\.path.description),
        ["lib", "srv", "srv/grün", "usr", "usr/lib", "usr/lib/app", "usr/lib/libx.so"], what)
      XCTAssertEqual(try FileSystem.read(target / "lib/libx.so"), [1, 2, 3], what)
      XCTAssertEqual(try FileSystem.status(target / "usr/lib/app")?.mode, 0o755, what)
    }
  }

  func testAMissingToolIsNamedWithItsPackage() throws {
    let rows: [(LayerCompression, [String], String)] = [
      (.gzip, [], "libarchive-tools"), (.zstd(level: 3), ["tar", "gzip"], "zstd"), (.gzip, ["tar"], "gzip"),
    ]
    for (compression, tools, package) in rows {
      let scratch = try Scratch()
      let layers = try image(scratch, compression)
      let failure = assertFailure(
        "missing_tool",
        try LayerUnpacker.unpack(layers, to: scratch.root / "rootfs", host: host(scratch, tools: tools)), "\(tools)")
      XCTAssertEqual(failure?.hint, "apt-get install \(package)")
      XCTAssertEqual(failure?.exit, .toolchain)
    }
  }

  func testALayerWithOtherBytesIsNotUnpacked() throws {
    let scratch = try Scratch()
    let layers = try image(scratch, .gzip)
    try FileSystem.removeFile(layers[0].path)
    try FileSystem.copyFile(layers[1].path, to: layers[0].path, mode: 0o444)
    let target = scratch.root / "rootfs"
    assertFailure(
      "damaged_image", try LayerUnpacker.unpack(layers, to: target, host: host(scratch, tools: ["bsdtar"])))
    XCTAssertEqual(try DirectoryWalk.names(in: target), [])
  }

  /// An archive that climbs out of its directory, by name and through a link: made by hand, since packc writes none.
  func testNothingLeavesTheTarget() throws {
    for tools in [["bsdtar"], ["tar", "gzip"]] {
      let scratch = try Scratch()
      var tar: [UInt8] = []
      let outside = scratch.root / "outside"
      try FileSystem.createDirectory(outside)
      TarHeader(kind: .link, path: Array("way".utf8), linkTarget: outside.bytes, mode: 0o777, time: 0).encode(
        into: &tar)
      TarHeader(kind: .file, path: Array("way/through-link".utf8), mode: 0o644, time: 0).encode(into: &tar)
      TarHeader(kind: .file, path: Array("../by-name".utf8), mode: 0o644, time: 0).encode(into: &tar)
      TarHeader(kind: .file, path: (outside / "absolute").bytes, mode: 0o644, time: 0).encode(into: &tar)
      tar += [UInt8](repeating: 0, count: 1024)
      let blob = try Scratch.run(["gzip", "-nc"], input: tar).output
      let path = scratch.root / "hostile"
      try FileSystem.writeAtomically(blob, to: path)
      let layer = LayerUnpacker.LayerFile(
        path: path, mediaType: .layerGzip, digest: Digest(of: blob))
      let target = scratch.root / "rootfs"
      do { try LayerUnpacker.unpack([layer], to: target, host: host(scratch, tools: tools)) } catch {
        XCTAssertEqual((error as? Failure)?.code, "unpack_failed")
      }
      XCTAssertEqual(try DirectoryWalk.names(in: outside), [], "\(tools)")
      XCTAssertFalse(FileSystem.exists(scratch.root / "by-name"), "\(tools)")
    }
  }
}
