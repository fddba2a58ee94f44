internal import PackCore

/// The header of one tar member: ustar (POSIX.1-1988), with a pax extended header before it (POSIX.1-2001, pax(1),
/// "pax Extended Header") only where ustar cannot hold a value.
///
///      0 name     100 mode   108 uid    116 gid    124 size  136 mtime  148 chksum  156 typeflag
///    157 linkname 257 magic  263 version 265 uname 297 gname 329 devmajor 337 devminor 345 prefix  500 –
///
/// Owner names, device numbers and everything else that a host could put in stay empty.
struct TarHeader {
  enum Kind: UInt8 {
    case file = 0x30
    case hardLink = 0x31
    case link = 0x32
    case directory = 0x35
    case extended = 0x78
  }

  static let blockSize = 512

  var kind: Kind
  /// A directory's path ends with a slash.
  var path: [UInt8]
  var linkTarget: [UInt8] = []
  var mode: UInt32
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var size: Int64 = 0
  /// Seconds since the epoch, not negative.
  var time: Int64
  /// The value of `security.capability`.
  var capabilities: [UInt8] = []

  /// One block and no extended header, for a short ASCII name: a size that octal digits cannot hold is written in base
  /// 256, as GNU tar does and every reader of the last decades knows (tar(5), "Numeric Extensions").
  func encodeSingleBlock(into out: inout [UInt8]) {
    let start = out.count
    encodeBlock(split: ([], path[...]), into: &out)
    guard size > Self.largest(digits: 11) else { return }
    out.withUnsafeMutableBytes { buffer in
      let block = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
      for position in 124..<136 { block[position] = 0 }
      block[124] = 0x80
      withUnsafeBytes(of: size.bigEndian) { block[128..<136].copyBytes(from: $0) }
      Self.seal(block)
    }
  }

  private static let nameLimit = 100
  private static let prefixLimit = 155
  private static let slash = UInt8(ascii: "/")

  /// Appends the header's blocks, a multiple of 512 bytes.
  func encode(into out: inout [UInt8]) {
    let split = Self.split(path)
    let records = paxRecords(pathFits: split != nil)
    if !records.isEmpty { encodeExtended(records, into: &out) }
    encodeBlock(split: split, into: &out)
  }

  // MARK: pax

  /// The records that ustar cannot hold, sorted by keyword; empty when it holds all.
  private func paxRecords(pathFits: Bool) -> [UInt8] {
    let longPath = !pathFits || !Self.isASCII(path)
    let longLink = linkTarget.count > Self.nameLimit || !Self.isASCII(linkTarget)
    var records: [UInt8] = []
    if !capabilities.isEmpty {
      // As bytes, as star(1) brought it in and GNU tar, libarchive and Go read it.
      Self.record("SCHILY.xattr.\(FileCapabilities.attribute)", capabilities, into: &records)
    }
    if gid > Self.largest(digits: 7) { Self.record("gid", Array(String(gid).utf8), into: &records) }
    if (longPath && !Self.isUTF8(path)) || (longLink && !Self.isUTF8(linkTarget)) {
      // The values are bytes, not the UTF-8 that pax promises otherwise.
      Self.record("hdrcharset", Array("BINARY".utf8), into: &records)
    }
    if longLink { Self.record("linkpath", linkTarget, into: &records) }
    if time > Self.largest(digits: 11) { Self.record("mtime", Array(String(time).utf8), into: &records) }
    if longPath { Self.record("path", path, into: &records) }
    if size > Self.largest(digits: 11) { Self.record("size", Array(String(size).utf8), into: &records) }
    if uid > Self.largest(digits: 7) { Self.record("uid", Array(String(uid).utf8), into: &records) }
    return records
  }

  /// `<length> <keyword>=<value>\n`, where the length counts its own digits too.
  private static func record(_ keyword: String, _ value: [UInt8], into out: inout [UInt8]) {
    let rest = keyword.utf8.count + value.count + 3
    var length = rest + 1
    while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
    out += Array("\(length) \(keyword)=".utf8)
    out += value
    out.append(UInt8(ascii: "\n"))
  }

