import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// One image for two platforms, through the registry that everybody runs, read by skopeo.
final class PlatformInteropTests: XCTestCase {
  private func packc(_ sandbox: TemporaryDirectory, _ arguments: String...) -> PackcProcess {
    PackcProcess(arguments: arguments).sandbox(sandbox).environment(["DOCKER_CONFIG": "\(sandbox / "docker")"])
  }

  /// An image that buildah makes for arm64, from nothing.
  private func foreign(_ place: TemporaryDirectory) throws -> String {
    let storage = ["--root", "\(place / "s")", "--runroot", "\(place / "r")", "--storage-driver", "vfs"]
    let environment = ["HOME": "\(place / "home")", "BUILDAH_ISOLATION": "chroot"]
    func buildah(_ arguments: String...) throws -> String {
      try Tools.output("buildah", storage + arguments, in: place.path, environment: environment)
    }
    try place.write("arm64", to: "tree/bin/app", mode: 0o755)
    let from = try buildah("from", "--arch", "arm64", "scratch")
    let container = try XCTUnwrap(from.split(separator: "\n").last.map(String.init))
    _ = try buildah("copy", container, "tree", "/")
    _ = try buildah("commit", "-q", "--timestamp", "0", container, "oci:\(place / "arm"):x")
    return "oci:\(place / "arm"):x"
  }

  func testAnIndexIsPushedReadBySkopeoAndPulled() throws {
    let registry = try DebianRegistry()
    defer { registry.stop() }
    let sandbox = try TemporaryDirectory("p")
    let own = try RegistryImage(layer: TarBuilder.make { $0.add("app", content: [1, 2, 3]) })
    let store = try ImageStore(content: ContentStore(root: sandbox / "other"))
    try ImageCopy(
      from: own.put(into: store, "x:1"), to: LayoutDestination(layout: sandbox / "amd", tag: "t")
    ).run()
    let created = try packc(
      sandbox, "image", "index", "create", "shop:1", try foreign(sandbox), "oci:\(sandbox / "amd"):t", "--json"
    ).run().expect(exit: .done).json().value
    XCTAssertEqual(created["platforms"], ["linux/amd64", "linux/arm64"])
    let name = "\(registry.host)/team/shop:1"
    let pushed = try packc(sandbox, "image", "push", "shop:1", name, "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(pushed["digest"], created["digest"])
    XCTAssertEqual(pushed["media_type"]?.string, MediaType.imageIndex.description)

    let raw = try Tools.output("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(name)"])
    XCTAssertEqual(Digest(of: Array(raw.utf8)), created["digest"]?.digest)
    for (architecture, layers) in [("amd64", [own.layerDescriptor.digest.description]), ("arm64", nil)] {
      let seen = try JSONParser.parse(
        Array(
          Tools.output(
            "skopeo", ["--override-arch", architecture, "inspect", "--tls-verify=false", "docker://\(name)"]
          ).utf8))
      XCTAssertEqual(seen["Architecture"]?.string, architecture)
      XCTAssertEqual(seen["Layers"]?.array?.count, 1)
      if let layers { XCTAssertEqual(seen["Layers"], JSONValue(strings: layers)) }
    }
    // All of it, by skopeo, and back into packc's store with the same digest.
    _ = try Tools.output(
      "skopeo",
      [
        "--insecure-policy", "copy", "-q", "--all", "--preserve-digests", "--src-tls-verify=false", "docker://\(name)",
        "oci:\(sandbox / "copy"):x",
      ], environment: ["TMPDIR": "\(sandbox.path)"])
    let other = try TemporaryDirectory("p")
    let back = try packc(other, "image", "import", "oci:\(sandbox / "copy"):x", "--name", "back", "--json").run()
      .expect(exit: .done).json().value
    XCTAssertEqual(back["digest"], created["digest"])
    try packc(other, "image", "verify", "back").run().expect(exit: .done)
      .expect(standardOutputContains: "3 manifests")

    let arm = try TemporaryDirectory("p")
    let pulled = try packc(arm, "image", "pull", name, "--platform", "linux/arm64", "--json").run().expect(exit: .done)
      .json().value
    XCTAssertEqual(pulled["media_type"]?.string, MediaType.imageManifest.description)
    XCTAssertEqual(
      try packc(arm, "image", "inspect", name, "--json").run().expect(exit: .done).json().value["platform"]?.string,
      "linux/arm64")
    try packc(arm, "image", "pull", name, "--platform", "linux/s390x").run().expect(exit: .badInput)
      .expect(standardErrorContains: "linux/arm64")
  }
}
