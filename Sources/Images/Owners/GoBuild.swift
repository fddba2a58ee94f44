internal import PackCore

/// What a Go program says of itself (Go's `debug/buildinfo`): the version of Go and the main module.
public struct GoBuild: Hashable, Sendable {
  public var goVersion: String
  /// `example.com/shop`; empty where the program does not say.
  public var module: String
  /// `v1.2.3`; empty for a build from a working directory.
  public var version: String

  /// The block begins with these bytes at a multiple of 16, then pointer size and flags; with flag 2 two strings follow
  /// at 32, each after its length as an unsigned LEB128: Go's version, and the module information between two marks of
  /// 16 bytes.
  private static let magic: [UInt8] = [0xff] + Array(" Go buildinf:".utf8)
  static let alignment = 16
  /// Bytes of the block that are looked at: modules are named with their hashes, a hundred bytes each.
  static let window = 1 << 20

  /// - Parameter block: what begins at the magic bytes.
  init?(block: ArraySlice<UInt8>) {
    let block = Array(block)
    guard block.starts(with: Self.magic), block.count >= 34, block[15] & 2 != 0 else { return nil }
    var position = 32
    guard let version = Self.text(block, &position),
      version.starts(with: "go".utf8) || version.starts(with: "devel".utf8)
    else { return nil }
    goVersion = String(decoding: version.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    (module, self.version) = ("", "")
    guard let information = Self.text(block, &position), information.count >= 33 else { return }
    for line in information.dropFirst(16).dropLast(16).split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard fields.count >= 3, fields[0] == "mod" else { continue }
      module = fields[1]
      self.version = fields[2] == "(devel)" ? "" : fields[2]
      return
    }
  }

  private static func text(_ block: [UInt8], _ position: inout Int) -> ArraySlice<UInt8>? {
    var length = 0
    var shift = 0
    while true {
      guard position < block.count, shift < 28 else { return nil }
      let byte = block[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      shift += 7
      if byte & 0x80 == 0 { break }
    }
    guard length <= block.count - position else { return nil }
    defer { position += length }
    return block[position..<position + length]
  }

  /// Looks for the block in a program that goes by in pieces; keeps no more than one window of it.
  struct Scanner {
    /// From a multiple of the alignment in the file on.
    private var carry: [UInt8] = []
    private var found = false
    private(set) var isProgram: Bool?

    mutating func feed(_ piece: UnsafeRawBufferPointer) {
      if isProgram == false || (found && carry.count >= GoBuild.window) { return }
      carry += piece
      if isProgram == nil, carry.count >= 4 { isProgram = carry.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }
      if found { return }
      if let position = firstBlock() {
        carry.removeFirst(position)
        found = true
        return
      }
      // A block that begins near the end of this piece goes on in the next.
      let rest = carry.count % GoBuild.alignment + GoBuild.alignment
      guard carry.count > rest else { return }
      carry.removeFirst(carry.count - rest)
    }

    /// Only multiples of the alignment are looked at; `carry` begins at one.
    private func firstBlock() -> Int? {
      carry.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count - GoBuild.magic.count, by: GoBuild.alignment).first { start in
          bytes[start] == 0xff && bytes[start..<start + GoBuild.magic.count].elementsEqual(GoBuild.magic)
        }
      }
    }

    /// After the last piece.
    func finish() -> GoBuild? { isProgram == true && found ? GoBuild(block: carry.prefix(GoBuild.window)) : nil }
  }

  /// As an owner; a program without a module is called by Go's own.
  var owner: FileOwner? { module.isEmpty ? nil : FileOwner(kind: .go, name: module, version: version) }
}
