import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Whatever tree goes into the writer comes out of other people's readers. A failure prints the seed of its round.
final class LayerFuzzTests: XCTestCase {
  private let start = Fuzzing.seed(2024)

  func testGeneratedTreesReadBack() throws {
    let scratch = try Scratch()
    var (hardLinks, capable, extended) = (0, 0, 0)
    for round in 0..<UInt64(Fuzzing.rounds(40)) {
      let content = try GeneratedTree.layer(scratch, seed: start &+ round)
      let compression = round % 2 == 0 ? LayerCompression.gzip : .zstd(level: 1)
      let epoch = Int64(bitPattern: (start &+ round) &* 0x9e37_79b9) & 0xff_ffff_ffff
      let written = try LayerWriter.write(content, compression: compression, epoch: epoch, store: scratch.store)
      let blob = try FileSystem.read(scratch.store.path(of: written.digest))
      let members = try ArchiveMember.read(blob)
      let expected = try content.entries.map { try ArchiveMember($0, epoch: epoch) }
      hardLinks += expected.count { $0.firstName != nil }
      capable += expected.count { $0.capabilities != nil }
      extended += expected.count { $0.path.count > 256 || $0.uid > 0o777_7777 }
      guard members != expected else { continue }
      XCTFail("PACKC_FUZZ_SEED=\(start &+ round): \(Self.firstDifference(members, expected))")
    }
    // The generator still makes what this is about.
    for count in [hardLinks, capable, extended] { XCTAssertGreaterThan(count, 20) }
  }

  /// The bytes depend on nothing but entries, compression and epoch: not on threads, not on where the files lie.
  func testGeneratedTreesAreTheSameForAnyNumberOfThreads() throws {
    for round in 0..<UInt64(Fuzzing.rounds(3)) {
      let layers = try [1, 2, 5].flatMap { threads in
        let scratch = try Scratch()
        let content = try GeneratedTree.layer(scratch, seed: start &+ round)
        return try [LayerCompression.gzip, .zstd(level: 3)].map {
          try LayerWriter.write(content, compression: $0, epoch: 1, store: scratch.store, threads: threads)
        }
      }
      XCTAssertEqual(Set(layers).count, 2, "PACKC_FUZZ_SEED=\(start &+ round)")
    }
  }

  func testGeneratedTreesAreUnpackedByGnuTarAndBsdtar() throws {
    let isRoot = geteuid() == 0
    for round in 0..<UInt64(Fuzzing.rounds(6)) {
      let scratch = try Scratch()
      // Both tools give up on paths of 4096 bytes, the scratch directory before them included.
      let content = try GeneratedTree.layer(scratch, seed: start &+ round &+ 7_000, depth: 10)
      let written = try LayerWriter.write(content, compression: .gzip, epoch: 86_400, store: scratch.store)
      let blob = scratch.store.path(of: written.digest).description
      let attributes = isRoot ? ["--xattrs"] : ["--no-xattrs"]
      let tools = [
        ["tar", "--warning=no-unknown-keyword", "-z"] + attributes + (isRoot ? ["--xattrs-include=*"] : []),
        ["bsdtar"] + attributes,
      ]
      for tool in tools {
        let target = scratch.root / "by-\(tool[0])"
        try FileSystem.createDirectory(target)
        let owner = isRoot ? "--same-owner" : "--no-same-owner"
        try Scratch.run(tool + ["-xpf", blob, "-C", target.description, "--numeric-owner", owner])
        try compare(target, content, owners: isRoot, "\(tool[0]), PACKC_FUZZ_SEED=\(start &+ round &+ 7_000)")
      }
    }
  }

  private func compare(_ target: HostPath, _ content: LayerContent, owners: Bool, _ what: String) throws {
    let found = try DirectoryWalk.sortedByPath(target)
    XCTAssertEqual(found.map(\.path), content.entries.map(\.path), what)
    for (found, entry) in zip(found, content.entries) {
      let where_ = "\(what): \(entry.path)"
      let file = target / found.path
      if owners { XCTAssertEqual(found.status.uid, entry.uid, where_) }
      if case .link(let link) = entry.content {
        XCTAssertEqual(try FileSystem.linkTarget(file), link, where_)
        continue
      }
      // Only root may set these bits for others' files.
      XCTAssertEqual(found.status.mode & (owners ? 0o7777 : 0o777), entry.mode & (owners ? 0o7777 : 0o777), where_)
      XCTAssertEqual(found.status.modified, 86_400_000_000_000, where_)
      if owners { XCTAssertEqual(try capabilities(of: file), entry.capabilities?.bytes, where_) }
      switch entry.content {
      case .bytes(let bytes): XCTAssertEqual(try FileSystem.digest(of: file), Digest(of: bytes), where_)
      case .host(let source, _):
        XCTAssertEqual(try FileSystem.digest(of: file), try FileSystem.digest(of: source), where_)
      case .hardLink(let first):
        XCTAssertEqual(found.status.inode, try FileSystem.status(target / first)?.inode, where_)
      case .directory, .link: break
      }
    }
  }

  /// lgetxattr(2), which the Glibc module does not have.
  private func capabilities(of file: HostPath) throws -> [UInt8]? {
    typealias Function =
      @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer, Int) -> Int
    let symbol = try XCTUnwrap(dlsym(nil, "lgetxattr"))
    var value = [UInt8](repeating: 0, count: 64)
    let count = file.withCString {
      unsafeBitCast(symbol, to: Function.self)($0, FileCapabilities.attribute, &value, 64)
    }
    return count > 0 ? Array(value[..<count]) : nil
  }

  private static func firstDifference(_ found: [ArchiveMember], _ expected: [ArchiveMember]) -> String {
    guard found.count == expected.count else { return "\(found.count) members of \(expected.count)" }
    return zip(found, expected).first { $0 != $1 }.map { "\($0) instead of \($1)" } ?? ""
  }
}
