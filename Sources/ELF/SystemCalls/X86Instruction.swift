/// One instruction of x86-64, as far as it is needed to find the next one and to follow a number through registers.
///
/// Source: Intel SDM volume 2, chapter 2 (instruction format) and appendix A (opcode maps); AMD64 APM volume 3 for XOP.
struct X86Instruction {
  /// Of the opcode: one byte, after 0F, after 0F 38, after 0F 3A; other maps of EVEX and XOP.
  enum Map { case one, two, three8, threeA, other }

  var length = 0
  var map = Map.one
  var opcode: UInt8 = 0
  /// Of a VEX, EVEX or XOP prefix.
  var isVector = false
  var rex: UInt8 = 0
  var hasOperandSize = false
  /// F2 or F3, the last of them; 0 without.
  var repeats: UInt8 = 0
  var hasModRM = false
  var mod: UInt8 = 0
  /// With REX.R.
  var reg: UInt8 = 0
  /// With REX.B; a register where `mod` is 3.
  var rm: UInt8 = 0
  /// The register in a VEX prefix.
  var vvvv: UInt8 = 0
  /// The displacement is relative to the next instruction.
  var isRelativeAddress = false
  var displacement: Int64 = 0
  /// Sign-extended, or zero-extended where it has 64 bits.
  var immediate: Int64 = 0

  var isWide: Bool { rex & 8 != 0 }

