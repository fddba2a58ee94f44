import PackCore
import TestSupport
import XCTest

@testable import OCI

final class ImageFilesTests: XCTestCase {
  /// `path kind layer` of each file, as people read it.
  private func lines(_ layers: [[UInt8]], format: MediaType = .layerGzip) throws -> [String] {
    try ImageFiles.read(SingleImage.open(MemoryImage(layers, format: format))).files.map { file in
      let kind =
        switch file.entry.kind {
        case .file: "file"
        case .directory: "dir"
        case .link(let target): "-> \(String(decoding: target, as: UTF8.self))"
        case .hardLink(let target): "= \(target)"
        case .special: "special"
        case .whiteout, .opaque: "whiteout"
        }
      return "\(file.entry.path) \(kind) \(file.layer)"
    }
  }

  private func tar(_ body: (inout TarBuilder) -> Void) -> [UInt8] { TarBuilder.make(body) }

  func testLayersLieOverEachOther() throws {
    let lower = tar {
      $0.add("./", "5")
      $0.add("./d/", "5", mode: 0o755)
      $0.add("./d/a", content: [1])
      $0.add("./d/b", content: [2])
      $0.add("./e/x/deep", content: [3])
      $0.add("./link", "2", link: "d")
      $0.add("./gone", content: [4])
      $0.add("./kept", content: [5])
      $0.add("./dir-to-file/old", content: [6])
      $0.add("./file-to-dir", content: [7])
    }
    let upper = tar {
      $0.add("d/", "5", mode: 0o700)
      $0.add("d/new", content: [8])
      $0.add("d/.wh..wh..opq")
      $0.add(".wh.gone")
      $0.add(".wh.never-was")
      $0.add("e/x/.wh.deep")
      $0.add("dir-to-file", content: [9])
      $0.add("file-to-dir/", "5")
      $0.add("file-to-dir/in", content: [1])
      $0.add("link/", "5")
      $0.add("link/in", content: [1])
      $0.add("hard", "1", link: "kept")
      $0.add("hard2", "1", link: "./hard")
      $0.add("null", "3")
    }
    for format in [MediaType.layerTar, .layerGzip, .layerZstd, .dockerLayerGzip] {
      XCTAssertEqual(
        try lines([lower, upper], format: format),
        [
          "d dir 1", "d/new file 1", "dir-to-file file 1", "e dir 0", "e/x dir 0", "file-to-dir dir 1",
          "file-to-dir/in file 1", "hard = kept 1", "hard2 = hard 1", "kept file 0", "link dir 1", "link/in file 1",
          "null special 1",
        ])
    }
    let files = try ImageFiles.read(SingleImage.open(MemoryImage([lower, upper])))
    XCTAssertEqual(files[RootPath(literal: "hard2")]?.digest, Digest(of: [5]))
    XCTAssertEqual(files[RootPath(literal: "d")]?.entry.mode, 0o700)
    XCTAssertNil(files[RootPath(literal: "null")]?.digest)
  }

  /// A whiteout hides only what is below, wherever it stands in its layer (OCI image spec, layer.md, "Whiteouts").
  func testWhiteoutsLeaveTheirOwnLayerAlone() throws {
    let lower = tar {
      $0.add("d/old", content: [1])
      $0.add("f", content: [1])
    }
    for first in [true, false] {
      let upper = tar {
        if first { $0.add("d/.wh..wh..opq") }
        if first { $0.add(".wh.f") }
        $0.add("d/sub/new", content: [2])
        $0.add("f", content: [2])
        if !first { $0.add("d/.wh..wh..opq") }
        if !first { $0.add(".wh.f") }
      }
      XCTAssertEqual(try lines([lower, upper]), ["d dir 0", "d/sub dir 1", "d/sub/new file 1", "f file 1"])
    }
    let removed = tar {
      $0.add("d/new", content: [2])
      $0.add(".wh.d")
    }
    XCTAssertEqual(try lines([lower, removed]), ["d dir 0", "d/new file 1", "f file 0"])
  }

  func testLayersCanBeLeftOutAndContentsSeen() throws {
    let image = try SingleImage.open(
      MemoryImage([
        tar { $0.add("a", content: [1, 2]) }, tar { $0.add("b", content: [UInt8](repeating: 3, count: 700_000)) },
      ]))
    var seen: [String: Int] = [:]
    let files = try ImageFiles.read(image, layers: { $0 == 1 }) { entry, layer in
      XCTAssertEqual(layer, 1)
      return { seen[entry.path.description, default: 0] += $0.count }
    }
    XCTAssertEqual(files.files.map(\.entry.path.description), ["b"])
    XCTAssertEqual(files.files.first?.digest, Digest(of: [UInt8](repeating: 3, count: 700_000)))
    XCTAssertEqual(seen, ["b": 700_000])
  }

  /// The same tree from layers that another program wrote.
  func testGNUTarsLayersWithLongNamesAndLinks() throws {
    let directory = try TemporaryDirectory()
    let long = (0..<20).map { "directory-\($0)" }.joined(separator: "/")
    try directory.write([1, 2, 3], to: "\(long)/file")
    try FileSystem.createLink(directory / "link", to: Array("\(long)/file".utf8))
    for format in ["gnu", "pax", "ustar"] where format != "ustar" || long.utf8.count < 200 {
      let archive = try Tools.run("tar", ["--format=\(format)", "-cf", "-", "."], in: directory.path).output
      let files = try ImageFiles.read(SingleImage.open(MemoryImage([archive])))
      XCTAssertEqual(files.files.count, 22, format)
      XCTAssertEqual(files[try XCTUnwrap(RootPath("\(long)/file"))]?.digest, Digest(of: [1, 2, 3]), format)
      XCTAssertEqual(files[RootPath(literal: "link")]?.entry.kind, .link(Array("\(long)/file".utf8)), format)
    }
  }
}
