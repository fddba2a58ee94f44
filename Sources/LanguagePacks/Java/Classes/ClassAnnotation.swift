internal import PackCore

/// An annotation of a class file (JVM specification, 4.7.16).
struct ClassAnnotation {
  indirect enum Value {
    case text(String)
    case integer(Int64)
    /// `RequestMethod.GET`, without its type.
    case constant(String)
    case annotation(ClassAnnotation)
    case list([Value])
    case other

    /// The texts of a value or list.
    var texts: [String] {
      switch self {
      case .text(let text): [text]
      case .list(let values): values.flatMap(\.texts)
      default: []
      }
    }
    var constants: [String] {
      switch self {
      case .constant(let name): [name]
      case .list(let values): values.flatMap(\.constants)
      default: []
      }
    }
  }
  /// `org/springframework/web/bind/annotation/GetMapping`
  var name: String
  var values: [String: Value]

  private static let deepest = 16

  static func list(_ input: inout ClassBytes, _ pool: ClassPool) throws -> [ClassAnnotation] {
    let count = try input.short()
    return try (0..<count).map { _ in try read(&input, pool, 0) }
  }

  private static func read(_ input: inout ClassBytes, _ pool: ClassPool, _ depth: Int) throws -> ClassAnnotation {
    let type = try pool.text(input.short())
    var annotation = ClassAnnotation(name: String(type.dropFirst().dropLast()), values: [:])
    for _ in 0..<(try input.short()) {
      let name = try pool.text(input.short())
      annotation.values[name] = try value(&input, pool, depth)
    }
    return annotation
  }

  private static func value(_ input: inout ClassBytes, _ pool: ClassPool, _ depth: Int) throws -> Value {
    guard depth < deepest else { throw ClassBytes.failure("annotations are nested too deeply") }
    switch UInt8(try input.byte()) {
    case UInt8(ascii: "s"): return .text(try pool.text(input.short()))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), UInt8(ascii: "I"), UInt8(ascii: "J"), UInt8(ascii: "S"),
      UInt8(ascii: "Z"):
      if case .integer(let number) = pool[try input.short()] { return .integer(number) }
      return .other
    case UInt8(ascii: "D"), UInt8(ascii: "F"), UInt8(ascii: "c"):
      _ = try input.short()
      return .other
    case UInt8(ascii: "e"):
      _ = try input.short()
      return .constant(try pool.text(input.short()))
    case UInt8(ascii: "@"): return .annotation(try read(&input, pool, depth + 1))
    case UInt8(ascii: "["):
      let count = try input.short()
      return .list(try (0..<count).map { _ in try value(&input, pool, depth + 1) })
    default: throw ClassBytes.failure("an annotation has a value of an unknown kind")
    }
  }
}
