/// One line of a trace, taken apart by hand: what a hostile line costs is its length.
struct TraceLine {
  private let bytes: [UInt8]
  private let words: [ArraySlice<UInt8>]

  init(_ line: some Sequence<UInt8>) {
    bytes = Array(line)
    words = bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
  }

  // MARK: Frames

  typealias Found = (module: String?, place: Trace.Frame.Place, isReturn: Bool)

  func frame() -> Found? { kernelFault() ?? parenthesised() ?? programCounter() ?? symbol() ?? numbered() }

  /// `server[7]: segfault at 0 ip 000055… sp … error 4 in server[1149,55…+1000]`: what stands in brackets is the mapping
  /// of the code, newer kernels put the offset in the file before it.
  private func kernelFault() -> Found? {
    guard let at = words.firstIndex(where: { text($0) == "ip" || text($0).hasPrefix("ip:") }), at + 1 < words.count,
      let inside = words.firstIndex(where: { text($0) == "in" }), inside + 1 < words.count,
      bytes.containsText("error")
    else { return nil }
    let ip = text(words[at]).hasPrefix("ip:") ? Self.hex(words[at].dropFirst(3)) : Self.hex(words[at + 1])
    let module = words[inside + 1]
    guard let ip, let open = module.lastIndex(of: UInt8(ascii: "[")), module.last == UInt8(ascii: "]") else {
      return nil
    }
    let range = module[(open + 1)...].dropLast().split(separator: UInt8(ascii: ",")).last ?? []
    guard let start = Self.hex(range.prefix { $0 != UInt8(ascii: "+") }), ip >= start else { return nil }
    return (text(module[..<open]), .codeOffset(ip - start), false)
  }

  /// `./server(+0x12) [0x…]`, `./server(main+0x12) [0x…]`, `./server() [0x…]`, `(/app/server+0x12)`,
  /// `(server + 0x12)`.
  private func parenthesised() -> Found? {
    var from = bytes.startIndex
    while let open = bytes[from...].firstIndex(of: UInt8(ascii: "(")) {
      guard let close = bytes[open...].firstIndex(of: UInt8(ascii: ")")) else { return nil }
      if let found = group(bytes[(open + 1)..<close], before: bytes[..<open], after: bytes[(close + 1)...]) {
        return found
      }
      from = open + 1
    }
    return nil
  }

  private func group(
    _ inside: ArraySlice<UInt8>, before: ArraySlice<UInt8>, after: ArraySlice<UInt8>
  ) -> Found? {
    let isGlued = before.last.map { $0 != 0x20 && $0 != 0x09 } ?? false
    let module = before.split { $0 == 0x20 || $0 == 0x09 }.last.map(text)
    guard let plus = inside.lastIndex(of: UInt8(ascii: "+")) else {
      // glibc of a program that is loaded where it was linked to be.
      guard inside.isEmpty, isGlued, let address = Self.bracketed(after) else { return nil }
      return (module, .address(address), true)
    }
    guard let offset = Self.prefixedHex(Self.trimmed(inside[(plus + 1)...])) else { return nil }
    let name = Self.trimmed(inside[..<plus])
    if isGlued {
      return (module, name.isEmpty ? .offset(offset) : .symbol(text(name), offset), true)
    }
    guard !name.isEmpty else { return nil }
    // Sanitizers have already gone back to the call; systemd has not, and counts from #0.
    let isSystemd = inside[..<plus].last == 0x20
    return (text(name), .offset(offset), isSystemd && words.first.map(text) != "#0")
  }

