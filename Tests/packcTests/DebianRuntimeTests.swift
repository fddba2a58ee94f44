import PackCore
import TestSupport
import XCTest

/// An image whose runtime is Debian packages that packc.lock names: the same on a host whose own files differ.
final class DebianRuntimeTests: XCTestCase {
  private struct Locked {
    let site: Site
    let project: HostPath
    let packages: [JSONValue]
    let image: String?
    /// The packages' files, as a mirror of the house has them.
    let mirror: HostPath
  }

  private func locked() throws -> Locked {
    for tool in ["apt-get", "dpkg-deb", "gcc"] { _ = try Tools.require(tool) }
    let site = try Site()
    let project = try site.write(Projects.c, to: "project")
    try site.packc("lock", "\(project)", "--no-unikernel", "--runtime", "debian").run().expect(exit: .done)
    let built = try site.build(project, "--locked", "--no-unikernel")
    let lock = try JSONParser.parse(try FileSystem.read(project / "packc.lock"), name: "packc.lock")
    let packages = lock["runtime"]?["debian"]?["packages"]?.array ?? []
    let mirror = site.directory.path / "mirror"
    for package in packages {
      let path = try XCTUnwrap(package["path"]?.string)
      let file = site.cache / "tools/debian" / "\(package["sha256"]?.string ?? "").deb"
      try FileSystem.createDirectory(mirror)
      try FileSystem.copyFile(file, to: mirror / HostPath(path).name, mode: 0o644)
    }
    return Locked(site: site, project: project, packages: packages, image: built.image, mirror: mirror)
  }

  /// The project and its lock on another machine: another place, empty caches.
  private func elsewhere(_ locked: Locked, _ name: String) throws -> (site: Site, project: HostPath) {
    let site = try Site(isolated: true)
    let project = try site.write(Projects.c, to: name)
    try FileSystem.copyFile(locked.project / "packc.lock", to: project / "packc.lock", mode: 0o644)
    site.environment["PACKC_DEBIAN_MIRROR"] = locked.mirror.description
    return (site, project)
  }

  func testTheLockAndNotTheHostDecides() throws {
    guard Tools.isRoot else { throw XCTSkip("only root may mount") }
    let locked = try locked()
    let names = locked.packages.compactMap { $0["name"]?.string }
    XCTAssertTrue(Set(["libc6", "ca-certificates", "tzdata"]).isSubset(of: names), "\(names)")

    let (site, project) = try elsewhere(locked, "elsewhere")
    XCTAssertEqual(try imageOnAnotherHost(site, project), locked.image)
    let bill = try JSONParser.parse(FileSystem.read(project / ".packc/sbom.cdx.json"))
    let components = bill["components"]?.array ?? []
    XCTAssertTrue(components.contains { $0["purl"]?.string?.hasPrefix("pkg:deb/debian/libc6@") == true })
    XCTAssertEqual(components.filter { $0["type"] == "file" }, [], "files without an owner")
    // The host's copyright files are of other packages, perhaps: no package of the lock has a licence by them.
    for component in components where component["purl"]?.string?.hasPrefix("pkg:deb/") == true {
      XCTAssertNil(component["licenses"], "\(component)")
    }

    // Without such a lock the host decides: the test can fail.
    try locked.site.packc("lock", "\(locked.project)", "--no-unikernel", "--runtime", "host").run().expect(exit: .done)
    let own = try locked.site.build(locked.project, "--locked", "--no-unikernel").image
    let ownBill = try JSONParser.parse(FileSystem.read(locked.project / ".packc/sbom.cdx.json"))
    XCTAssertTrue(
      (ownBill["components"]?.array ?? []).contains {
        $0["purl"]?.string?.hasPrefix("pkg:deb/debian/tzdata@") == true && $0["licenses"] != nil
      })
    let (other, copy) = try elsewhere(locked, "of the host")
    XCTAssertNotEqual(try imageOnAnotherHost(other, copy), own)
  }

  func testAPackageThatIsGoneIsNamedWithWhereItStillIs() throws {
    let locked = try locked()
    let file = try locked.mirror / HostPath(XCTUnwrap(locked.packages.first?["path"]?.string)).name
    let bytes = try FileSystem.read(file)
    let damages: [(String, [UInt8]?)] = [
      ("gone", nil), ("cut off", Array(bytes.dropLast(100))), ("other", bytes.dropLast() + [bytes.last! ^ 1]),
    ]
    for (name, left) in damages {
      try FileSystem.removeTree(file)
      if let left { try FileSystem.writeAtomically(left, to: file) }
      let (site, project) = try elsewhere(locked, name)
      try site.packc("build", "\(project)", "--no-unikernel", "--locked").run().expect(exit: .unavailable)
        .expect(standardErrorContains: "snapshot.debian.org").expect(standardErrorContains: "PACKC_DEBIAN_MIRROR")
      XCTAssertFalse(FileSystem.exists(project / ".packc"), name)
      XCTAssertEqual(try site.workInProgress(), [], name)
    }
  }

