/// The values of TOML without quotes or brackets: booleans, numbers, dates.
enum TOMLWord {
  static func read(_ text: String) -> TOMLValue.Content? {
    if text == "true" { return .bool(true) }
    if text == "false" { return .bool(false) }
    let bytes = Array(text.utf8)
    return number(bytes) ?? (isDate(bytes) ? .date(text) : nil)
  }

  // MARK: Numbers

  private static func number(_ bytes: [UInt8]) -> TOMLValue.Content? {
    let isSigned = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-")
    let isNegative = bytes.first == UInt8(ascii: "-")
    let body = bytes[(isSigned ? 1 : 0)...]
    if body.elementsEqual("inf".utf8) { return .float(isNegative ? -.infinity : .infinity) }
    if body.elementsEqual("nan".utf8) { return .float(.nan) }
    if !isSigned, body.count > 2, body.first == 0x30, let radix = radix(body[1]) {
      guard let digits = digits(body[2...], radix: radix) else { return nil }
      return Int64(digits, radix: radix).map { .integer($0) }
    }
    if let digits = digits(body, radix: 10) {
      guard digits == "0" || !digits.hasPrefix("0") else { return nil }
      return Int64((isNegative ? "-" : "") + digits).map { .integer($0) }
    }
    return float(body).map { .float(isNegative ? -$0 : $0) }
  }

  private static func radix(_ letter: UInt8) -> Int? {
    switch letter {
    case UInt8(ascii: "x"): 16
    case UInt8(ascii: "o"): 8
    case UInt8(ascii: "b"): 2
    default: nil
    }
  }

  /// Without the underscores that may stand between two digits; nil when something else is there.
  private static func digits(_ bytes: ArraySlice<UInt8>, radix: Int) -> String? {
    var out: [UInt8] = []
    var wasDigit = false
    for byte in bytes {
      if byte == UInt8(ascii: "_") {
        guard wasDigit else { return nil }
        wasDigit = false
      } else {
        guard let value = Character(Unicode.Scalar(byte)).hexDigitValue, value < radix else { return nil }
        out.append(byte)
        wasDigit = true
      }
    }
    return wasDigit ? String(decoding: out, as: UTF8.self) : nil
  }

  private static func float(_ body: ArraySlice<UInt8>) -> Double? {
    var mantissa = body
    var exponent: ArraySlice<UInt8>?
    if let at = body.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
      mantissa = body[..<at]
      exponent = body[(at + 1)...]
    }
    let parts = mantissa.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == (exponent == nil ? 2 : min(parts.count, 2)), let whole = digits(parts[0], radix: 10),
      whole == "0" || !whole.hasPrefix("0")
    else { return nil }
    var text = whole
    if parts.count == 2 {
      guard let fraction = digits(parts[1], radix: 10) else { return nil }
      text += ".\(fraction)"
    }
    if var exponent {
      let sign = exponent.first == UInt8(ascii: "-") ? "-" : ""
      if exponent.first == UInt8(ascii: "-") || exponent.first == UInt8(ascii: "+") { exponent = exponent.dropFirst() }
      guard let power = digits(exponent, radix: 10) else { return nil }
      text += "e\(sign)\(power)"
    }
    return Double(text)
  }

  // MARK: Dates

  /// `1979-05-27`, `07:32:00.999`, `1979-05-27T07:32:00Z`, `1979-05-27 07:32:00-07:00`; seconds may be missing (TOML 1.1).
  private static func isDate(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 10 else { return isDay(bytes[...]) || isTime(bytes[...]) }
    if bytes[4] != UInt8(ascii: "-") { return isTime(bytes[...]) }
    guard isDay(bytes[..<10]), [0x54, 0x74, 0x20].contains(bytes[10]) else { return false }
    var time = bytes[11...]
    if time.last == UInt8(ascii: "Z") || time.last == UInt8(ascii: "z") {
      time = time.dropLast()
    } else if time.count > 6, let sign = time.dropLast(5).last, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      guard clock(time.suffix(5)).map({ $0.count == 2 && $0[0] < 24 && $0[1] < 60 }) ?? false else { return false }
      time = time.dropLast(6)
    }
    return isTime(time)
  }

  private static func isDay(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2] else { return false }
    let numbers = parts.compactMap { decimal($0) }
    guard numbers.count == 3, (1...12).contains(numbers[1]) else { return false }
    let isLeap = numbers[0] % 4 == 0 && (numbers[0] % 100 != 0 || numbers[0] % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[numbers[1] - 1]).contains(numbers[2])
  }

  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    var whole = bytes
    if let point = bytes.firstIndex(of: UInt8(ascii: ".")) {
      whole = bytes[..<point]
      guard whole.count == 8, point + 1 < bytes.endIndex, decimal(bytes[(point + 1)...]) != nil else { return false }
    }
    guard let numbers = clock(whole) else { return false }
    return numbers[0] < 24 && numbers[1] < 60 && (numbers.count == 2 || numbers[2] <= 60)
  }

  /// `07:32` or `07:32:00`
  private static func clock(_ bytes: ArraySlice<UInt8>) -> [Int]? {
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let numbers = parts.compactMap { $0.count == 2 ? decimal($0) : nil }
    return numbers.count == parts.count && (2...3).contains(numbers.count) ? numbers : nil
  }

  private static func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return bytes.reduce(0) { ($0 &* 10) &+ Int($1 & 0xf) }
  }
}