  /// Go's `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b1c2]`. The frames of GOTRACEBACK=crash have
  /// a `pc=` too, behind the file and the line that Go itself found.
  private func programCounter() -> Found? {
    guard words.first?.starts(with: Array("[signal".utf8)) == true else { return nil }
    for word in words where word.starts(with: Array("pc=0x".utf8)) {
      let digits = word.dropFirst(3).prefix { $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: ",") }
      if let address = Self.prefixedHex(digits), address > 0 { return (nil, .address(address), false) }
    }
    return nil
  }

  /// `broken+0x12/0x40`, as the kernel writes it.
  private func symbol() -> Found? {
    for (index, word) in words.enumerated() {
      guard let plus = word.lastIndex(of: UInt8(ascii: "+")), plus > word.startIndex,
        let slash = word[plus...].firstIndex(of: UInt8(ascii: "/")),
        let offset = Self.prefixedHex(word[(plus + 1)..<slash]), Self.prefixedHex(word[(slash + 1)...]) != nil
      else { continue }
      // `RIP: 0010:broken+0x12/0x40`: the instruction itself.
      let name = word[..<plus].split(separator: UInt8(ascii: ":")).last ?? []
      let isTop = index > 0 && (text(words[index - 1]) == "RIP:" || text(words[index - 1]) == "pc")
      return name.isEmpty ? nil : (nil, .symbol(text(name), offset), !isTop && word[..<plus].count == name.count)
    }
    return nil
  }

  /// `#1  0x0000555555555151 in ?? ()`, `4: 0x55a4b7c0d2f5 - <unknown>`: only where nobody knew the function.
  private func numbered() -> Found? {
    guard words.count > 2, let first = words.first, let address = Self.prefixedHex(words[1]) else { return nil }
    let isGDB = first.first == UInt8(ascii: "#") && Self.isNumber(first.dropFirst())
    let isRust = first.last == UInt8(ascii: ":") && Self.isNumber(first.dropLast())
    guard isGDB || isRust, bytes.containsText("??") || bytes.containsText("<unknown>") else { return nil }
    return (nil, .address(address), text(first) != "#0")
  }

  // MARK: Other lines

  /// The frame below a signal handler, where whoever wrote the line knew it: glibc's and the kernel's names, gdb's words.
  var isSignalReturn: Bool {
    ["__restore_rt", "__kernel_rt_sigreturn", "<signal handler called>"].contains(where: bytes.containsText)
  }

  /// `55d0…-55d0… r-xp 00001000 08:01 12 /app/server`
  func mapping() -> Trace.Mapping? {
    guard words.count >= 6, let dash = words[0].firstIndex(of: UInt8(ascii: "-")),
      let start = Self.hex(words[0][..<dash]), let end = Self.hex(words[0][(dash + 1)...]), start < end,
      words[1].count == 4, let offset = Self.hex(words[2]), words[5].first == UInt8(ascii: "/")
    else { return nil }
    return Trace.Mapping(start: start, end: end, offset: offset, path: text(words[5]))
  }

  /// `BuildId: …`, `BuildID[sha1]=…`, `build-id …`: 8 digits at least.
  func buildID() -> String? {
    let lower = bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    for key in ["buildid", "build-id", "build id"] {
      guard var at = lower.range(of: Array(key.utf8)) else { continue }
      // What stands between: `: `, `=`, and the `[sha1]` of file(1).
      if lower[at...].starts(with: Array("[sha1]".utf8)) { at += 6 }
      while at < lower.count, [0x20, 0x3a, 0x3d].contains(lower[at]) { at += 1 }
      let digits = lower[at...].prefix { Self.digit($0) != nil }
      if (8...128).contains(digits.count) { return text(digits) }
    }
    return nil
  }

  /// `Module /app/server with build-id …`
  func moduleOfBuildID() -> String? {
    guard let at = words.firstIndex(where: { text($0) == "Module" }), at + 1 < words.count else { return nil }
    return text(words[at + 1])
  }

  // MARK: Numbers

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop { $0 == 0x20 }
    while bytes.last == 0x20 { bytes.removeLast() }
    return bytes
  }

  /// `[0x…]` after spaces.
  private static func bracketed(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    let rest = bytes.drop { $0 == 0x20 }
    guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    return prefixedHex(rest[(rest.startIndex + 1)..<end])
  }

  private static func prefixedHex(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) ? hex(bytes.dropFirst(2)) : nil
  }

  /// 1 to 16 digits and nothing else.
  private static func hex(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard (1...16).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard let digit = digit(byte) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x41...0x46: UInt64(byte - 0x41 + 10)
    case 0x61...0x66: UInt64(byte - 0x61 + 10)
    default: nil
    }
  }

  private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.count < 7 && bytes.allSatisfy { (0x30...0x39).contains($0) }
  }
}

extension [UInt8] {
  fileprivate func containsText(_ text: String) -> Bool { range(of: Array(text.utf8)) != nil }

  /// Where the part ends that is there first.
  fileprivate func range(of part: [UInt8]) -> Int? {
    guard let first = part.first, count >= part.count else { return nil }
    for start in 0...(count - part.count) where self[start] == first && self[start...].starts(with: part) {
      return start + part.count
    }
    return nil
  }
}
