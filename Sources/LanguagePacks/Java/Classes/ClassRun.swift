/// One call of a method, with what is known of its arguments.
struct ClassCall {
  var member: ClassPool.Member
  /// Nil for static ones.
  var receiver: ClassValue?
  var arguments: [ClassValue]
  /// The class and method that it stands in.
  var place: Place
  /// Whether a missing value ends the method, for a variable of the environment that is looked at right after.
  struct Place {
    var owner: String
    var method: String
    var line: Int?
  }
  /// `java/lang/System.getenv`
  var name: String { "\(member.owner).\(member.name)" }
}

/// What a method does with constants: its instructions once from the first to the last, where two ways meet either value.
/// What a loop changes is not known in it. Nothing is run.
struct ClassRun {
  protocol Listener: AnyObject {
    /// Returns what is known of the result.
    func call(_ call: ClassCall, _ run: inout ClassRun) -> ClassValue
    func field(_ member: ClassPool.Member) -> ClassValue
    func store(_ value: ClassValue, to member: ClassPool.Member)
    func result(_ value: ClassValue, of method: ClassPool.Member)
    /// A method as a value: `captured` are its first arguments.
    func reference(_ member: ClassPool.Member, captured: [ClassValue], at place: ClassCall.Place)
    /// The program ends or throws where that variable is not there.
    func required(_ variable: String, at place: ClassCall.Place)
  }
  private struct State {
    var stack: [ClassValue]
    var locals: [ClassValue]
  }
  /// What arrays, builders and other objects were given.
  var objects: [[ClassValue]] = []

  let file: ClassFile
  let method: ClassFile.Member
  let code: ClassCode
  unowned let listener: any Listener
  private var waiting: [Int: State] = [:]
  private var state: State?
  private var work = 0

  /// More of these slots are not looked at.
  private static let mostLocals = 400
  private static let mostWork = 4_000_000
  private static let mostObjects = 4096

  init?(_ file: ClassFile, _ method: ClassFile.Member, parameters: [ClassValue], _ listener: any Listener) {
    guard let code = method.code else { return nil }
    self.file = file
    self.method = method
    self.code = code
    self.listener = listener
    var locals = [ClassValue](repeating: .unknown, count: min(code.locals, Self.mostLocals))
    var slot = method.isStatic ? 0 : 1
    for (type, value) in zip(ClassType.parameters(method.type), parameters) {
      if locals.indices.contains(slot) { locals[slot] = value }
      slot += ClassType.isWide(type) ? 2 : 1
    }
    state = State(stack: [], locals: locals)
  }

  func place(_ start: Int) -> ClassCall.Place {
    ClassCall.Place(owner: file.name, method: method.name, line: code.line(at: start))
  }

  /// False when the method is too large to be read to its end.
  mutating func run() -> Bool {
    let loops = Dictionary(grouping: backJumps(), by: \.start).mapValues { $0.map(\.end).max() ?? 0 }
    let handlers = Set(code.handlers)
    for (index, instruction) in code.instructions.enumerated() {
      work += 1
      enter(instruction.start, handlers)
      if let end = loops[instruction.start] { forget(from: index, to: end) }
      guard state != nil else { continue }
      guard work < Self.mostWork, objects.count < Self.mostObjects else { return false }
      step(instruction, index)
    }
    return true
  }

  private mutating func enter(_ start: Int, _ handlers: Set<Int>) {
    if let other = waiting.removeValue(forKey: start) {
      state = state.map { merge($0, other) } ?? other
    }
    if handlers.contains(start) {
      // Whatever was known may be half done.
      state = State(stack: [.unknown], locals: (state?.locals ?? []).map { _ in .unknown })
      if state?.locals.isEmpty != false {
        state?.locals = [ClassValue](repeating: .unknown, count: min(code.locals, Self.mostLocals))
      }
    }
  }

  private mutating func merge(_ a: State, _ b: State) -> State {
    work += a.locals.count + a.stack.count
    let height = min(a.stack.count, b.stack.count)
    return State(
      stack: (0..<height).map { a.stack[$0].or(b.stack[$0]) },
      locals: (0..<min(a.locals.count, b.locals.count)).map { a.locals[$0].or(b.locals[$0]) })
  }

  private func backJumps() -> [(start: Int, end: Int)] {
    code.instructions.flatMap { instruction in
      instruction.targets.filter { $0 <= instruction.start }.map { (start: $0, end: instruction.start) }
    }
  }

  /// Before a loop: what it stores.
  private mutating func forget(from index: Int, to end: Int) {
    var next = index
    while next < code.instructions.count, code.instructions[next].start <= end {
      work += 1
      let instruction = code.instructions[next]
      if let slot = Self.stored(instruction), let count = state?.locals.count, slot < count {
        state?.locals[slot] = .unknown
        if slot + 1 < count, [0x37, 0x39].contains(instruction.opcode) { state?.locals[slot + 1] = .unknown }
      }
      next += 1
    }
  }

