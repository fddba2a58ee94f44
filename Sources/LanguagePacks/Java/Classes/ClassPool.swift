internal import PackCore

/// The constant pool of a class file (JVM specification, 4.4).
struct ClassPool {
  enum Entry {
    /// 0, and the second half of a long or double.
    case empty
    case text(ArraySlice<UInt8>)
    case integer(Int64)
    /// Floats and doubles: nothing here asks for them.
    case number
    /// A class, string, module or package, by the index of its text.
    case named(tag: Int, Int)
    case member(owner: Int, nameAndType: Int)
    case nameAndType(name: Int, type: Int)
    case methodHandle(kind: Int, member: Int)
    case dynamic(bootstrap: Int, nameAndType: Int)
  }
  struct Member: Hashable {
    /// `java/lang/System`
    var owner: String
    var name: String
    /// `(Ljava/lang/String;)Ljava/lang/String;`
    var type: String
  }
  let entries: [Entry]

  init(_ input: inout ClassBytes) throws {
    let count = try input.short()
    var entries: [Entry] = [.empty]
    // Each entry has three bytes at least.
    guard count > 0, count <= input.left / 3 * 2 + 2 else {
      throw ClassBytes.failure("the constant pool is longer than the file")
    }
    entries.reserveCapacity(count)
    while entries.count < count {
      let tag = try input.byte()
      switch tag {
      case 1: entries.append(.text(try input.take(input.short())))
      case 3: entries.append(.integer(Int64(try input.signedWord())))
      case 4:
        _ = try input.word()
        entries.append(.number)
      case 5, 6:
        let (high, low) = (try input.signedWord(), try input.word())
        entries.append(tag == 5 ? .integer(Int64(high) << 32 | Int64(low)) : .number)
        entries.append(.empty)
      case 7, 8, 16, 19, 20: entries.append(.named(tag: tag, try input.short()))
      case 9, 10, 11: entries.append(.member(owner: try input.short(), nameAndType: try input.short()))
      case 12: entries.append(.nameAndType(name: try input.short(), type: try input.short()))
      case 15: entries.append(.methodHandle(kind: try input.byte(), member: try input.short()))
      case 17, 18: entries.append(.dynamic(bootstrap: try input.short(), nameAndType: try input.short()))
      default: throw ClassBytes.failure("the constant pool has an entry of the unknown kind \(tag)")
      }
    }
    self.entries = entries
  }

  subscript(index: Int) -> Entry { entries.indices.contains(index) ? entries[index] : .empty }

  /// Java's own UTF-8 differs only in what no name or address here has: zero bytes and characters beyond U+FFFF.
  func text(_ index: Int) throws -> String {
    guard case .text(let bytes) = self[index] else { throw ClassBytes.failure("entry \(index) is no text") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `java/lang/String`
  func className(_ index: Int) throws -> String {
    guard case .named(7, let name) = self[index] else { throw ClassBytes.failure("entry \(index) is no class") }
    return try text(name)
  }

  func member(_ index: Int) throws -> Member {
    guard case .member(let owner, let pair) = self[index] else {
      throw ClassBytes.failure("entry \(index) is no member")
    }
    let (name, type) = try nameAndType(pair)
    return Member(owner: try className(owner), name: name, type: type)
  }

  func nameAndType(_ index: Int) throws -> (String, String) {
    guard case .nameAndType(let name, let type) = self[index] else {
      throw ClassBytes.failure("entry \(index) is no name and type")
    }
    return (try text(name), try text(type))
  }

  /// What a method handle calls.
  func handle(_ index: Int) throws -> Member {
    guard case .methodHandle(_, let member) = self[index] else {
      throw ClassBytes.failure("entry \(index) is no handle")
    }
    return try self.member(member)
  }

  /// Every class that is named.
  var classes: [String] {
    entries.compactMap { if case .named(7, let name) = $0 { try? text(name) } else { nil } }
  }

  /// Every string constant of the code.
  var strings: [String] {
    entries.compactMap { if case .named(8, let name) = $0 { try? text(name) } else { nil } }
  }
}
