/// Follows a register back from a `syscall` to the places where its number is written down: along every jump and call that
/// leads there, through registers that are copied, as far as nothing unknown is on the way.
struct NumberSearch {
  /// Steps of one search, and of all searches in a program.
  private static let mostSteps = 20_000
  private let code: MachineCode
  private var budget = 2_000_000

  init(_ code: MachineCode) { self.code = code }

  /// A register before an instruction.
  private struct Point: Hashable {
    var place: Int
    var register: UInt8
    /// Only its lower 32 bits count.
    var isNarrow = false
    /// What its lowest byte becomes.
    var lowByte: UInt8?

    func value(_ constant: UInt64) -> UInt64 {
      let value = isNarrow ? constant & 0xffff_ffff : constant
      return lowByte.map { value & ~0xff | UInt64($0) } ?? value
    }
  }

  /// Nil when one of the ways there has a number that is not known.
  mutating func numbers(at systemCall: Int) -> Set<UInt32>? {
    var found: Set<UInt32> = []
    var open = [Point(place: systemCall, register: 0)]
    var seen = Set(open)
    while let point = open.popLast() {
      budget -= 1
      guard seen.count <= Self.mostSteps, budget > 0, let before = ways(to: point.place) else { return nil }
      for (place, one) in before {
        if isZero(point, after: place, one) {
          found.insert(UInt32(truncatingIfNeeded: point.value(0)))
          continue
        }
        guard let step = Self.step(point, place, one) else { return nil }
        switch step {
        case .number(let number): found.insert(UInt32(truncatingIfNeeded: number))
        case .point(let next): if seen.insert(next).inserted { open.append(next) }
        }
      }
    }
    return found.isEmpty ? nil : found
  }

  /// On one of the two ways of `test %rax, %rax; je`, the register is zero; compilers know that, too.
  private func isZero(_ point: Point, after place: Int, _ one: X86Instruction) -> Bool {
    guard let condition = one.condition else { return false }
    let isTaken = point.place != place + one.length
    guard condition == (isTaken ? 4 : 5), !code.isTaken(place), code.sources(of: place).isEmpty,
      let (_, test) = code.previous(place)
    else { return false }
    return test.isTestForZero(of: point.register)
  }

  private enum Step {
    case number(UInt64)
    case point(Point)
  }

  /// Through one instruction; nil for a value that is not known.
  private static func step(_ point: Point, _ place: Int, _ one: X86Instruction) -> Step? {
    var next = point
    next.place = place
    // Who is called has the registers of the caller.
    if case .call = one.flow, point.place != place + one.length { return .point(next) }
    guard one.writes.contains(X86Instruction.Registers(point.register)) else { return .point(next) }
    switch one.value(of: point.register) {
    case .constant(let value): return .number(point.value(value))
    case .register(let other, let isNarrow):
      next.register = other
      next.isNarrow = point.isNarrow || isNarrow
      return .point(next)
    case .lowByte(let byte):
      next.lowByte = point.lowByte ?? byte
      return .point(next)
    case .unknown: return nil
    }
  }

  /// The instructions after which this one may be next; nil when there may be others.
  private func ways(to place: Int) -> [(place: Int, instruction: X86Instruction)]? {
    guard !code.isTaken(place) else { return nil }
    var ways: [(place: Int, instruction: X86Instruction)] = []
    for source in code.sources(of: place) {
      guard let one = code.instruction(at: source) else { return nil }
      ways.append((source, one))
    }
    guard let (start, one) = code.previous(place) else { return ways.isEmpty ? nil : ways }
    // A jump over the prefix of an instruction (a lock that one processor does not need).
    for inside in (start + 1)..<max(start + 1, place) {
      guard !code.isTaken(inside) else { return nil }
      guard !code.sources(of: inside).isEmpty else { continue }
      guard let rest = code.instruction(at: inside), rest.length == place - inside else { return nil }
      ways.append((inside, rest))
    }
    if goesOn(one), !isDead(start, one) { ways.append((start, one)) }
    return ways.isEmpty ? nil : ways
  }

  private func goesOn(_ one: X86Instruction) -> Bool {
    switch one.flow {
    case .next, .call, .indirectCall, .jump(_, goesOn: true): true
    case .jump(_, goesOn: false), .ends: false
    }
  }

  /// What fills the space behind an instruction that does not go on.
  private func isDead(_ start: Int, _ one: X86Instruction) -> Bool {
    var (place, one) = (start, one)
    while one.isPadding, !code.isTaken(place), code.sources(of: place).isEmpty {
      guard let before = code.previous(place) else { return true }
      guard goesOn(before.instruction) else { return true }
      (place, one) = before
    }
    return false
  }
}
