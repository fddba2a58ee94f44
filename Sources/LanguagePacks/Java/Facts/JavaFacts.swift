internal import PackCore
internal import Packs

/// What the program's classes say of it: annotations of the common frameworks, and what is given to methods that listen,
/// connect, write, or read the environment. Libraries are not read.
final class JavaFacts {
  private static let method = "class files: annotations, and constants at calls"
  /// Constants travel through so many fields, results and arguments.
  private static let rounds = 4

  let classes: [String: JavaClasses.Source]
  let ordered: [JavaClasses.Source]
  private(set) var findings = SourceFindings(method: JavaFacts.method)
  let settings: JavaSettings
  /// The program's own classes by what they extend or implement.
  private(set) var children: [String: [String]] = [:]

  private var fields: [ClassPool.Member: ClassValue] = [:]
  private var results: [ClassPool.Member: ClassValue] = [:]
  private var parameters: [ClassPool.Member: [ClassValue]] = [:]
  private var nextFields: [ClassPool.Member: ClassValue] = [:]
  private var nextResults: [ClassPool.Member: ClassValue] = [:]
  private var nextParameters: [ClassPool.Member: [ClassValue]] = [:]
  /// The last round: what is found counts.
  private var counts = false
  /// Texts that some call took.
  var used: Set<String> = []
  /// Variables without which the program ends, and those that it reads.
  private var required: Set<String> = []
  private var read: [(name: String, place: SourceFact.Place)] = []

