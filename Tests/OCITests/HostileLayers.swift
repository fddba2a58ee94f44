import PackCore
import TestSupport

@testable import OCI

/// Archives that no honest tool writes, one for each way to hurt a reader; and how each is refused.
struct HostileLayer {
  let name: String
  /// The lowest first.
  let layers: [[UInt8]]
  let code: String
  /// In the message: what is wrong, and with which entry.
  let says: [String]

  private init(
    _ name: String, _ code: String, _ says: [String], below: [[UInt8]] = [], _ body: (inout TarBuilder) -> Void
  ) {
    self.name = name
    self.code = code
    self.says = says
    layers = below + [TarBuilder.make(body)]
  }

  private static let deep = Array(repeatElement("d", count: 300).joined(separator: "/").utf8)

  static var all: [HostileLayer] { names + links + duplicates + whiteouts + headers }

  static let names: [HostileLayer] = [
    .init("a name that climbs", "unsafe_archive", ["../escaped", "climbs"]) { $0.add("../escaped", content: [1]) },
    .init("a name that climbs from within", "unsafe_archive", ["a/../../escaped", "climbs"]) {
      $0.add("a/", "5")
      $0.add("a/../../escaped", content: [1])
    },
    .init("a name that climbs and comes back", "unsafe_archive", ["a/../b", "climbs"]) { $0.add("a/../b") },
    .init("an absolute name that climbs", "unsafe_archive", ["/../../escaped", "climbs"]) { $0.add("/../../escaped") },
    .init("a climbing name in a pax header", "unsafe_archive", ["../pax", "climbs"]) {
      $0.pax([("path", "../pax")])
      $0.add("innocent")
    },
    .init("a climbing GNU long name", "unsafe_archive", ["../long", "climbs"]) {
      $0.add("././@LongLink", "L", content: Array("../long\u{0}".utf8))
      $0.add("innocent")
    },
    .init("a climbing ustar prefix", "unsafe_archive", ["../x/f", "climbs"]) {
      $0.add("f", raw: [(345, Array("../x".utf8))])
    },
    .init("a climbing directory", "unsafe_archive", ["climbs"]) { $0.add("../", "5", mode: 0o777) },
    .init("a file as the root", "unsafe_archive", ["root"]) { $0.add("./", "0", content: [1], raw: [(0, [0x2e, 0])]) },
    .init("no name", "unsafe_archive", ["an entry has no name"]) { $0.add("") },
    .init("a name too long for any file system", "unsafe_archive", ["300 bytes", "the limit is 255"]) {
      $0.pax([("path", [UInt8](repeating: 0x61, count: 300))])
      $0.add("x")
    },
    .init("a path too long for any file system", "unsafe_archive", ["the limit is 4095"]) {
      $0.pax([("path", Array(repeatElement(String(repeating: "p", count: 250), count: 20).joined(separator: "/").utf8))]
      )
      $0.add("x")
    },
    .init("directories without end", "unsafe_archive", ["300 directories deep", "256"]) {
      $0.pax([("path", deep)])
      $0.add("x")
    },
  ]

