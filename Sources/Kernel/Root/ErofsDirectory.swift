/// The content of a directory: blocks that each begin with entries of 12 bytes (inode, where the name begins, kind) and
/// go on with their names. Names are sorted by bytes, `.` and `..` among them.
struct ErofsDirectory {
  struct Entry {
    let name: [UInt8]
    let kind: ErofsInode.Kind
    /// Nil while only the size is asked for.
    var slot: UInt64?
  }
  private static let entrySize = 12

  /// Entries of each block.
  private let blocks: [ArraySlice<Entry>]

  /// - Parameter entries: in any order, without the two dots.
  init(_ entries: [Entry], own: UInt64? = nil, parent: UInt64? = nil) {
    let dots = [
      Entry(name: Array(".".utf8), kind: .directory, slot: own),
      Entry(name: Array("..".utf8), kind: .directory, slot: parent),
    ]
    let sorted = (dots + entries).sorted { $0.name.lexicographicallyPrecedes($1.name) }
    var blocks: [ArraySlice<Entry>] = []
    var start = 0
    var size = 0
    for (index, entry) in sorted.enumerated() {
      let added = Self.entrySize + entry.name.count
      if size + added > Erofs.blockSize {
        blocks.append(sorted[start..<index])
        start = index
        size = 0
      }
      size += added
    }
    blocks.append(sorted[start...])
    self.blocks = blocks
  }

  private static func size(_ block: ArraySlice<Entry>) -> Int {
    block.reduce(0) { $0 + entrySize + $1.name.count }
  }

  /// Bytes: whole blocks, and what the last one holds.
  var size: Int { (blocks.count - 1) * Erofs.blockSize + (blocks.last.map(Self.size) ?? 0) }

  var bytes: [UInt8] {
    var all: [UInt8] = []
    for (index, block) in blocks.enumerated() {
      var row = ByteRow()
      var place = block.count * Self.entrySize
      for entry in block {
        row.add(entry.slot ?? 0)
        row.add(UInt16(place))
        row.add(entry.kind.letter)
        row.add(UInt8(0))
        place += entry.name.count
      }
      for entry in block { row.add(entry.name) }
      all += index == blocks.count - 1 ? row.bytes : row.padded(to: Erofs.blockSize)
    }
    return all
  }
}
