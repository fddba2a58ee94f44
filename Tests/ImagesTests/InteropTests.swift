import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

/// What packc writes, read by the other tools of the field, and what they write, read by packc.
final class InteropTests: XCTestCase {
  /// Storage of its own, without mounts, so that nothing stays behind. The names are short, since podman puts sockets there.
  private func storage(_ place: Workplace) -> [String] {
    ["--root", "\(place / "s")", "--runroot", "\(place / "r")", "--storage-driver", "vfs"]
  }
  private func podman(_ place: Workplace, _ arguments: [String]) throws -> String {
    try Tools.output(
      "podman", storage(place) + ["--runtime", "runc", "--cgroup-manager=cgroupfs"] + arguments,
      in: place.directory.path, environment: ["HOME": "\(place / "home")"])
  }
  private func buildah(_ place: Workplace, _ arguments: String...) throws -> String {
    try Tools.output(
      "buildah", storage(place) + arguments, in: place.directory.path,
      environment: ["HOME": "\(place / "home")", "BUILDAH_ISOLATION": "chroot"])
  }
  private func skopeo(_ place: Workplace, _ arguments: String...) throws -> String {
    try Tools.output(
      "skopeo", ["--insecure-policy"] + arguments, in: place.directory.path,
      environment: ["HOME": "\(place / "home")"])
  }

  /// Every export of packc, in both compressions.
  func testSkopeoUmociPodmanAndBuildahReadWhatIsExported() throws {
    for compression in [LayerCompression.gzip, .zstd(level: 3)] {
      let place = try Workplace("packc-i")
      let digest = try place.image("shop:1", compression: compression).digest
      let config = try SingleImage.open(place.locator.locate("shop:1").source).manifest.config.digest
      let export = ImageExport(place.locator, place.transfer)
      _ = try export.write("shop:1", as: .ociArchive, names: nil, to: place / "o.tar")
      _ = try export.write("shop:1", as: .directory, names: nil, to: place / "layout")
      _ = try export.write("shop:1", as: .dockerArchive, names: nil, to: place / "d.tar")
      let references = ["oci-archive:o.tar", "oci-archive:o.tar:shop:1", "oci:layout:shop:1", "docker-archive:d.tar"]
      for reference in references {
        let raw = try skopeo(place, "inspect", "--raw", reference)
        if reference.hasPrefix("oci") { XCTAssertEqual(Digest(of: Array(raw.utf8)), digest, "\(reference)") }
        let bytes = try skopeo(place, "inspect", "--config", "--raw", reference)
        XCTAssertEqual(Digest(of: Array(bytes.utf8)), config, "\(compression) \(reference)")
      }
      // skopeo checks every layer against its diffID when it unpacks them.
      for reference in references {
        _ = try skopeo(place, "copy", "-q", "--dest-decompress", reference, "dir:\(place / "copy")")
      }
      for archive in ["d.tar", "o.tar"] {
        _ = try podman(place, ["load", "-q", "-i", archive])
        XCTAssertEqual(
          try podman(place, ["image", "inspect", "--format", "{{.Id}}", "localhost/shop:1"]), config.hex + "\n",
          "\(compression) \(archive)")
      }
      let from = try buildah(place, "from", "oci-archive:o.tar").split(separator: "\n").last.map(String.init) ?? ""
      XCTAssertTrue(try buildah(place, "inspect", from).contains(config.hex) || !from.isEmpty)
      guard compression == .gzip else { continue }
      try place.run("umoci", "unpack", "--rootless", "--image", "layout:shop:1", "bundle")
      XCTAssertTrue(FileSystem.exists(place / "bundle/rootfs/usr/bin/app"))
    }
  }

