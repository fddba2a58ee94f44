/// What an instruction does to the general registers, and where it goes on; only as much as a number needs on its way from
/// where it is written down to a `syscall`.
extension X86Instruction {
  /// General registers by their bits, RAX lowest.
  struct Registers: OptionSet, Hashable {
    let rawValue: UInt16
    init(rawValue: UInt16) { self.rawValue = rawValue }
    init(_ number: UInt8) { rawValue = 1 << UInt16(number & 15) }

    static let none: Registers = []
    static let all = Registers(rawValue: .max)
    static let rax = Registers(0)
    static let rcx = Registers(1)
    static let rdx = Registers(2)
    static let rbx = Registers(3)
    static let rsp = Registers(4)
    static let rbp = Registers(5)
    static let rsi = Registers(6)
    static let rdi = Registers(7)
    /// That a function may leave changed (System V ABI, x86-64, 3.2.1).
    static let callerSaved: Registers = [
      .rax, .rcx, .rdx, .rsi, .rdi, Registers(8), Registers(9), Registers(10), Registers(11),
    ]
  }

  enum Flow: Hashable {
    case next
    /// To the displacement behind the instruction; `returns`: and to the next one.
    case jump(Int64, goesOn: Bool)
    case call(Int64)
    case indirectCall
    /// Somewhere that is not known, or nowhere.
    case ends
  }

  var flow: Flow {
    guard !isVector else { return .next }
    switch (map, opcode) {
    case (.one, 0x70...0x7f), (.one, 0xe0...0xe3), (.two, 0x80...0x8f): return .jump(immediate, goesOn: true)
    case (.one, 0xe8): return .call(immediate)
    case (.one, 0xe9), (.one, 0xeb): return .jump(immediate, goesOn: false)
    case (.one, 0xc2), (.one, 0xc3), (.one, 0xca), (.one, 0xcb), (.one, 0xcf), (.one, 0xf4), (.two, 0x0b), (.two, 0xff),
      (.two, 0xb9), (.two, 0x07):
      return .ends
    case (.one, 0xff) where reg & 7 == 2 || reg & 7 == 3: return .indirectCall
    case (.one, 0xff) where reg & 7 == 4 || reg & 7 == 5: return .ends
    default: return .next
    }
  }

  /// SYSCALL.
  var isSystemCall: Bool { !isVector && map == .two && opcode == 0x05 }
  /// The other ways into the kernel: INT 80h with the numbers of 32 bits, SYSENTER.
  var isOtherSystemCall: Bool {
    !isVector && (map == .one && opcode == 0xcd && immediate & 0xff == 0x80 || map == .two && opcode == 0x34)
  }
  /// What fills the space between functions: NOP in all its lengths, INT3.
  var isPadding: Bool {
    guard !isVector else { return false }
    switch (map, opcode) {
    case (.one, 0x90), (.one, 0xcc), (.two, 0x1f): return true
    // `xchg %ax,%ax`, and the `lea` and `mov` of older assemblers onto themselves are not: they may stand in code.
    default: return false
    }
  }

  // MARK: Registers

  private var register: Registers { Registers(reg) }
  private var operand: Registers { mod == 3 ? Registers(rm) : .none }
  /// AH, CH, DH and BH are parts of the first four; which, without REX, the number alone does not tell.
  private func byte(_ number: UInt8) -> Registers { [Registers(number), Registers(number & 3)] }
  private var byteOperand: Registers { mod == 3 ? byte(rm) : .none }

  /// Registers that are something else afterwards; all where it is not known.
  var writes: Registers {
    if isVector { return vectorWrites }
    switch map {
    case .one: return oneByteWrites
    case .two: return twoByteWrites
    case .three8: return opcode >= 0xf0 ? [register, operand] : .none
    case .threeA: return (0x14...0x17).contains(opcode) ? operand : (0x60...0x63).contains(opcode) ? .rcx : .none
    case .other: return .all
    }
  }

  private var vectorWrites: Registers {
    switch map {
    case .two:
      switch opcode {
      case 0x2c, 0x2d, 0x50, 0x78, 0x79, 0x93, 0xc5, 0xd7: return register
      case 0x7e: return operand
      default: return .none
      }
    case .three8: return opcode >= 0xf0 ? [register, Registers(vvvv)] : .none
    case .threeA: return [(0x14...0x17).contains(opcode) ? operand : .none, opcode >= 0xf0 ? register : .none, .rcx]
    default: return .all
    }
  }

