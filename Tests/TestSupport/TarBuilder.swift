/// Archives byte by byte, honest and hostile: every field can say what no writer would.
///
///     0 name   100 mode   108 uid   116 gid   124 size   136 mtime   148 chksum   156 typeflag   157 linkname
///     257 magic and version   265 uname   297 gname   329 devmajor   337 devminor   345 prefix   500 –
public struct TarBuilder {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// One member: header, content, padding.
  /// - Parameters:
  ///   - type: `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` FIFO, `x` and `g` pax.
  ///   - size: what the header says, when that is not the content's.
  ///   - raw: bytes at an offset of the header, put there before the checksum is made.
  public mutating func add(
    _ path: String, _ type: Character = "0", link: String = "", mode: Int = 0o644, uid: Int = 0, gid: Int = 0,
    size: Int? = nil, time: Int = 0, content: [UInt8] = [], raw: [(Int, [UInt8])] = [], checksum: Int? = nil
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], _ offset: Int) {
      for (index, byte) in text.enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, _ offset: Int, _ digits: Int) {
      let text = String(value, radix: 8)
      put(Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8.suffix(digits)), offset)
    }
    put(Array(path.utf8.prefix(100)), 0)
    octal(mode, 100, 7)
    octal(uid, 108, 7)
    octal(gid, 116, 7)
    octal(size ?? content.count, 124, 11)
    octal(time, 136, 11)
    header[156] = type.asciiValue ?? 0
    put(Array(link.utf8.prefix(100)), 157)
    put(Array("ustar\u{0}00".utf8), 257)
    for (offset, value) in raw { put(value, offset) }
    for offset in 148..<156 { header[offset] = 0x20 }
    octal(checksum ?? header.reduce(0) { $0 + Int($1) }, 148, 6)
    header[154] = 0
    bytes += header + content
    pad()
  }

  /// A pax header (pax(1), "pax Extended Header") for the next member, or with `g` for all that follow.
  public mutating func pax(_ records: [(String, [UInt8])], _ type: Character = "x") {
    add("PaxHeaders/x", type, content: records.flatMap { Self.record($0.0, $0.1) })
  }
  public mutating func pax(_ records: [(String, String)]) { pax(records.map { ($0.0, Array($0.1.utf8)) }) }

  /// `LENGTH KEY=VALUE\n`, where the length counts itself.
  public static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = key.utf8.count + value.count + 3
    var length = rest + 1
    while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
    return Array("\(length) \(key)=".utf8) + value + [0x0a]
  }

  /// Anything at all.
  public mutating func append(_ more: [UInt8]) { bytes += more }
  public mutating func pad() { bytes += [UInt8](repeating: 0, count: -bytes.count & 511) }
  /// Two blocks of zeros.
  public mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

  /// The archive of what `body` adds, with its end.
  public static func make(_ body: (inout TarBuilder) -> Void) -> [UInt8] {
    var builder = TarBuilder()
    body(&builder)
    builder.end()
    return builder.bytes
  }
}
