/// A Java, Kotlin, Groovy or Scala file as far as starting it needs: comments and strings are blank.
struct JavaSourceText {
  /// A class that the launcher can start.
  struct Main: Equatable {
    /// `com.example.App`
    var name: String
    var line: Int
    /// An annotation that makes it the program of a framework: `@SpringBootApplication`.
    var annotation: String?
  }
  let code: [UInt8]

  init(_ bytes: [UInt8]) { code = Self.blank(bytes) }

  /// Comments and what strings hold become spaces; lines stay where they are.
  private static func blank(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes
    var index = 0
    func at(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
    func clear(to end: Int) {
      for place in index..<min(end, bytes.count) where out[place] != 0x0a { out[place] = 0x20 }
      index = min(end, bytes.count)
    }
    while index < bytes.count {
      switch (at(0), at(1)) {
      case (0x2f, 0x2f): clear(to: bytes[index...].firstIndex(of: 0x0a) ?? bytes.count)
      case (0x2f, 0x2a): clear(to: Self.end(of: [0x2a, 0x2f], in: bytes, from: index + 2))
      case (0x22, 0x22) where at(2) == 0x22: clear(to: Self.end(of: [0x22, 0x22, 0x22], in: bytes, from: index + 3))
      case (0x22, _), (0x27, _): clear(to: Self.endOfString(bytes, from: index))
      default: index += 1
      }
    }
    return out
  }

  private static func end(of mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int {
    var index = start
    while index + mark.count <= bytes.count {
      if bytes[index..<(index + mark.count)].elementsEqual(mark) { return index + mark.count }
      index += 1
    }
    return bytes.count
  }

  /// A string ends with its quote, or with its line where it is none (an apostrophe in a regular expression of Groovy).
  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != 0x0a {
      if bytes[index] == 0x5c {
        index += 2
        continue
      }
      if bytes[index] == bytes[start] { return index + 1 }
      index += 1
    }
    return min(index, bytes.count)
  }

  // MARK: What it says

  /// The text of `package a.b;`.
  var package: String {
    for line in code.split(separator: 0x0a) {
      let words = String(decoding: line, as: UTF8.self).split { $0.isWhitespace || $0 == ";" }
      if words.first == "package", words.count >= 2 { return String(words[1].filter { $0 != "`" }) }
    }
    return ""
  }

  private static let annotations = [
    "@SpringBootApplication", "@SpringBootConfiguration", "@EnableAutoConfiguration", "@QuarkusMain",
    "@MicronautApplication",
  ]

  /// The class of this file that has a main method, if there is one. `name` is the file's: `App.java`.
  func main(fileName: String) -> Main? {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    let isKotlin = fileName[dot...] == ".kt"
    guard let place = isKotlin ? kotlinMain : javaMain else { return nil }
    let base = String(fileName[..<dot])
    let package = package
    let own = isKotlin && !isInObject(place) ? (base.prefix(1).uppercased() + base.dropFirst() + "Kt") : base
    let line = code[..<place].count { $0 == 0x0a } + 1
    let annotation = Self.annotations.first { !find($0).isEmpty }
    return Main(name: package.isEmpty ? own : "\(package).\(own)", line: line, annotation: annotation)
  }

  /// `public static void main(`, its words in any order.
  private var javaMain: Int? {
    find("main").first { place in
      guard isWord(place, 4), next(after: place + 4) == 0x28 else { return false }
      let before = words(before: place)
      return before.last == "void" && before.contains("static") && before.contains("public")
    }
  }

  /// `fun main(` of a file, or of an object with `@JvmStatic`.
  private var kotlinMain: Int? {
    find("main").first { place in
      guard isWord(place, 4), next(after: place + 4) == 0x28 else { return false }
      let before = words(before: place)
      guard before.last == "fun", !before.contains("private") else { return false }
      return !isInObject(place) || code[..<place].suffix(200).contains("@JvmStatic")
    }
  }

  private func isInObject(_ place: Int) -> Bool {
    var depth = 0
    for byte in code[..<place] {
      if byte == 0x7b { depth += 1 }
      if byte == 0x7d { depth -= 1 }
    }
    return depth > 0
  }

  func contains(_ text: String) -> Bool { !find(text).isEmpty }

  private func find(_ text: String) -> [Int] {
    let mark = Array(text.utf8)
    guard let first = mark.first, code.count >= mark.count else { return [] }
    return code.withUnsafeBufferPointer { code in
      (0...(code.count - mark.count)).filter { start in
        code[start] == first && code[start..<(start + mark.count)].elementsEqual(mark)
      }
    }
  }

  private func isWord(_ place: Int, _ count: Int) -> Bool {
    let before = place > 0 ? code[place - 1] : 0x20
    let after = place + count < code.count ? code[place + count] : 0x20
    return !Self.isLetter(before) && !Self.isLetter(after)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
  }

  private func next(after place: Int) -> UInt8? { code[min(place, code.count)...].first { $0 != 0x20 && $0 != 0x0a } }

  /// The words of the declaration up to `place`.
  private func words(before place: Int) -> [String] {
    let start = code[..<place].lastIndex { [0x3b, 0x7b, 0x7d, 0x29].contains($0) }.map { $0 + 1 } ?? 0
    return String(decoding: code[start..<place], as: UTF8.self).split { $0.isWhitespace }.map(String.init)
  }
}

extension ArraySlice<UInt8> {
  fileprivate func contains(_ text: String) -> Bool { String(decoding: self, as: UTF8.self).contains(text) }
}