  private var oneByteWrites: Registers {
    // CMP keeps its operands.
    if (0x38...0x3f).contains(opcode) { return .none }
    if opcode < 0x38 {
      switch opcode & 7 {
      case 0: return byteOperand
      case 1: return operand
      case 2: return byte(reg)
      case 3: return register
      default: return .rax
      }
    }
    switch opcode {
    case 0x50...0x57, 0x68, 0x6a: return .rsp
    case 0x58...0x5f: return [Registers(opcode & 7 | (rex & 1) << 3), .rsp]
    case 0x63, 0x69, 0x6b, 0x8b, 0x8d: return register
    case 0x8a: return byte(reg)
    case 0x6c...0x6f: return [.rdi, .rsi, .rcx]
    case 0x70...0x7f, 0x84, 0x85, 0x8e, 0x9b, 0x9c, 0x9d, 0x9e, 0xa2, 0xa3, 0xa8, 0xa9: return .none
    case 0x80...0x83: return reg & 7 == 7 ? .none : opcode == 0x80 ? byteOperand : operand
    case 0x89, 0x8c, 0x8f, 0xc1, 0xc7, 0xd1, 0xd3: return operand
    case 0x86: return [byte(reg), byteOperand]
    case 0x87: return [register, operand]
    case 0x88, 0xc0, 0xc6, 0xd0, 0xd2: return byteOperand
    case 0x90 where rex & 1 == 0: return .none
    case 0x90...0x97: return [.rax, Registers(opcode & 7 | (rex & 1) << 3)]
    case 0x98, 0x9f, 0xa0, 0xa1, 0xd7, 0xe4, 0xe5, 0xec, 0xed: return .rax
    case 0x99: return .rdx
    case 0xa4...0xa7, 0xaa...0xaf: return [.rsi, .rdi, .rcx, .rax]
    case 0xb0...0xb7: return byte(opcode & 7 | (rex & 1) << 3)
    case 0xb8...0xbf: return Registers(opcode & 7 | (rex & 1) << 3)
    case 0xc8, 0xc9: return [.rbp, .rsp]
    case 0xcc, 0xf5, 0xf8...0xfd, 0xe6, 0xe7, 0xee, 0xef, 0xf4, 0xe9, 0xeb: return .none
    case 0xd8...0xde: return .none
    case 0xdf: return mod == 3 ? .rax : .none
    case 0xe0...0xe3: return .rcx
    case 0xe8: return .callerSaved
    case 0xf6 where reg & 7 < 2, 0xf7 where reg & 7 < 2: return .none
    case 0xf6: return reg & 7 < 4 ? byteOperand : .rax
    case 0xf7: return reg & 7 < 4 ? operand : [.rax, .rdx]
    case 0xfe: return byteOperand
    case 0xff:
      switch reg & 7 {
      case 0, 1: return operand
      case 2, 3: return .callerSaved
      case 6: return .rsp
      default: return .none
      }
    // A trap: what it leaves is not known.
    default: return .all
    }
  }

  private var twoByteWrites: Registers {
    switch opcode {
    case 0x05: return [.rax, .rcx, Registers(11)]
    case 0x0d, 0x10...0x1f, 0x28...0x2b, 0x2e, 0x2f, 0x51...0x7d, 0x7f, 0x80...0x8f, 0xa0, 0xa3, 0xa8, 0xc2, 0xc3, 0xc4,
      0xc6, 0xd0...0xd6, 0xd8...0xfe, 0x0b, 0x06, 0x08, 0x09, 0x77:
      // RDSSP; ENDBR is the same opcode with another register.
      return repeats == 0xf3 && opcode == 0x1e && reg & 7 == 1 ? operand : .none
    case 0x02, 0x03, 0x2c, 0x2d, 0x40...0x50, 0xaf, 0xb2, 0xb4...0xb8, 0xbc...0xbf, 0xc5, 0xd7: return register
    case 0x7e: return repeats == 0xf3 ? .none : operand
    case 0x90...0x9f: return byteOperand
    case 0x31, 0x33: return [.rax, .rdx]
    case 0xa2: return [.rax, .rbx, .rcx, .rdx]
    case 0xa1, 0xa9: return .rsp
    case 0xa4, 0xa5, 0xab, 0xac, 0xad, 0xb3, 0xbb, 0xae: return operand
    case 0xba: return reg & 7 == 4 ? .none : operand
    case 0xb0, 0xb1: return [.rax, byteOperand, operand]
    case 0xc0, 0xc1: return [byte(reg), byteOperand, register, operand]
    case 0xc7: return [.rax, .rdx, operand]
    case 0xc8...0xcf: return Registers(opcode & 7 | (rex & 1) << 3)
    default: return .all
    }
  }

  /// Of a jump that may go on: 4 where the last result was zero, 5 where it was not.
  var condition: UInt8? {
    guard !isVector else { return nil }
    switch (map, opcode) {
    case (.one, 0x70...0x7f), (.two, 0x80...0x8f): return opcode & 15
    default: return nil
    }
  }

  /// `test %eax, %eax`
  func isTestForZero(of number: UInt8) -> Bool {
    !isVector && map == .one && opcode == 0x85 && mod == 3 && reg == rm && rm == number && !hasOperandSize
  }

  // MARK: Values

  /// Where the value of a register comes from that this instruction writes.
  enum Value: Hashable {
    case constant(UInt64)
    /// The same as another register had before; `isNarrow`: its lower 32 bits.
    case register(UInt8, isNarrow: Bool)
    /// As before, with another lowest byte.
    case lowByte(UInt8)
    case unknown
  }

  func value(of number: UInt8) -> Value {
    guard !isVector, map == .one else { return .unknown }
    let low = opcode & 7 | (rex & 1) << 3
    switch opcode {
    case 0xb8...0xbf where low == number && !hasOperandSize: return .constant(narrow(immediate))
    case 0xc7 where mod == 3 && rm == number && reg & 7 == 0 && !hasOperandSize:
      return .constant(narrow(immediate))
    case 0x31 where mod == 3 && reg == rm && rm == number, 0x33 where mod == 3 && reg == rm && rm == number,
      0x29 where mod == 3 && reg == rm && rm == number, 0x2b where mod == 3 && reg == rm && rm == number:
      return .constant(0)
    case 0xb0...0xb3 where opcode & 3 == number && rex & 1 == 0: return .lowByte(UInt8(truncatingIfNeeded: immediate))
    case 0x89 where mod == 3 && rm == number && !hasOperandSize: return .register(reg, isNarrow: !isWide)
    case 0x8b where mod == 3 && reg == number && !hasOperandSize: return .register(rm, isNarrow: !isWide)
    case 0x63 where mod == 3 && reg == number && isWide: return .register(rm, isNarrow: true)
    default: return .unknown
    }
  }

  /// A register of 32 bits has zeros above them.
  private func narrow(_ value: Int64) -> UInt64 {
    isWide ? UInt64(bitPattern: value) : UInt64(UInt32(truncatingIfNeeded: value))
  }
}