  static let links: [HostileLayer] = [
    .init("a file through a link of its layer", "unsafe_archive", ["way/f", "symbolic link"]) {
      $0.add("way", "2", link: "/tmp")
      $0.add("way/f", content: [1])
    },
    .init("a file through a relative link", "unsafe_archive", ["way/f", "symbolic link"]) {
      $0.add("way", "2", link: "../../..")
      $0.add("way/f", content: [1])
    },
    .init(
      "a file through a link of a lower layer", "unsafe_archive", ["way/f", "symbolic link"],
      below: [TarBuilder.make { $0.add("way", "2", link: "/tmp") }]
    ) { $0.add("way/f", content: [1]) },
    .init(
      "a file deep below a link of a lower layer", "unsafe_archive", ["way/a/b/f", "way, a symbolic link"],
      below: [TarBuilder.make { $0.add("way", "2", link: "/tmp") }]
    ) { $0.add("way/a/b/f", content: [1]) },
    .init(
      "a whiteout through a link", "unsafe_archive", ["way", "symbolic link"],
      below: [TarBuilder.make { $0.add("way", "2", link: "/tmp") }]
    ) { $0.add("way/.wh.f") },
    .init("a directory through a link", "unsafe_archive", ["way/d", "symbolic link"]) {
      $0.add("way", "2", link: "/tmp")
      $0.add("way/d/", "5")
    },
    .init("a link where a file's directory is", "unsafe_archive", ["d", "files of this layer lie below"]) {
      $0.add("d/f")
      $0.add("d", "2", link: "/tmp")
    },
    .init("a file below a file", "unsafe_archive", ["f/x", "no directory"]) {
      $0.add("f")
      $0.add("f/x")
    },
    .init("a hard link that climbs", "unsafe_archive", ["h", "../../etc/passwd", "climbs"]) {
      $0.add("h", "1", link: "../../etc/passwd")
    },
    .init("a hard link to the host", "unsafe_archive", ["h", "etc/passwd", "neither"]) {
      $0.add("h", "1", link: "/etc/passwd")
    },
    .init("a hard link through a link", "unsafe_archive", ["h", "through way"]) {
      $0.add("way", "2", link: "/etc")
      $0.add("h", "1", link: "way/passwd")
    },
    .init(
      "a hard link through a link of a lower layer", "unsafe_archive", ["way", "symbolic link"],
      below: [TarBuilder.make { $0.add("way", "2", link: "/etc") }]
    ) { $0.add("h", "1", link: "way/passwd") },
    .init("a hard link to a link", "unsafe_archive", ["h", "s, a symbolic link"]) {
      $0.add("s", "2", link: "/etc/passwd")
      $0.add("h", "1", link: "s")
    },
    .init(
      "a hard link to a link of a lower layer", "unsafe_archive", ["h", "s, a symbolic link"],
      below: [TarBuilder.make { $0.add("s", "2", link: "/etc/passwd") }]
    ) { $0.add("h", "1", link: "s") },
    .init("a hard link to a later name", "unsafe_archive", ["h", "later"]) {
      $0.add("h", "1", link: "later")
      $0.add("later", content: [1])
    },
    .init("a hard link to itself", "unsafe_archive", ["h", "itself"]) { $0.add("h", "1", link: "h") },
    .init(
      "a hard link to what it replaces", "unsafe_archive", ["h", "below itself"],
      below: [
        TarBuilder.make {
          $0.add("h/", "5")
          $0.add("h/file", content: [1])
        }
      ]
    ) { $0.add("h", "1", link: "h/file") },
    .init("a hard link to a directory", "unsafe_archive", ["h", "no file"]) {
      $0.add("d/", "5")
      $0.add("h", "1", link: "d")
    },
    .init("a hard link to a device", "unsafe_archive", ["h", "no file"]) {
      $0.add("c", "3")
      $0.add("h", "1", link: "c")
    },
    .init("a hard link to the root", "unsafe_archive", ["h", "root"]) { $0.add("h", "1", link: "/") },
    .init("a symbolic link to nothing", "unsafe_archive", ["s", "to nothing"]) { $0.add("s", "2", link: "") },
    .init("a symbolic link with an endless target", "unsafe_archive", ["s", "5000 bytes"]) {
      $0.pax([("linkpath", [UInt8](repeating: 0x61, count: 5000))])
      $0.add("s", "2", link: "x")
    },
  ]

  static let duplicates: [HostileLayer] = [
    .init("a file twice", "unsafe_archive", ["etc/passwd", "twice"]) {
      $0.add("etc/passwd", content: [1])
      $0.add("etc/passwd", content: [2])
    },
    .init("a file under two spellings", "unsafe_archive", ["etc/passwd", "twice"]) {
      $0.add("etc/passwd", content: [1])
      $0.add("./etc//passwd", content: [2])
    },
    .init("a file and an absolute one", "unsafe_archive", ["f", "twice"]) {
      $0.add("f", content: [1])
      $0.add("/f", content: [2])
    },
    .init("a link, then a file of that name", "unsafe_archive", ["f", "twice"]) {
      $0.add("f", "2", link: "/etc/passwd")
      $0.add("f", content: [2])
    },
    .init("a directory, then a link of that name", "unsafe_archive", ["d", "twice"]) {
      $0.add("d/", "5")
      $0.add("d", "2", link: "/etc")
    },
    .init("a file, then a hard link of that name", "unsafe_archive", ["f", "twice"]) {
      $0.add("g")
      $0.add("f")
      $0.add("f", "1", link: "g")
    },
    .init("a whiteout twice", "unsafe_archive", [".wh.f", "twice"]) {
      $0.add(".wh.f")
      $0.add(".wh.f")
    },
  ]

