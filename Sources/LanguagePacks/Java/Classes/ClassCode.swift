internal import PackCore

/// The instructions of a method (JVM specification, chapter 6), with where each begins.
struct ClassCode {
  struct Line {
    var start: Int
    var line: Int
  }
  struct Instruction {
    var start: Int
    var opcode: Int
    /// An index, constant or local variable.
    var operand = 0
    /// The second one of iinc.
    var second = 0
    /// Where a jump goes; several for a switch.
    var targets: [Int] = []
  }
  let instructions: [Instruction]
  let stack: Int
  let locals: Int
  /// Where exceptions are caught.
  let handlers: [Int]
  private let lines: [Line]

  init(_ bytes: ArraySlice<UInt8>, stack: Int, locals: Int, handlers: [Int], lines: [Line]) throws {
    guard bytes.count < 1 << 16 else { throw ClassBytes.failure("a method has more than 65535 bytes") }
    var input = ClassBytes(bytes)
    let base = bytes.startIndex
    var instructions: [Instruction] = []
    while !input.isAtEnd {
      let start = input.offset - base
      instructions.append(try Self.instruction(&input, start))
    }
    self.instructions = instructions
    self.stack = stack
    self.locals = locals
    self.handlers = handlers
    self.lines = lines
  }

  /// Nil where the compiler left no lines.
  func line(at start: Int) -> Int? { lines.last { $0.start <= start }?.line }

  private static func instruction(_ input: inout ClassBytes, _ start: Int) throws -> Instruction {
    let opcode = try input.byte()
    var out = Instruction(start: start, opcode: opcode)
    switch opcode {
    case 0x10: out.operand = Int(Int8(truncatingIfNeeded: try input.byte()))
    case 0x11: out.operand = try input.signedShort()
    case 0x12, 0x15...0x19, 0x36...0x3a, 0xa9, 0xbc: out.operand = try input.byte()
    case 0x13, 0x14, 0xb2...0xb8, 0xbb, 0xbd, 0xc0, 0xc1: out.operand = try input.short()
    case 0x84: (out.operand, out.second) = (try input.byte(), Int(Int8(truncatingIfNeeded: try input.byte())))
    case 0x99...0xa8, 0xc6, 0xc7: out.targets = [start + (try input.signedShort())]
    case 0xaa, 0xab: out.targets = try switched(&input, start, isTable: opcode == 0xaa)
    case 0xb9, 0xba:
      out.operand = try input.short()
      _ = try input.short()
    case 0xc4:
      out.opcode = try input.byte()
      out.operand = try input.short()
      if out.opcode == 0x84 { out.second = try input.signedShort() }
    case 0xc5: (out.operand, out.second) = (try input.short(), try input.byte())
    case 0xc8, 0xc9: out.targets = [start + (try input.signedWord())]
    case 0xca...0xff: throw ClassBytes.failure("a method has the unknown instruction \(opcode)")
    default: break
    }
    return out
  }

  private static func switched(_ input: inout ClassBytes, _ start: Int, isTable: Bool) throws -> [Int] {
    // Padded to a multiple of four from the start of the method.
    _ = try input.take((4 - (start + 1) % 4) % 4)
    var targets = [start + (try input.signedWord())]
    if isTable {
      let (low, high) = (try input.signedWord(), try input.signedWord())
      guard low <= high, high - low < input.left / 4 + 1 else {
        throw ClassBytes.failure("a switch is longer than its method")
      }
      for _ in low...high { targets.append(start + (try input.signedWord())) }
    } else {
      let count = try input.signedWord()
      guard count >= 0, count <= input.left / 8 else { throw ClassBytes.failure("a switch is longer than its method") }
      for _ in 0..<count {
        _ = try input.word()
        targets.append(start + (try input.signedWord()))
      }
    }
    return targets
  }
}
