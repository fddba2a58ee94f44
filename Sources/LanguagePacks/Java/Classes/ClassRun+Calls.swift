/// Fields and calls of the method that is read.
extension ClassRun {
  mutating func field(_ i: ClassCode.Instruction) {
    guard let member = try? file.pool.member(i.operand) else { return }
    let isWide = ClassType.isWide(member.type)
    switch i.opcode {
    case 0xb2: push(listener.field(member), wide: isWide)
    case 0xb4:
      pop()
      push(listener.field(member), wide: isWide)
    default:
      let value = pop(wide: isWide)
      if i.opcode == 0xb5 { pop() }
      listener.store(value, to: member)
    }
  }

  mutating func invoke(_ i: ClassCode.Instruction) {
    if i.opcode == 0xba { return invokeDynamic(i) }
    guard let member = try? file.pool.member(i.operand) else { return }
    let arguments = popArguments(member.type)
    let receiver = i.opcode == 0xb8 ? nil : pop()
    let result = listener.call(
      ClassCall(member: member, receiver: receiver, arguments: arguments, place: place(i.start)), &self)
    pushResult(result, member.type)
  }

  private mutating func popArguments(_ type: String) -> [ClassValue] {
    ClassType.parameters(type).reversed().map { pop(wide: ClassType.isWide($0)) }.reversed()
  }

  private mutating func pushResult(_ value: ClassValue, _ type: String) {
    let result = ClassType.result(type)
    if result != "V" { push(value, wide: ClassType.isWide(result)) }
  }

  /// Texts that are joined, and methods as values.
  private mutating func invokeDynamic(_ i: ClassCode.Instruction) {
    guard case .dynamic(let bootstrap, let pair) = file.pool[i.operand],
      let (name, type) = try? file.pool.nameAndType(pair)
    else { return }
    let arguments = popArguments(type)
    guard file.bootstraps.indices.contains(bootstrap) else { return pushResult(.unknown, type) }
    let known = file.bootstraps[bootstrap]
    let maker = try? file.pool.handle(known.handle)
    if maker?.owner == "java/lang/invoke/StringConcatFactory" {
      let recipe = known.arguments.first.flatMap { constantText($0) }
      return pushResult(concatenation(name == "makeConcatWithConstants" ? recipe : nil, arguments, known), type)
    }
    for index in known.arguments {
      if let target = try? file.pool.handle(index) {
        listener.reference(target, captured: arguments, at: place(i.start))
      }
    }
    pushResult(.unknown, type)
  }

  private func constantText(_ index: Int) -> String? {
    switch file.pool[index] {
    case .named(8, let text): try? file.pool.text(text)
    case .integer(let number): String(number)
    default: nil
    }
  }

  /// U+0001 stands for an argument, U+0002 for a constant.
  private func concatenation(_ recipe: String?, _ arguments: [ClassValue], _ known: ClassFile.Bootstrap) -> ClassValue {
    guard let recipe else { return arguments.dropFirst().reduce(arguments.first ?? .text("")) { $0.followed(by: $1) } }
    var out = ClassValue.text("")
    var literal = ""
    var (next, constant) = (0, 1)
    for scalar in recipe.unicodeScalars {
      guard scalar.value == 1 || scalar.value == 2 else {
        literal.unicodeScalars.append(scalar)
        continue
      }
      out = out.followed(by: .text(literal))
      literal = ""
      if scalar.value == 1 {
        out = out.followed(by: arguments.indices.contains(next) ? arguments[next] : .unknown)
        next += 1
      } else {
        let text = known.arguments.indices.contains(constant) ? constantText(known.arguments[constant]) : nil
        out = out.followed(by: text.map { .text($0) } ?? .unknown)
        constant += 1
      }
    }
    return literal.isEmpty ? out : out.followed(by: .text(literal))
  }
}
