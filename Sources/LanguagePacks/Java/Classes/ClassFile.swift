internal import PackCore

/// What of a class file says something of the program: names, annotations, code with its lines (JVM specification, 4.1).
struct ClassFile {
  struct Member {
    var access: Int
    var name: String
    var type: String
    var annotations: [ClassAnnotation] = []
    /// Of a constant.
    var constant: Int?
    var code: ClassCode?
    var isStatic: Bool { access & 0x0008 != 0 }
  }
  /// A method that is made at run time, with its arguments, as indices of the constant pool.
  struct Bootstrap {
    var handle: Int
    var arguments: [Int]
  }

  static let limit = 16 << 20

  let pool: ClassPool
  /// `shop/Main`
  let name: String
  let superName: String?
  let interfaces: [String]
  let fields: [Member]
  let methods: [Member]
  private(set) var annotations: [ClassAnnotation] = []
  /// `Main.java`
  private(set) var sourceFile: String?
  private(set) var bootstraps: [Bootstrap] = []
  let access: Int
  var isInterface: Bool { access & 0x0200 != 0 }

  /// - Throws: `bad_class`.
  init(_ bytes: ArraySlice<UInt8>) throws {
    guard bytes.count <= Self.limit else { throw ClassBytes.failure("the class file has more than 16 MiB") }
    var input = ClassBytes(bytes)
    guard try input.word() == 0xcafe_babe else { throw ClassBytes.failure("this is no class file") }
    _ = try input.word()
    let pool = try ClassPool(&input)
    self.pool = pool
    access = try input.short()
    name = try pool.className(input.short())
    let parent = try input.short()
    superName = parent == 0 ? nil : try pool.className(parent)
    let count = try input.short()
    interfaces = try (0..<count).map { _ in try pool.className(input.short()) }
    fields = try Self.members(&input, pool)
    methods = try Self.members(&input, pool)
    for (name, body) in try Self.attributes(&input, pool) {
      var body = ClassBytes(body)
      switch name {
      case "RuntimeVisibleAnnotations", "RuntimeInvisibleAnnotations":
        annotations += try ClassAnnotation.list(&body, pool)
      case "SourceFile": sourceFile = try pool.text(body.short())
      case "BootstrapMethods": bootstraps = try Self.bootstraps(&body)
      default: break
      }
    }
  }

  private static func attributes(_ input: inout ClassBytes, _ pool: ClassPool) throws -> [(String, ArraySlice<UInt8>)] {
    let count = try input.short()
    return try (0..<count).map { _ in (try pool.text(input.short()), try input.take(input.word())) }
  }

  private static func members(_ input: inout ClassBytes, _ pool: ClassPool) throws -> [Member] {
    let count = try input.short()
    return try (0..<count).map { _ in
      var member = Member(
        access: try input.short(), name: try pool.text(input.short()), type: try pool.text(input.short()))
      for (name, body) in try attributes(&input, pool) {
        var body = ClassBytes(body)
        switch name {
        case "RuntimeVisibleAnnotations", "RuntimeInvisibleAnnotations":
          member.annotations += try ClassAnnotation.list(&body, pool)
        case "ConstantValue": member.constant = try body.short()
        case "Code": member.code = try code(&body, pool)
        default: break
        }
      }
      return member
    }
  }

  private static func code(_ input: inout ClassBytes, _ pool: ClassPool) throws -> ClassCode {
    let (stack, locals) = (try input.short(), try input.short())
    let bytes = try input.take(input.word())
    let handlers = try (0..<(try input.short())).map { _ in
      let (_, _, start, _) = (try input.short(), try input.short(), try input.short(), try input.short())
      return start
    }
    var lines: [ClassCode.Line] = []
    for (name, body) in try attributes(&input, pool) where name == "LineNumberTable" {
      var body = ClassBytes(body)
      for _ in 0..<(try body.short()) { lines.append(.init(start: try body.short(), line: try body.short())) }
    }
    lines.sort { $0.start < $1.start }
    return try ClassCode(bytes, stack: stack, locals: locals, handlers: handlers, lines: lines)
  }

  private static func bootstraps(_ input: inout ClassBytes) throws -> [Bootstrap] {
    try (0..<(try input.short())).map { _ in
      let handle = try input.short()
      return Bootstrap(handle: handle, arguments: try (0..<(try input.short())).map { _ in try input.short() })
    }
  }

  func annotation(_ name: String) -> ClassAnnotation? { annotations.first { $0.name == name } }
}