  func testAListThatSomebodyEditedIsNotBelieved() throws {
    let locked = try locked()
    let text = String(decoding: try FileSystem.read(locked.project / "packc.lock"), as: UTF8.self)
    let hash = try XCTUnwrap(locked.packages.first?["sha256"]?.string)
    try FileSystem.writeAtomically(
      Array(text.replacing(hash, with: String(repeating: "0", count: 64)).utf8), to: locked.project / "packc.lock")
    try locked.site.packc("build", "\(locked.project)", "--no-unikernel").run().expect(exit: .lock)
      .expect(standardErrorContains: "not as packc wrote it")
  }

  /// A dynamic program for arm64, with a library beyond libc: assembled where no file of the host is of use.
  func testAnotherArchitecture() throws {
    for tool in ["apt-get", "dpkg-deb", "aarch64-linux-gnu-gcc"] { _ = try Tools.require(tool) }
    guard Platform.host.architecture == .amd64 else { throw XCTSkip("the host is arm64 itself") }
    let site = try Site()
    var files = Projects.c
    files["Makefile"] = "server: server.c\n\taarch64-linux-gnu-gcc -O1 -o $@ $< -Wl,--no-as-needed -lm\n"
    let project = try site.write(files, to: "project")
    let flags = ["--no-unikernel", "--platform", "linux/arm64"]
    try site.packc(["lock", "\(project)", "--runtime", "debian"] + flags).run().expect(exit: .done)
    let lock = try JSONParser.parse(try FileSystem.read(project / "packc.lock"), name: "packc.lock")
    let packages = lock["runtime"]?["debian"]?["packages"]?.array ?? []
    XCTAssertEqual(packages.first { $0["name"]?.string == "libc6" }?["architecture"]?.string, "arm64")
    let built = try site.build(project, "--locked", "--no-unikernel", "--platform", "linux/arm64")
    let names = try Listings.names(built)
    XCTAssertTrue(names.contains { $0.hasSuffix("ld-linux-aarch64.so.1") }, "\(names)")
    XCTAssertTrue(names.contains { $0.hasSuffix("aarch64-linux-gnu/libm.so.6") }, "\(names)")
  }
}

/// The image of a build for which a library, the certificates and a time zone of the host have a line more.
private func imageOnAnotherHost(_ site: Site, _ project: HostPath, more: [String] = []) throws -> String? {
  var command = try site.command(
    ["build", "\(project)", "--no-unikernel", "--json"], environment: site.environment)
  let library = try XCTUnwrap(FileSystem.resolve("/lib/x86_64-linux-gnu/libc.so.6"))
  let files = ["\(library)", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo/Europe/Berlin"] + more
  var script = "set -e; mount --make-rprivate /\n"
  for (index, file) in files.enumerated() {
    let copy = site.directory.path / "altered\(index)"
    script += "cp \(file) \(copy); echo altered=1 >>\(copy); mount --bind \(copy) $(readlink -f \(file))\n"
  }
  command.argv = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script + "exec \"$@\"", "sh"] + command.argv
  (command.keep, command.keepHead) = (64 << 20, true)
  let result = try ProcessRunner().run(command)
  XCTAssertEqual(result.end, .exited(0), result.errorText)
  return try JSONParser.parse(result.output, name: "answer")["image"]?["digest"]?.string
}

/// Of the packages' own interpreter and its library.
final class DebianPythonSlowTests: XCTestCase {
  /// The byte code of Python's library is made by a step, of the packages' files.
  func testPythonsLibraryIsThatOfThePackages() throws {
    guard Tools.isRoot else { throw XCTSkip("only root may mount") }
    let library = HostPath("/usr/lib/python3.11/this.py")
    guard FileSystem.exists(library), FileSystem.exists("/usr/bin/python3") else {
      throw XCTSkip("no Python of Debian")
    }
    let files = ["main.py": "if __name__ == \"__main__\":\n    print(1)\n", "requirements.txt": ""]
    let site = try Site(isolated: true)
    site.environment["PATH"] = "/usr/bin:/bin"
    let project = try site.write(files, to: "project")
    try site.packc("lock", "\(project)", "--no-unikernel", "--runtime", "debian").run().expect(exit: .done)
    let image = try site.build(project, "--locked", "--no-unikernel").image

    let other = try Site(isolated: true)
    other.environment["PATH"] = "/usr/bin:/bin"
    let copy = try other.write(files, to: "project")
    try FileSystem.copyFile(project / "packc.lock", to: copy / "packc.lock", mode: 0o644)
    XCTAssertEqual(try imageOnAnotherHost(other, copy, more: ["\(library)"]), image)
  }
}