  /// Nil for bytes that are no instruction, or are cut off.
  init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    var reader = Reader(bytes: bytes, position: start, limit: min(bytes.count, start + 15))
    guard var opcode = reader.byte() else { return nil }
    var address32 = false
    prefixes: while true {
      switch opcode {
      case 0x66: hasOperandSize = true
      case 0x67: address32 = true
      case 0xf2, 0xf3: repeats = opcode
      case 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65: break
      case 0x40...0x4f:
        // It counts only right before the opcode.
        rex = opcode
        guard let next = reader.byte() else { return nil }
        opcode = next
        if !Self.isPrefix(opcode) { break prefixes }
        rex = 0
        continue
      default: break prefixes
      }
      guard let next = reader.byte() else { return nil }
      opcode = next
    }
    self.opcode = opcode
    guard readMap(&reader), readOperands(&reader, address32) else { return nil }
    length = reader.position - start
  }

  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x40...0x4f: true
    default: false
    }
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let limit: Int

    mutating func byte() -> UInt8? {
      guard position < limit else { return nil }
      defer { position += 1 }
      return bytes[position]
    }
    /// Little-endian, sign-extended.
    mutating func number(_ count: Int) -> Int64? {
      guard count > 0 else { return 0 }
      guard position + count <= limit else { return nil }
      var value: UInt64 = 0
      for index in 0..<count { value |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
      position += count
      let shift = Int64(64 - 8 * count)
      return (Int64(bitPattern: value) << shift) >> shift
    }
  }

  // MARK: Maps

  private mutating func readMap(_ reader: inout Reader) -> Bool {
    switch opcode {
    case 0x0f:
      guard let next = reader.byte() else { return false }
      map = next == 0x38 ? .three8 : next == 0x3a ? .threeA : .two
      opcode = next
      guard map != .two else { return true }
      guard let last = reader.byte() else { return false }
      opcode = last
      return true
    case 0xc4, 0xc5: return readVEX(&reader)
    case 0x62: return readEVEX(&reader)
    case 0x8f:
      guard reader.position < reader.limit, reader.bytes[reader.position] & 0x1f >= 8 else { return true }
      return readXOP(&reader)
    default: return true
    }
  }

  private mutating func readVEX(_ reader: inout Reader) -> Bool {
    isVector = true
    guard rex == 0, !hasOperandSize, let first = reader.byte() else { return false }
    if opcode == 0xc5 {
      map = .two
      takeVEX(inverted: first & 0x80, last: first)
    } else {
      guard let second = reader.byte() else { return false }
      switch first & 0x1f {
      case 1: map = .two
      case 2: map = .three8
      case 3: map = .threeA
      default: return false
      }
      takeVEX(inverted: first & 0xe0, last: second)
      if second & 0x80 != 0 { rex |= 8 }
    }
    guard let next = reader.byte() else { return false }
    opcode = next
    return true
  }

  /// - Parameter inverted: R, X and B in the highest bits, each as its opposite.
  private mutating func takeVEX(inverted: UInt8, last: UInt8) {
    let bits = opcode == 0xc5 ? (inverted ^ 0x80) & 0x80 : (inverted ^ 0xe0) & 0xe0
    rex = bits >> 5
    vvvv = (last >> 3 & 15) ^ 15
    hasOperandSize = last & 3 == 1
    repeats = last & 3 == 2 ? 0xf3 : last & 3 == 3 ? 0xf2 : 0
  }

  private mutating func readEVEX(_ reader: inout Reader) -> Bool {
    isVector = true
    guard rex == 0, !hasOperandSize, let first = reader.byte(), let second = reader.byte(), reader.byte() != nil,
      let next = reader.byte(), first & 8 == 0, second & 4 != 0
    else { return false }
    switch first & 7 {
    case 1: map = .two
    case 2: map = .three8
    case 3: map = .threeA
    case 5, 6: map = .other
    default: return false
    }
    rex = ((first ^ 0xe0) & 0xe0) >> 5 | (second & 0x80 != 0 ? 8 : 0)
    vvvv = (second >> 3 & 15) ^ 15
    hasOperandSize = second & 3 == 1
    repeats = second & 3 == 2 ? 0xf3 : second & 3 == 3 ? 0xf2 : 0
    opcode = next
    return true
  }

  private mutating func readXOP(_ reader: inout Reader) -> Bool {
    isVector = true
    guard let first = reader.byte(), let second = reader.byte(), let next = reader.byte() else { return false }
    map = .other
    opcode = next
    vvvv = (second >> 3 & 15) ^ 15
    guard readModRM(&reader, false) else { return false }
    switch first & 0x1f {
    case 8: return reader.number(1) != nil
    case 9: return true
    case 10: return reader.number(4) != nil
    default: return false
    }
  }

  // MARK: Operands

  private mutating func readOperands(_ reader: inout Reader, _ address32: Bool) -> Bool {
    // XOP has read its own.
    if isVector, map == .other, hasModRM { return true }
    guard !Self.isInvalid(self) else { return false }
    if Self.takesModRM(self), !readModRM(&reader, address32) { return false }
    guard let size = immediateSize(address32), let value = reader.number(size.first) else { return false }
    immediate = value
    return size.second == 0 || reader.number(size.second) != nil
  }

  private mutating func readModRM(_ reader: inout Reader, _ address32: Bool) -> Bool {
    guard let byte = reader.byte() else { return false }
    hasModRM = true
    mod = byte >> 6
    reg = (byte >> 3 & 7) | (rex & 4) << 1
    let low = byte & 7
    rm = low | (rex & 1) << 3
    guard mod != 3 else { return true }
    var base = low
    if low == 4 {
      guard let scaled = reader.byte() else { return false }
      base = scaled & 7
    }
    let size = mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0
    guard let value = reader.number(size) else { return false }
    displacement = value
    isRelativeAddress = mod == 0 && low == 5 && !address32
    return true
  }

  private static func isInvalid(_ one: X86Instruction) -> Bool {
    guard !one.isVector else { return false }
    switch one.map {
    case .one:
      switch one.opcode {
      case 0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5,
        0xd6, 0xea:
        return true
      default: return false
      }
    case .two:
      switch one.opcode {
      case 0x04, 0x0a, 0x0c, 0x24...0x27, 0x36, 0x39, 0x3b...0x3f, 0x7a, 0x7b, 0xa6, 0xa7: return true
      default: return false
      }
    default: return false
    }
  }

  private static func takesModRM(_ one: X86Instruction) -> Bool {
    let opcode = one.opcode
    switch one.map {
    case .one:
      if opcode < 0x40 { return opcode & 7 < 4 }
      switch opcode {
      case 0x63, 0x69, 0x6b, 0x80...0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0...0xd3, 0xd8...0xdf, 0xf6, 0xf7, 0xfe, 0xff:
        return true
      default: return false
      }
    case .two:
      if one.isVector { return opcode != 0x77 }
      switch opcode {
      case 0x05...0x09, 0x0b, 0x0e, 0x30...0x37, 0x77, 0x80...0x8f, 0xa0...0xa2, 0xa8...0xaa, 0xc8...0xcf: return false
      default: return true
      }
    case .three8, .threeA, .other: return true
    }
  }

  /// Bytes of the immediates; nil never, yet: every opcode that is left has a size.
  private func immediateSize(_ address32: Bool) -> (first: Int, second: Int)? {
    let short = hasOperandSize ? 2 : 4
    switch map {
    case .three8, .other: return (0, 0)
    case .threeA: return (1, 0)
    case .two:
      switch opcode {
      case 0x80...0x8f where !isVector: return (4, 0)
      case 0x70...0x73, 0xc2, 0xc4, 0xc5, 0xc6: return (1, 0)
      case 0x0f where !isVector, 0xa4 where !isVector, 0xac where !isVector, 0xba where !isVector: return (1, 0)
      // SSE4a's EXTRQ and INSERTQ.
      case 0x78 where !isVector && (hasOperandSize || repeats == 0xf2): return (1, 1)
      default: return (0, 0)
      }
    case .one:
      if opcode < 0x40 { return opcode & 7 == 4 ? (1, 0) : opcode & 7 == 5 ? (short, 0) : (0, 0) }
      switch opcode {
      case 0x6a, 0x6b, 0x70...0x7f, 0x80, 0x83, 0xa8, 0xb0...0xb7, 0xc0, 0xc1, 0xc6, 0xcd, 0xe0...0xe7, 0xeb:
        return (1, 0)
      case 0xc2, 0xca: return (2, 0)
      case 0xc8: return (2, 1)
      case 0x68, 0x69, 0x81, 0xa9, 0xc7: return (short, 0)
      case 0xe8, 0xe9: return (4, 0)
      case 0xb8...0xbf: return (isWide ? 8 : short, 0)
      case 0xa0...0xa3: return (address32 ? 4 : 8, 0)
      case 0xf6 where reg & 6 == 0: return (1, 0)
      case 0xf7 where reg & 6 == 0: return (short, 0)
      default: return (0, 0)
      }
    }
  }
}
