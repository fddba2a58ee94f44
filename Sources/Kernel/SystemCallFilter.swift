internal import PackCore

/// The program of a seccomp filter (seccomp(2), classic BPF): a machine's program makes the system calls of a closed set,
/// and any other one ends it with SIGSYS. The guest's init puts it in force as it is.
///
///     0   load the architecture            4   a search tree over the bounds of the allowed ranges,
///     1   the machine's? else kill             each node: number >= bound ? right : left
///     2   load the call's number           …   leaves: allow, kill
struct SystemCallFilter {
  struct Instruction: Hashable {
    var code: UInt16
    var whenTrue: UInt8 = 0
    var whenFalse: UInt8 = 0
    var operand: UInt32
  }
  let instructions: [Instruction]

  private enum Code {
    static let load: UInt16 = 0x20
    static let jump: UInt16 = 0x05
    static let jumpIfEqual: UInt16 = 0x15
    static let jumpIfAtLeast: UInt16 = 0x35
    static let result: UInt16 = 0x06
  }
  static let allow = Instruction(code: Code.result, operand: 0x7fff_0000)
  static let kill = Instruction(code: Code.result, operand: 0x8000_0000)

  /// AUDIT_ARCH_X86_64
  private static let architecture: UInt32 = 0xc000_003e
  /// What the start itself needs once the filter is in force (execve, and write and exit_group when that fails), and what
  /// the kernel makes a program call: exit, rt_sigreturn, restart_syscall.
  static let always: Set<UInt32> = [1, 15, 59, 60, 219, 231]

  init(allowing calls: Set<UInt32>) {
    let head = [
      Instruction(code: Code.load, operand: 4),
      Instruction(code: Code.jumpIfEqual, whenTrue: 1, operand: Self.architecture), Self.kill,
      Instruction(code: Code.load, operand: 0),
    ]
    let bounds = Self.bounds(calls.union(Self.always).sorted())
    instructions = head + Self.tree(bounds[...], isAllowed: false)
  }

  /// Where the answer changes: at each one from no to yes or back.
  private static func bounds(_ calls: [UInt32]) -> [UInt32] {
    var bounds: [UInt32] = []
    for call in calls {
      if bounds.last == call { bounds.removeLast() } else { bounds.append(call) }
      bounds.append(call + 1)
    }
    return bounds
  }

  /// `isAllowed`: the answer below the first bound.
  private static func tree(_ bounds: ArraySlice<UInt32>, isAllowed: Bool) -> [Instruction] {
    guard !bounds.isEmpty else { return [isAllowed ? allow : kill] }
    let middle = bounds.startIndex + bounds.count / 2
    let left = tree(bounds[..<middle], isAllowed: isAllowed)
    // Each bound that is passed turns the answer round.
    let passed = middle + 1 - bounds.startIndex
    let right = tree(bounds[(middle + 1)...], isAllowed: passed % 2 == 0 ? isAllowed : !isAllowed)
    var node = Instruction(code: Code.jumpIfAtLeast, operand: bounds[middle])
    if left.count <= 255 {
      node.whenTrue = UInt8(left.count)
      return [node] + left + right
    }
    node.whenFalse = 1
    return [node, Instruction(code: Code.jump, operand: UInt32(left.count))] + left + right
  }

  /// `struct sock_filter`, one after the other.
  var bytes: [UInt8] {
    instructions.flatMap { instruction -> [UInt8] in
      let code = instruction.code
      return [UInt8(code & 255), UInt8(code >> 8), instruction.whenTrue, instruction.whenFalse]
        + (0..<4).map { UInt8(truncatingIfNeeded: instruction.operand >> UInt32(8 * $0)) }
    }
  }
}
