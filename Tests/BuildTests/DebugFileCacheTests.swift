import OCI
import PackCore
import TestSupport
import XCTest

@testable import Build

/// Debug files are made once for a program, and again whenever what was kept is not what it should be.
final class DebugFileCacheTests: XCTestCase {
  private let source = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

  func testAProgramIsReadOnce() throws {
    let place = try TemporaryDirectory("packc-debug-files")
    let store = try ContentStore(root: place / "store")
    let cache = DebugFileCache(directory: place / "stripped", store: store)
    try place.write(source, to: "main.c")
    _ = try Tools.output("gcc", ["-g", "-o", "\(place / "main")", "\(place / "main.c")"])
    let before = try FileSystem.digest(of: place / "main")
    let made = try XCTUnwrap(cache.file(of: place / "main", before: before))
    let blob = store.path(of: made.digest)
    XCTAssertEqual(try FileSystem.digest(of: blob), made.digest)

    // The program is gone: only the record can answer.
    try FileSystem.rename(place / "main", to: place / "moved")
    XCTAssertEqual(try cache.file(of: place / "main", before: before), made)

    // The blob is gone, or the record is torn: made again, the same.
    let record = place / "stripped/\(before.hex).debug.json"
    try FileSystem.removeFile(blob)
    XCTAssertEqual(try cache.file(of: place / "moved", before: before), made)
    XCTAssertTrue(FileSystem.exists(blob))
    let bytes = try FileSystem.read(record)
    for torn in [Array(bytes.dropLast(3)), [], Array("{}".utf8)] {
      try FileSystem.writeAtomically(torn, to: record)
      XCTAssertEqual(try cache.file(of: place / "moved", before: before), made)
      XCTAssertEqual(try FileSystem.read(record), bytes)
    }
  }

  func testAProgramWithoutSymbolsHasNoDebugFile() throws {
    let place = try TemporaryDirectory("packc-debug-files")
    let store = try ContentStore(root: place / "store")
    try place.write(source, to: "main.c")
    _ = try Tools.output("gcc", ["-s", "-o", "\(place / "main")", "\(place / "main.c")"])
    let cache = DebugFileCache(directory: place / "stripped", store: store)
    XCTAssertNil(try cache.file(of: place / "main", before: FileSystem.digest(of: place / "main")))
    XCTAssertEqual(try DirectoryWalk.names(in: store.root / "blobs/sha256"), [])
  }
}