  private func encodeExtended(_ records: [UInt8], into out: inout [UInt8]) {
    let trimmed = path.last == Self.slash ? path.dropLast() : path[...]
    let name = trimmed.lastIndex(of: Self.slash).map { trimmed[($0 + 1)...] } ?? trimmed
    let title = Array("PaxHeaders/".utf8) + Self.ascii(name.prefix(80))
    TarHeader(kind: .extended, path: title, mode: 0o644, size: Int64(records.count), time: min(time, 0o777_7777_7777))
      .encodeBlock(split: (prefix: [], name: title[...]), into: &out)
    out += records
    out += repeatElement(0, count: -records.count & (Self.blockSize - 1))
  }

  private static func isASCII(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 < 0x80 } }
  private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
  private static func ascii(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
  }

  // MARK: ustar

  /// The path as prefix and name, cut at a slash that is not the last byte; nil when ustar has no room for it.
  private static func split(_ path: [UInt8]) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)? {
    if path.count <= nameLimit { return ([], path[...]) }
    let earliest = path.count - nameLimit - 1
    guard earliest <= prefixLimit,
      let cut = path[earliest...min(prefixLimit, path.count - 2)].firstIndex(of: slash), cut > 0
    else { return nil }
    return (path[..<cut], path[(cut + 1)...])
  }

  private func encodeBlock(split: (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?, into out: inout [UInt8]) {
    let start = out.count
    out += repeatElement(0, count: Self.blockSize)
    out.withUnsafeMutableBytes { buffer in
      let block = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
      // Where a pax record says more, the field holds what fits of it, for readers that know ustar only.
      let name = split.map { $0.name.allSatisfy { $0 < 0x80 } ? $0.name : Self.ascii($0.name)[...] }
      Self.put(name ?? Self.ascii(path.prefix(Self.nameLimit))[...], at: 0, in: block)
      Self.octal(Int64(mode), digits: 7, at: 100, in: block)
      Self.octal(Int64(uid), digits: 7, at: 108, in: block)
      Self.octal(Int64(gid), digits: 7, at: 116, in: block)
      Self.octal(size, digits: 11, at: 124, in: block)
      Self.octal(time, digits: 11, at: 136, in: block)
      block[156] = kind.rawValue
      Self.put(Self.ascii(linkTarget.prefix(Self.nameLimit))[...], at: 157, in: block)
      Self.put(Array("ustar\u{0}00".utf8)[...], at: 257, in: block)
      if let prefix = split?.prefix { Self.put(Self.ascii(prefix)[...], at: 345, in: block) }
      Self.seal(block)
    }
  }

  private static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, in block: UnsafeMutableRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: block[offset..<(offset + bytes.count)]).copyBytes(from: bytes)
  }

  /// The largest number of so many octal digits.
  private static func largest(digits: Int) -> Int64 { (1 << (3 * Int64(digits))) - 1 }

  /// Zero-padded digits, ended by the NUL that is there already. A number without room is 0: its pax record counts.
  private static func octal(_ value: Int64, digits: Int, at offset: Int, in block: UnsafeMutableRawBufferPointer) {
    var rest = value > largest(digits: digits) ? 0 : value
    for position in (offset..<(offset + digits)).reversed() {
      block[position] = UInt8(ascii: "0") + UInt8(rest & 7)
      rest >>= 3
    }
  }

  /// The checksum: the sum of all bytes, its own field taken as spaces; six digits, NUL, space.
  private static func seal(_ block: UnsafeMutableRawBufferPointer) {
    for position in 148..<156 { block[position] = UInt8(ascii: " ") }
    let sum = block.prefix(blockSize).reduce(Int64(0)) { $0 + Int64($1) }
    octal(sum, digits: 6, at: 148, in: block)
    block[154] = 0
  }
}