  static let whiteouts: [HostileLayer] = [
    .init("a whiteout of nothing", "unsafe_archive", ["whiteout of nothing"]) { $0.add(".wh.") },
    .init("a whiteout of the directory itself", "unsafe_archive", ["whiteout of nothing"]) { $0.add("d/.wh..") },
    .init("a whiteout of the directory above", "unsafe_archive", ["whiteout of nothing"]) { $0.add("d/.wh...") },
    .init("a whiteout of a whiteout", "unsafe_archive", ["whiteout of nothing"]) { $0.add(".wh..wh.plnk") },
    .init("a file below a whiteout", "unsafe_archive", [".wh.d/f", "below"]) { $0.add(".wh.d/f") },
    .init("a directory as a whiteout", "unsafe_archive", [".wh.d", "no file"]) { $0.add(".wh.d/", "5") },
    .init("a link as an opaque mark", "unsafe_archive", [".wh..wh..opq", "no file"]) {
      $0.add("d/.wh..wh..opq", "2", link: "/")
    },
    .init("a hard link to a whiteout", "unsafe_archive", ["h", "whiteout"]) {
      $0.add(".wh.f")
      $0.add("h", "1", link: ".wh.f")
    },
  ]

  static let headers: [HostileLayer] = [
    .init("a negative size", "bad_archive", ["negative size"]) {
      $0.add("f", raw: [(124, [UInt8](repeating: 0xff, count: 12))])
    },
    .init("a size of exabytes", "too_large", ["f says it has 4611686018427387904 bytes"]) {
      $0.add("f", raw: [(124, [0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0])])
    },
    .init("a size of exabytes in a pax header", "too_large", ["f says it has 4000000000000000000 bytes"]) {
      $0.pax([("size", "4000000000000000000")])
      $0.add("f")
    },
    .init("a sparse file of exabytes", "too_large", ["says it has 4000000000000000000 bytes"]) {
      $0.pax([
        ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "hole"),
        ("GNU.sparse.realsize", "4000000000000000000"),
      ])
      $0.add("GNUSparseFile.0/hole", content: Array("0\n".utf8) + [UInt8](repeating: 0, count: 510))
    },
    .init("a pax header of a gigabyte", "bad_archive", ["too large"]) { $0.add("x", "x", size: 1 << 30) },
    .init("a long name of a gigabyte", "bad_archive", ["too large"]) { $0.add("x", "L", size: 1 << 30) },
    .init("pax headers without end", "bad_archive", ["after a"]) {
      $0.add("a")
      for _ in 0..<5000 { $0.pax([("comment", "x")]) }
      $0.add("f")
    },
    .init("a malformed pax header", "bad_archive", ["after a", "malformed"]) {
      $0.add("a")
      $0.add("x", "x", content: Array("9999 path=b\n".utf8))
      $0.add("f")
    },
    .init("an owner that no system has", "unsafe_archive", ["f", "owner 99999999999"]) {
      $0.pax([("uid", "99999999999")])
      $0.add("f")
    },
    .init("an owner that means unchanged", "unsafe_archive", ["f", "owner 4294967295"]) {
      $0.pax([("gid", "4294967295")])
      $0.add("f")
    },
    .init("a wrong checksum", "bad_archive", ["after a"]) {
      $0.add("a")
      $0.add("b", checksum: 7)
    },
    .init("an archive that ends in a file", "bad_archive", ["after f", "Truncated"]) { $0.add("f", size: 100_000) },
    .init("a second archive behind the end", "bad_archive", ["goes on after its end"]) {
      $0.add("a")
      $0.end()
      $0.add("../../hidden")
    },
    .init("no archive", "bad_archive", ["Unrecognized"]) { $0.append([UInt8](repeating: 0x5a, count: 4096)) },
  ]
}
