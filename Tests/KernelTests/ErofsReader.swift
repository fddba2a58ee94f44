internal import XCTest

@testable import Kernel
@testable import PackCore

/// Reads an erofs as the kernel's documentation describes it, independent of the writer: for comparison with what was to
/// be written.
struct ErofsReader {
  struct Node: Equatable {
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32
    var links: UInt32
    var content: [UInt8]
    var slot: UInt64
  }
  struct Broken: Error { let why: String }

  let bytes: [UInt8]
  private(set) var nodes: [RootPath: Node] = [:]

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    guard number(1024, 4) == 0xe0f5_e1e2, number(1036, 1) == 12 else { throw Broken(why: "superblock") }
    guard number(1024 + 80, 4) == 0, number(1024 + 40, 4) == 0 else { throw Broken(why: "features") }
    try read(.root, number(1038, 2), parent: number(1038, 2))
  }

  var blocks: Int { Int(number(1024 + 36, 4)) }
  var inodes: Int { Int(number(1040, 8)) }

  private func number(_ at: Int, _ count: Int) -> UInt64 {
    bytes[at..<(at + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func read(_ path: RootPath, _ slot: UInt64, parent: UInt64) throws {
    let at = Int(slot) * 32
    let format = number(at, 2)
    let isLong = format & 1 == 1
    var node = Node(
      mode: UInt32(number(at + 4, 2)), uid: UInt32(isLong ? number(at + 24, 4) : number(at + 24, 2)),
      gid: UInt32(isLong ? number(at + 28, 4) : number(at + 26, 2)),
      links: UInt32(isLong ? number(at + 44, 4) : number(at + 6, 2)), content: [], slot: slot)
    guard number(at + 2, 2) == 0 else { throw Broken(why: "\(path): attributes") }
    let size = Int(number(at + 8, isLong ? 8 : 4))
    let start = Int(number(at + 16, 4)) * 4096
    switch format >> 1 {
    case 0: node.content = Array(bytes[start..<(start + size)])
    case 2:
      let cut = size / 4096 * 4096
      let inline = at + (isLong ? 64 : 32)
      guard size % 4096 > 0, inline % 4096 + size % 4096 <= 4096 else {
        throw Broken(why: "\(path): tail over a block")
      }
      node.content = cut == 0 ? [] : Array(bytes[start..<(start + cut)])
      node.content += bytes[inline..<(inline + size % 4096)]
    default: throw Broken(why: "\(path): layout \(format)")
    }
    nodes[path] = node
    guard node.mode & 0o170000 == 0o040000 else { return }
    try list(path, node, parent)
  }

  private mutating func list(_ path: RootPath, _ node: Node, _ parent: UInt64) throws {
    var last: [UInt8] = []
    var seen = 0
    func word(_ at: Int, _ count: Int) -> Int {
      node.content[at..<(at + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    for block in stride(from: 0, to: node.content.count, by: 4096) {
      let end = min(block + 4096, node.content.count)
      let count = word(block + 8, 2) / 12
      for index in 0..<count {
        let entry = block + 12 * index
        let from = block + word(entry + 8, 2)
        let to = index == count - 1 ? end : block + word(entry + 20, 2)
        let name = Array(node.content[from..<to].prefix { $0 != 0 })
        guard seen == 0 || last.lexicographicallyPrecedes(name) else { throw Broken(why: "\(path): order") }
        last = name
        seen += 1
        let slot = UInt64(word(entry, 8))
        if name == Array(".".utf8) || name == Array("..".utf8) {
          guard slot == (name.count == 1 ? node.slot : parent) else { throw Broken(why: "\(path): dots") }
          continue
        }
        guard let child = path.appending(component: name) else { throw Broken(why: "\(path): name") }
        try read(child, slot, parent: node.slot)
        let kind = [1: 0o100000, 2: 0o040000, 7: 0o120000][word(entry + 10, 1)]
        guard nodes[child].map({ Int($0.mode & 0o170000) }) == kind else { throw Broken(why: "\(child): kind") }
      }
    }
  }
}
