import PackCore
import TestSupport
import XCTest

/// The images beside the container's, held against the rules of the tools that are to read them (docs/machine-images.md says
/// where each rule stands).
final class MachineImageTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Projects.c, to: "c project")
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  private func blob(_ digest: JSONValue?, _ fixture: Fixture) throws -> JSONValue {
    let digest = try XCTUnwrap(digest?.digest)
    return try JSONParser.parse(FileSystem.read(fixture.built.layout / "blobs/sha256" / HostPath(digest.hex)))
  }

  /// The index's entry under the tag that ends so.
  private func entry(_ suffix: String, _ fixture: Fixture) throws -> JSONValue {
    let index = try JSONParser.parse(FileSystem.read(fixture.built.layout / "index.json"))
    return try XCTUnwrap(
      index["manifests"]?.array?.first {
        $0["annotations"]?["org.opencontainers.image.ref.name"]?.string == "greeter-\(suffix)"
      })
  }

  private func unpack(_ fixture: Fixture) throws -> TemporaryDirectory {
    let place = try TemporaryDirectory("packc-machine")
    try fixture.site.packc(
      "image", "export", "oci:\(fixture.built.layout):greeter-vm", "--format", "rootfs", "--output", "\(place / "root")"
    ).run().expect(exit: .done)
    return place
  }

  private func assertGzipLayers(_ manifest: JSONValue, _ titles: [String], _ fixture: Fixture) throws {
    let layers = manifest["layers"]?.array ?? []
    XCTAssertEqual(
      layers.compactMap { $0["mediaType"]?.string },
      titles.map { _ in "application/vnd.oci.image.layer.v1.tar+gzip" })
    let history = try blob(manifest["config"]?["digest"], fixture)["history"]?.array ?? []
    XCTAssertEqual(history.compactMap { $0["created_by"]?.string }, titles.map { "packc build: \($0)" })
  }

  // MARK: - urunc

  /// Labels become annotations of the container, in plain text; without them `/urunc.json` counts, whose values are base64.
  /// Annotations of the manifest would be taken for the labels' and are not there.
  func testUrunc() throws {
    let fixture = try fixture()
    let manifest = try blob(entry("vm", fixture)["digest"], fixture)
    let config = try XCTUnwrap(blob(manifest["config"]?["digest"], fixture)["config"])
    let labels = (config["Labels"]?.object ?? [:]).filter { $0.key.hasPrefix("com.urunc.") }
    let prefix = "com.urunc.unikernel."
    XCTAssertEqual(labels[prefix + "unikernelType"], "linux")
    XCTAssertEqual(labels[prefix + "hypervisor"], "qemu")
    XCTAssertEqual(labels[prefix + "useDMBlock"], "false")
    XCTAssertEqual(manifest["annotations"]?.object?.keys.filter { $0.hasPrefix("com.urunc.") }, [])
    // The container's arguments come before the label: both must be the init that the kernel is to start.
    XCTAssertEqual(config["Entrypoint"], ["/init"])
    XCTAssertEqual(labels[prefix + "cmdline"], "/init")

    let place = try unpack(fixture)
    let document = try JSONParser.parse(FileSystem.read(place / "root/urunc.json")).object ?? [:]
    XCTAssertEqual(document.keys.sorted(), labels.keys.sorted())
    for (key, value) in document {
      let decoded = try XCTUnwrap(Base64.decode(value.string ?? "?"), key)
      XCTAssertEqual(labels[key]?.string, String(decoding: decoded, as: UTF8.self), key)
    }
    for (key, name) in [("binary", "kernel"), ("initrd", "initrd")] {
      let path = try XCTUnwrap(labels[prefix + key]?.string)
      XCTAssertEqual(
        try FileSystem.digest(of: place / "root\(path)"),
        try FileSystem.digest(of: fixture.project / HostPath(".packc/unikernel/\(name)")), key)
    }
  }

  // MARK: - KubeVirt

  /// A container disk of `kernelBoot`: Linux for the node's processor; each file is mounted under its base name, and read by
  /// user 107, so they differ in it and are readable; nothing may lie under /usr/bin, where KubeVirt's own program comes.
  func testKubeVirt() throws {
    let fixture = try fixture()
    let found = try entry("vm", fixture)
    XCTAssertEqual(found["platform"], ["os": "linux", "architecture": "amd64"])
    try assertGzipLayers(blob(found["digest"], fixture), ["kernel", "urunc.json", "initrd"], fixture)
    let root = try unpack(fixture)
    var files: [String: FileStatus] = [:]
    try DirectoryWalk.walk(root / "root") { found in
      XCTAssertNotEqual(found.status.kind, .link, "\(found.path)")
      if found.status.kind == .directory {
        XCTAssertEqual(found.status.mode & 0o005, 0o005, "\(found.path)")
      } else {
        files["\(found.path)"] = found.status
      }
      return .take
    }
    XCTAssertEqual(files.keys.sorted(), ["machine.json", "unikraft/bin/initrd", "unikraft/bin/kernel", "urunc.json"])
    for (path, status) in files { XCTAssertEqual(status.mode & 0o004, 0o004, path) }
    let manifest = try blob(found["digest"], fixture)
    let labels = try blob(manifest["config"]?["digest"], fixture)["config"]?["Labels"]
    // What goes into kernelArgs.
    let cmdline = try FileSystem.read(fixture.project / ".packc/unikernel/cmdline").dropLast()
    XCTAssertEqual(labels?["dev.packc.cmdline"]?.string, String(decoding: cmdline, as: UTF8.self) + " ip=dhcp")
  }

  // MARK: - kraft

  /// An index whose annotation says that it is kraft's, again on the manifest and its descriptor; the processor and the
  /// system in Unikraft's words; arguments in `Cmd`; the files where kraft looks for them.
  func testKraft() throws {
    let fixture = try fixture()
    let found = try entry("kraft", fixture)
    XCTAssertEqual(found["mediaType"], "application/vnd.oci.image.index.v1+json")
    let index = try blob(found["digest"], fixture)
    let child = try XCTUnwrap(index["manifests"]?.array?.first)
    XCTAssertEqual(index["manifests"]?.array?.count, 1)
    let manifest = try blob(child["digest"], fixture)
    for (what, document) in [("index", index), ("descriptor", child), ("manifest", manifest)] {
      XCTAssertNotNil(document["annotations"]?["sh.kraftkit.version"]?.string, what)
    }
    let config = try blob(manifest["config"]?["digest"], fixture)
    for platform in [child["platform"], config] {
      XCTAssertEqual(platform?["os"], "qemu")
      XCTAssertEqual(platform?["architecture"], "x86_64")
    }
    XCTAssertEqual(config["config"]?["Cmd"]?.array?.first, "console=ttyS0")
    XCTAssertNil(config["config"]?["Entrypoint"])
    try assertGzipLayers(manifest, ["kernel", "initrd"], fixture)
    // The same blobs as the other image's: both together cost one.
    let other = try blob(entry("vm", fixture)["digest"], fixture)["layers"]?.array ?? []
    XCTAssertEqual(manifest["layers"]?.array, [other[0], other[2]])
    let names = try Tools.output(
      "bsdtar", ["-tf", "\(fixture.built.layout)/blobs/sha256/\(try XCTUnwrap(other[0]["digest"]?.digest).hex)"])
    XCTAssertEqual(names, "unikraft/\nunikraft/bin/\nunikraft/bin/kernel\n")
  }

  // MARK: - All of them

  /// Whoever asks for the image of a project gets the container's; skopeo reads the others by their tags.
  func testTheContainerIsTheImage() throws {
    let fixture = try fixture()
    let inspected = try fixture.site.packc("image", "inspect", "\(fixture.built.layout)", "--json").run()
      .expect(exit: .done).json().value
    XCTAssertEqual(inspected["digest"]?.string, fixture.built.image)
    let machines = try XCTUnwrap(fixture.built.json["image"]?["machines"]?.array)
    XCTAssertEqual(machines.count, 2)
    let seen = try JSONParser.parse(
      Array(try Tools.output("skopeo", ["inspect", try XCTUnwrap(machines[0]["ref"]?.string)]).utf8))
    XCTAssertEqual(seen["Digest"], machines[0]["digest"])
    try fixture.site.packc("image", "verify", "oci:\(fixture.built.layout):greeter-kraft").run().expect(exit: .done)
  }

  func testTheSameBytesElsewhere() throws {
    let fixture = try fixture()
    let other = try Site("other home")
    other.environment = ["TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8"]
    let built = try other.build(other.write(Projects.c, to: "another place"))
    XCTAssertEqual(
      built.json["image"]?["machines"]?.array?.compactMap { $0["digest"] },
      fixture.built.json["image"]?["machines"]?.array?.compactMap { $0["digest"] })
  }
}