  /// skopeo's copies of one image in every form it knows.
  func testWhatSkopeoWritesIsImportedAndExportedWithItsDigests() throws {
    let place = try Workplace("packc-i")
    try place.image("shop:1")
    _ = try place.transfer.copy("shop:1", to: "oci:layout:shop")
    let essence = try place.essence("shop:1")
    let rows: [(String, [String], String)] = [
      ("same", [], "oci:w1:x"), ("zstd", ["--dest-compress", "--dest-compress-format", "zstd"], "oci:w2:x"),
      ("plain", ["--dest-decompress"], "oci:w3:x"), ("v2s2", ["--format", "v2s2"], "oci:w4:x"),
      ("archive", [], "oci-archive:w5.tar:x"), ("v2s2 archive", ["--format", "v2s2"], "oci-archive:w6.tar:x"),
      ("docker", [], "docker-archive:w7.tar:shop:2"),
    ]
    for (note, flags, target) in rows {
      _ = try Tools.output(
        "skopeo", ["--insecure-policy", "copy", "-q"] + flags + ["oci:layout:shop", target],
        in: place.directory.path, environment: ["HOME": "\(place / "home")"])
      let name = "from-skopeo:\(note.filter { $0.isLetter || $0.isNumber })"
      let imported = try place.transfer.importImage(target, name: name)
      XCTAssertEqual(try place.essence(name), essence, note)
      XCTAssertNoThrow(try ImageInspection(place.locator.locate(name), platform: nil), note)
      if target.hasPrefix("oci") {
        // Without the tag: this skopeo finds Docker's manifests in a layout only so.
        let raw = try skopeo(place, "inspect", "--raw", String(target.dropLast(":x".count)))
        XCTAssertEqual(imported.digest, Digest(of: Array(raw.utf8)), note)
      }
      // Out again, by skopeo's eyes the same.
      let out = try ImageExport(place.locator, place.transfer).write(
        name, as: .ociArchive, names: nil, to: place / "again.tar")
      XCTAssertEqual(out.digest, imported.digest, note)
      let again = try skopeo(place, "inspect", "--raw", "oci-archive:again.tar")
      XCTAssertEqual(Digest(of: Array(again.utf8)), imported.digest, note)
    }
  }

  /// Layers with whiteouts and links, made by buildah and umoci; several tags in one archive by podman.
  func testWhatBuildahPodmanAndUmociWriteIsImported() throws {
    let place = try Workplace("packc-i")
    try place.directory.write("one", to: "tree/etc/one")
    try place.directory.write("two", to: "tree/etc/two")
    try FileSystem.createLink(place / "tree/etc/link", to: Array("one".utf8))
    let container = try buildah(place, "from", "scratch").trimmed
    _ = try buildah(place, "copy", container, "tree", "/")
    _ = try buildah(place, "config", "--entrypoint", #"["/etc/one"]"#, "--label", "a=b", container)
    _ = try buildah(place, "commit", "-q", container, "localhost/base:1")
    let targets = [
      ("oci:b1:base", []), ("oci-archive:b2.tar:base", []), ("docker-archive:b3.tar:base:1", []),
      ("oci:b4:base", ["--format", "docker"]),
    ]
    for (number, (target, flags)) in targets.enumerated() {
      _ = try Tools.output(
        "buildah", storage(place) + ["commit", "-q", "--timestamp", "0"] + flags + [container, target],
        in: place.directory.path, environment: ["HOME": "\(place / "home")"])
      _ = try place.transfer.importImage(target, name: "base:\(number)")
      let inspection = try ImageInspection(place.locator.locate("base:\(number)"), platform: nil)
      XCTAssertEqual(inspection.config.entrypoint, ["/etc/one"], target)
      XCTAssertEqual(inspection.config.labels["a"], "b", target)
      XCTAssertEqual(inspection.layers.count, 1, target)
    }

    _ = try podman(place, ["tag", "localhost/base:1", "localhost/other:1"])
    _ = try podman(place, ["save", "-q", "-o", "p1.tar", "localhost/base:1"])
    _ = try podman(place, ["save", "-q", "--format", "oci-archive", "-o", "p2.tar", "localhost/base:1"])
    _ = try podman(place, ["save", "-q", "-m", "-o", "p3.tar", "localhost/base:1", "localhost/other:1"])
    for archive in ["p1.tar", "p2.tar", "docker-archive:p3.tar:localhost/other:1"] {
      let imported = try place.transfer.importImage(archive, name: nil)
      XCTAssertTrue(["localhost/base:1", "localhost/other:1"].contains(imported.destination), imported.destination)
    }

    try place.run("umoci", "init", "--layout", "u")
    try place.run("umoci", "new", "--image", "u:first")
    try place.run("umoci", "insert", "--rootless", "--image", "u:first", "tree", "/")
    try place.run("umoci", "insert", "--rootless", "--image", "u:first", "--whiteout", "/etc/two")
    try place.run("umoci", "tag", "--image", "u:first", "second")
    XCTAssertEqual(try place.transfer.importImage("oci:u:second", name: "umoci:1").summary?.copied, 3)
    assertFailure("no_such_tag") { try place.locator.locate("oci:u") }
    XCTAssertEqual(try place.essence("umoci:1").count, 2)
    // And umoci goes on with what packc wrote back.
    _ = try place.transfer.copy("umoci:1", to: "oci:u:back")
    try place.run("umoci", "insert", "--rootless", "--image", "u:back", "tree", "/more")
    XCTAssertEqual(try place.essence("oci:u:back").count, 3)
    XCTAssertEqual(try place.run("umoci", "ls", "--layout", "u").split(separator: "\n").count, 3)
  }
}

extension String {
  fileprivate var trimmed: String { split(separator: "\n").last.map(String.init) ?? "" }
}