  private static func stored(_ instruction: ClassCode.Instruction) -> Int? {
    switch instruction.opcode {
    case 0x36...0x3a, 0x84: instruction.operand
    case 0x3b...0x4e: (instruction.opcode - 0x3b) % 4
    default: nil
    }
  }

  // MARK: Stack

  mutating func push(_ value: ClassValue, wide: Bool = false) {
    state?.stack.append(value)
    if wide { state?.stack.append(.unknown) }
  }

  @discardableResult
  mutating func pop(wide: Bool = false) -> ClassValue {
    if wide { _ = state?.stack.popLast() }
    return state?.stack.popLast() ?? .unknown
  }

  mutating func drop(_ count: Int) { for _ in 0..<count { pop() } }

  private func local(_ slot: Int) -> ClassValue {
    guard let locals = state?.locals, locals.indices.contains(slot) else { return .unknown }
    return locals[slot]
  }

  private mutating func setLocal(_ slot: Int, _ value: ClassValue) {
    guard state?.locals.indices.contains(slot) == true else { return }
    state?.locals[slot] = value
  }

  mutating func object(_ parts: [ClassValue]) -> Int {
    objects.append(parts)
    return objects.count - 1
  }

  /// What an array was filled with, as far as its length is known.
  func elements(_ value: ClassValue) -> [ClassValue]? {
    value.object.flatMap { objects.indices.contains($0) ? objects[$0] : nil }
  }

  // MARK: Instructions

  private mutating func step(_ i: ClassCode.Instruction, _ index: Int) {
    switch i.opcode {
    case 0x00: break
    case 0x01: push(.null)
    case 0x02...0x08: push(.number(Int64(i.opcode - 3)))
    case 0x09, 0x0a: push(.number(Int64(i.opcode - 9)), wide: true)
    case 0x0b...0x0d: push(.unknown)
    case 0x0e, 0x0f: push(.unknown, wide: true)
    case 0x10, 0x11: push(.number(Int64(i.operand)))
    case 0x12...0x14: constant(i.operand, wide: i.opcode == 0x14)
    case 0x15, 0x17, 0x19: push(local(i.operand))
    case 0x16, 0x18: push(local(i.operand), wide: true)
    case 0x1a...0x2d:
      let kind = (i.opcode - 0x1a) / 4
      push(local((i.opcode - 0x1a) % 4), wide: kind == 1 || kind == 3)
    case 0x2e...0x35: loadElement(wide: i.opcode == 0x2f || i.opcode == 0x31)
    case 0x36, 0x38, 0x3a: setLocal(i.operand, pop())
    case 0x37, 0x39: setLocal(i.operand, pop(wide: true))
    case 0x3b...0x4e:
      let kind = (i.opcode - 0x3b) / 4
      setLocal((i.opcode - 0x3b) % 4, pop(wide: kind == 1 || kind == 3))
    case 0x4f...0x56: storeElement(wide: i.opcode == 0x50 || i.opcode == 0x52)
    case 0x57: pop()
    case 0x58: drop(2)
    case 0x59...0x5f: shuffle(i.opcode)
    case 0x60...0x83: arithmetic(i.opcode)
    case 0x84: setLocal(i.operand, .unknown)
    case 0x85...0x93: convert(i.opcode)
    case 0x94: compare(4)
    case 0x95, 0x96: compare(2)
    case 0x97, 0x98: compare(4)
    case 0x99...0xa6, 0xc6, 0xc7: branch(i, index)
    case 0xa7, 0xc8: jump(i.targets, ends: true)
    case 0xa8, 0xc9:
      push(.unknown)
      jump(i.targets, ends: false)
      pop()
    case 0xa9: state = nil
    case 0xaa, 0xab:
      pop()
      jump(i.targets, ends: true)
    case 0xac...0xb1: finish(i.opcode)
    case 0xb2...0xb5: field(i)
    case 0xb6...0xba: invoke(i)
    default: rest(i)
    }
  }

  private mutating func rest(_ i: ClassCode.Instruction) {
    switch i.opcode {
    case 0xbb: push(ClassValue(object: object([]), type: try? file.pool.className(i.operand)))
    case 0xbc, 0xbd: makeArray()
    case 0xbe:
      let count = elements(pop())?.count
      push(count.map { .number(Int64($0)) } ?? .unknown)
    case 0xbf: state = nil
    case 0xc0: break
    case 0xc1:
      pop()
      push(.unknown)
    case 0xc2, 0xc3: pop()
    case 0xc5:
      drop(i.second)
      push(.unknown)
    default: break
    }
  }

