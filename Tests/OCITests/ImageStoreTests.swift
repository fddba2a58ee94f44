import PackCore
import XCTest

@testable import OCI

final class ImageStoreTests: XCTestCase {
  private func descriptor(_ text: String) -> BlobDescriptor {
    BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: Array(text.utf8)), size: 4)
  }

  func testNamesAreKeptSortedAndRemoved() throws {
    let scratch = try Scratch()
    let store = try ImageStore(content: scratch.store)
    XCTAssertTrue(try store.images().isEmpty)
    try store.update {
      $0["shop:latest"] = self.descriptor("a")
      $0["localhost:5000/b:1"] = self.descriptor("b")
    }
    XCTAssertEqual(try store.images().map(\.name), ["localhost:5000/b:1", "shop:latest"])
    XCTAssertEqual(try store.find("shop:latest"), descriptor("a"))
    try store.update { $0["shop:latest"] = nil }
    XCTAssertNil(try store.find("shop:latest"))
  }

  func testThreadsLoseNoName() throws {
    let scratch = try Scratch()
    let store = try ImageStore(content: scratch.store)
    let threads = try (0..<16).map { number in
      try HostThread { [descriptor = descriptor("\(number)")] in try store.update { $0["n\(number):1"] = descriptor } }
    }
    for thread in threads { try thread.join() }
    XCTAssertEqual(try store.images().count, 16)
  }
}
