import Glibc
import PackCore
import TestSupport
import XCTest

/// A project whose build costs nothing but packc's own work: a static program that is there already.
enum Tiny {
  /// Different `texts` give different images with a layer in common.
  static func write(_ site: Site, to place: String, text: String = "same") throws -> HostPath {
    let program = try program(site)
    let project = try site.write(
      [
        "unik.yaml": "version: 1\nname: tiny\nartifact: {path: tiny, files: {note.txt: /srv/note.txt}}\n",
        "note.txt": text,
      ], to: place)
    try FileSystem.copyFile(program, to: project / "tiny", mode: 0o755)
    return project
  }

  private static func program(_ site: Site) throws -> HostPath {
    let program = site.directory / "tiny-program"
    guard !FileSystem.exists(program) else { return program }
    try site.directory.write("int main(void) { return 0; }\n", to: "tiny.c")
    _ = try Tools.output("gcc", ["-static", "-s", "-o", "\(program)", "\(site.directory / "tiny.c")"])
    return program
  }
}

/// What holds of a store and an output at any moment, whoever was killed before.
enum StoreCheck {
  /// Every blob has its digest; the index, if there is one, reads, and all that it names is whole.
  static func assertWhole(
    _ cache: HostPath, _ note: String = "", file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let store = cache / "store"
    guard FileSystem.isDirectory(store / "blobs/sha256") else { return }
    for name in try DirectoryWalk.names(in: store / "blobs/sha256") {
      let hex = String(decoding: name, as: UTF8.self)
      XCTAssertEqual(
        try FileSystem.digest(of: store / "blobs/sha256" / hex).hex, hex, "a blob lies \(note)", file: file, line: line)
    }
    guard FileSystem.exists(store / "index.json") else { return }
    for (name, digest) in try names(cache) { try assertWhole(digest, in: store, "\(name) \(note)", file, line) }
  }

  /// The digest of each name of the store.
  static func names(_ cache: HostPath) throws -> [(String, Digest)] {
    let index = try JSONParser.parse(FileSystem.read(cache / "store/index.json"), name: "index.json")
    return try (index["manifests"]?.array ?? []).compactMap { entry in
      guard let name = entry["annotations"]?["org.opencontainers.image.ref.name"]?.string else { return nil }
      return (name, try XCTUnwrap(entry["digest"]?.digest))
    }
  }

  private static func assertWhole(
    _ digest: Digest, in layout: HostPath, _ note: String, _ file: StaticString, _ line: UInt
  ) throws {
    let path = layout / "blobs/sha256" / digest.hex
    guard FileSystem.exists(path) else { return XCTFail("\(digest) is missing: \(note)", file: file, line: line) }
    XCTAssertEqual(try FileSystem.digest(of: path), digest, note, file: file, line: line)
    let json = (try? FileSystem.read(path)).flatMap { try? JSONParser.parse($0, name: "blob") }
    for key in ["manifests", "layers"] {
      for child in json?[key]?.array ?? [] {
        try assertWhole(XCTUnwrap(child["digest"]?.digest), in: layout, note, file, line)
      }
    }
    if let config = json?["config"]?["digest"]?.digest { try assertWhole(config, in: layout, note, file, line) }
  }

  /// `.packc` is one build's: its parts name each other. Gives the image's digest, nil when there is no output.
  @discardableResult
  static func assertOneBuild(
    _ output: HostPath, _ note: String = "", file: StaticString = #filePath, line: UInt = #line
  ) throws -> String? {
    guard FileSystem.exists(output) else { return nil }
    func json(_ path: String) throws -> JSONValue {
      try JSONParser.parse(FileSystem.read(output / HostPath(path)), name: path)
    }
    let build = try json("build.json")
    let image = try XCTUnwrap(json("image/index.json")["manifests"]?.array?.first?["digest"]?.digest)
    XCTAssertEqual(build["image"]?["digest"]?.digest, image, "build.json \(note)", file: file, line: line)
    try assertWhole(image, in: output / "image", note, file, line)
    XCTAssertEqual(
      try Digest(of: json("contract.json")), build["contract"]?["digest"]?.digest, "contract.json \(note)", file: file,
      line: line)
    if let initrd = build["unikernel"]?["initrd"]?["digest"]?.digest {
      XCTAssertEqual(try FileSystem.digest(of: output / "unikernel/initrd"), initrd, note, file: file, line: line)
      let machine = try json("unikernel/machine.json")
      XCTAssertEqual(machine["initrd"]?["digest"]?.digest, initrd, note, file: file, line: line)
    }
    return image.description
  }

  /// What processes that ended leave: nothing but blobs, names and locks.
  static func assertTidy(
    _ cache: HostPath, _ note: String = "", file: StaticString = #filePath, line: UInt = #line
  ) throws {
    for place in ["store/staging", "store/leases", "work", "run", "transfer", "trash", "packs/calls"] {
      guard FileSystem.isDirectory(cache / HostPath(place)) else { continue }
      let left = try DirectoryWalk.names(in: cache / HostPath(place)).map { String(decoding: $0, as: UTF8.self) }
      XCTAssertEqual(left, [], "\(place) \(note)", file: file, line: line)
    }
    // What is being written has a name that begins with a dot; what lies below a step's outputs is the step's own.
    for room in ["steps", "layers", "segments", "stripped", "projects", "store"]
    where FileSystem.isDirectory(cache / HostPath(room)) {
      let left = try DirectoryWalk.sortedByPath(cache / HostPath(room)).filter {
        $0.path.name.hasPrefix(".") && !$0.path.description.contains("/work/")
      }
      XCTAssertEqual(left.map(\.path.description), [], "\(room) \(note)", file: file, line: line)
    }
  }
}