  init(_ found: JavaClasses, settings: JavaSettings) {
    ordered = found.all
    classes = Dictionary(found.all.map { ($0.file.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.settings = settings
    for source in found.all {
      for parent in [source.file.superName].compactMap({ $0 }) + source.file.interfaces {
        children[parent, default: []].append(source.file.name)
      }
    }
    for problem in found.problems { findings.addDoubt(SourceKind.allCases, problem) }
    if found.all.isEmpty {
      findings.addDoubt(SourceKind.allCases, "there are no classes of the program: they are read after its build")
    }
  }

  func list() -> [SourceFact] {
    for round in 0..<Self.rounds {
      counts = round == Self.rounds - 1
      (nextFields, nextResults, nextParameters) = ([:], [:], [:])
      for source in ordered { run(source) }
      (fields, results, parameters) = (nextFields, nextResults, nextParameters)
    }
    for (name, place) in read { findings.add(required.contains(name) ? .envRequired : .envOptional, name, at: place) }
    JavaAnnotations(self).add()
    settings.add(to: &findings, spring: springStart)
    addLibraries()
    for source in ordered { addUnusedAddresses(source) }
    return findings.facts
  }

  private var springStart: SourceFact.Place? {
    ordered.first { $0.file.pool.classes.contains("org/springframework/boot/SpringApplication") }
      .map { place($0.file.name, nil) }
  }

  private func run(_ source: JavaClasses.Source) {
    for method in source.file.methods {
      guard var run = ClassRun(source.file, method, parameters: values(of: method, in: source.file), self) else {
        continue
      }
      if !run.run(), counts {
        findings.addDoubt(
          SourceKind.allCases, "the method \(method.name) of \(source.file.name) is too large to be read")
      }
    }
  }

  // MARK: Places

  func place(_ owner: String, _ line: Int?) -> SourceFact.Place {
    guard let source = classes[owner] else { return SourceFact.Place(path: ordered.first?.path ?? .root) }
    return SourceFact.Place(path: source.path, line: source.hasLines ? line : nil)
  }

  func add(_ kind: SourceKind, _ value: String, at place: ClassCall.Place) {
    if counts { findings.add(kind, value, at: self.place(place.owner, place.line)) }
  }
  func add(_ kind: SourceKind, _ value: String, in owner: String) { findings.add(kind, value, at: place(owner, nil)) }

  func gap(_ kinds: [SourceKind], _ what: String, at place: ClassCall.Place) {
    if counts { findings.addGap(kinds, what, at: self.place(place.owner, place.line)) }
  }
  func gap(_ kinds: [SourceKind], _ what: String, in owner: String) {
    findings.addGap(kinds, what, at: place(owner, nil))
  }

  func doubt(_ kinds: [SourceKind], _ what: String, at place: ClassCall.Place) {
    guard counts else { return }
    let place = self.place(place.owner, place.line)
    findings.addDoubt(kinds, "\(place.path)\(place.line.map { ":\($0)" } ?? ""): \(what)")
  }
  func doubt(_ kinds: [SourceKind], _ what: String) { findings.addDoubt(kinds, what) }

  func reads(_ variable: String, at place: ClassCall.Place) {
    if counts { read.append((variable, self.place(place.owner, place.line))) }
  }

  // MARK: Knowledge

  /// What all callers give to a method; open where somebody else may call it, too.
  private func values(of method: ClassFile.Member, in file: ClassFile) -> [ClassValue] {
    let count = ClassType.parameters(method.type).count
    let owners = [file.name] + ancestors(of: file.name)
    var given: [ClassValue]?
    for owner in owners {
      guard let some = parameters[.init(owner: owner, name: method.name, type: method.type)], some.count == count else {
        continue
      }
      given = given.map { zip($0, some).map { $0.or($1) } } ?? some
    }
    guard let given else { return Array(repeating: .unknown, count: count) }
    let isForOthers =
      !method.isStatic && method.access & 0x0002 == 0
      && owners.contains { classes[$0] == nil && $0 != "java/lang/Object" }
    return isForOthers ? given.map(\.opened) : given
  }

  private func ancestors(of name: String, depth: Int = 0) -> [String] {
    guard depth < 16, let file = classes[name]?.file else { return [] }
    let parents = [file.superName].compactMap { $0 } + file.interfaces
    return parents + parents.flatMap { ancestors(of: $0, depth: depth + 1) }
  }

  func result(of call: ClassCall) -> ClassValue {
    guard classes[call.member.owner] != nil, let known = results[call.member] else { return .unknown }
    return call.receiver == nil || children[call.member.owner] == nil ? known : known.opened
  }

  func give(_ values: [ClassValue], to member: ClassPool.Member) {
    guard classes[member.owner] != nil else { return }
    nextParameters[member] = nextParameters[member].map { zip($0, values).map { $0.or($1) } } ?? values
  }

  // MARK: The rest

  private func addLibraries() {
    var names: Set<String> = []
    for source in ordered {
      for name in source.file.pool.classes where classes[name] == nil {
        if let library = JavaLibraries.adding(name) { names.insert(library) }
      }
    }
    for name in names.sorted() {
      let kinds: [SourceKind] = [.routes, .ports, .egress, .writes]
      let settings: [SourceKind] = JavaLibraries.readsSettings(name) ? [.envRequired, .envOptional] : []
      findings.addDoubt(kinds + settings, "the library \(name) may add to this on its own")
    }
  }

  /// An address that no call was seen to take: some other one may.
  private func addUnusedAddresses(_ source: JavaClasses.Source) {
    // U+0001 stands for an argument where texts are joined.
    let texts = source.file.pool.strings.map { String($0.prefix { $0 != "\u{1}" && $0 != "\u{2}" }) }
    for text in texts
    where JavaAddress.isAddress(text) && !used.contains(where: { $0.hasPrefix(text) }) {
      gap([.egress], "no call was seen that takes an address of this class", in: source.file.name)
    }
  }
}

extension JavaFacts: ClassRun.Listener {
  func field(_ member: ClassPool.Member) -> ClassValue {
    if let known = fields[member] { return known }
    guard let file = classes[member.owner]?.file, let field = file.fields.first(where: { $0.name == member.name })
    else { return .unknown }
    if let constant = field.constant {
      switch file.pool[constant] {
      case .named(8, let text): return (try? file.pool.text(text)).map { .text($0) } ?? .unknown
      case .integer(let number): return .number(number)
      default: return .unknown
      }
    }
    for annotation in field.annotations where annotation.name == "org/springframework/beans/factory/annotation/Value" {
      if let text = annotation.values["value"]?.texts.first { return settings.resolve(text) }
    }
    return .unknown
  }

  func store(_ value: ClassValue, to member: ClassPool.Member) {
    var value = value
    // Objects are of one method.
    if value.object != nil { value = .unknown }
    nextFields[member] = nextFields[member].map { $0.or(value) } ?? value
  }

  func result(_ value: ClassValue, of method: ClassPool.Member) {
    var value = value
    if value.object != nil { value = .unknown }
    nextResults[method] = nextResults[method].map { $0.or(value) } ?? value
  }

  func reference(_ member: ClassPool.Member, captured: [ClassValue], at place: ClassCall.Place) {
    let count = ClassType.parameters(member.type).count
    // The receiver of a method that is no static one comes first.
    let isStatic =
      classes[member.owner]?.file.methods.first { $0.name == member.name && $0.type == member.type }?.isStatic ?? true
    let values = (isStatic ? captured : Array(captured.dropFirst())).prefix(count)
    give(
      values.map { $0.object == nil ? $0 : .unknown } + Array(repeating: .unknown, count: max(0, count - values.count)),
      to: member)
    if member.owner == "java/lang/System", member.name == "getenv" {
      gap([.envRequired, .envOptional], "the environment is handed on", at: place)
    }
    if member.name == "forName" || member.name == "exec" || member.name == "loadClass" {
      doubt(SourceKind.allCases, "code is loaded by a name that is made at run time", at: place)
    }
    if let kinds = JavaCalls.kinds(of: "\(member.owner).\(member.name)") {
      gap(kinds, "a method is handed on", at: place)
    }
  }

  func required(_ variable: String, at place: ClassCall.Place) { required.insert(variable) }

  func call(_ call: ClassCall, _ run: inout ClassRun) -> ClassValue { JavaCalls(self).result(of: call, &run) }
}