  private mutating func constant(_ index: Int, wide: Bool) {
    switch file.pool[index] {
    case .integer(let number): push(.number(number), wide: wide)
    case .named(8, let text): push((try? file.pool.text(text)).map { .text($0) } ?? .unknown)
    case .named(7, let name): push(ClassValue(type: (try? file.pool.text(name)).map { "class \($0)" }))
    default: push(.unknown, wide: wide)
    }
  }

  private mutating func makeArray() {
    guard let count = pop().integer, (0...256).contains(count) else { return push(.unknown) }
    push(ClassValue(object: object([ClassValue](repeating: .unknown, count: count))))
  }

  private mutating func loadElement(wide: Bool) {
    let index = pop().integer
    let list = elements(pop())
    guard let list, !list.isEmpty else { return push(.unknown, wide: wide) }
    if let index, list.indices.contains(index) { return push(list[index], wide: wide) }
    work += list.count
    push(list.dropFirst().reduce(list[0]) { $0.or($1) }, wide: wide)
  }

  private mutating func storeElement(wide: Bool) {
    let value = pop(wide: wide)
    let index = pop().integer
    guard let array = pop().object, objects.indices.contains(array) else { return }
    if let index, objects[array].indices.contains(index) {
      objects[array][index] = value
    } else {
      objects[array] = objects[array].map { _ in .unknown }
    }
  }

  private mutating func shuffle(_ opcode: Int) {
    let depth = [0x59: (1, 0), 0x5a: (1, 1), 0x5b: (1, 2), 0x5c: (2, 0), 0x5d: (2, 1), 0x5e: (2, 2)]
    guard let (count, below) = depth[opcode] else {
      let (a, b) = (pop(), pop())
      push(a)
      return push(b)
    }
    guard let height = state?.stack.count, height >= count + below, let top = state?.stack.suffix(count) else { return }
    state?.stack.insert(contentsOf: Array(top), at: height - count - below)
  }

  private mutating func arithmetic(_ opcode: Int) {
    // Four types in a row; shifts take an int beside a long.
    let isWide = opcode < 0x78 ? opcode % 4 == 1 || opcode % 4 == 3 : opcode % 2 == 1
    let isUnary = (0x74...0x77).contains(opcode)
    if !isUnary { drop((0x78...0x7d).contains(opcode) ? 1 : isWide ? 2 : 1) }
    drop(isWide ? 2 : 1)
    push(.unknown, wide: isWide)
  }

  private mutating func convert(_ opcode: Int) {
    let from: Set<Int> = [0x88, 0x89, 0x8a, 0x8e, 0x8f, 0x90]
    let to: Set<Int> = [0x85, 0x87, 0x8a, 0x8c, 0x8d, 0x8f]
    let value = pop(wide: from.contains(opcode))
    let keeps = [0x85, 0x88].contains(opcode) || opcode >= 0x91
    push(keeps ? value : .unknown, wide: to.contains(opcode))
  }

  private mutating func compare(_ slots: Int) {
    drop(slots)
    push(.unknown)
  }

  // MARK: Jumps

  private mutating func jump(_ targets: [Int], ends: Bool) {
    guard let state else { return }
    for target in targets {
      work += state.locals.count
      waiting[target] = waiting[target].map { merge($0, state) } ?? state
    }
    if ends { self.state = nil }
  }

  private mutating func branch(_ i: ClassCode.Instruction, _ index: Int) {
    let isPair = (0x9f...0xa6).contains(i.opcode)
    let value = pop()
    if isPair { pop() }
    if i.opcode == 0xc6 || i.opcode == 0xc7, !value.variables.isEmpty {
      let missing = i.opcode == 0xc7 ? index + 1 : code.instructions.firstIndex { $0.start == i.targets[0] }
      if let missing, endsBadly(missing) {
        for variable in value.variables { listener.required(variable, at: place(i.start)) }
      }
    }
    jump(i.targets, ends: false)
  }

  /// Whether what is run from there throws or ends the program before anything else.
  private func endsBadly(_ start: Int) -> Bool {
    for instruction in code.instructions[start...].prefix(60) {
      if instruction.opcode == 0xbf { return true }
      if instruction.opcode == 0xb8, let member = try? file.pool.member(instruction.operand),
        member.owner == "java/lang/System", member.name == "exit"
      {
        return true
      }
      if !instruction.targets.isEmpty || (0xac...0xb1).contains(instruction.opcode) { return false }
    }
    return false
  }

  private mutating func finish(_ opcode: Int) {
    if opcode != 0xb1 {
      let value = pop(wide: opcode == 0xad || opcode == 0xaf)
      listener.result(value, of: .init(owner: file.name, name: method.name, type: method.type))
    }
    state = nil
  }
}
