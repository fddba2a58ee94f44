/// As much of DNS (RFC 1035) as a filter reads: the one question of a message, and the addresses of an answer.
struct DNSMessage {
  let isAnswer: Bool
  /// In lower case, without a dot at its end.
  let name: String
  private(set) var addresses: [(address: IPAddress, seconds: UInt32)] = []
  /// Where the question ends.
  private let questionEnd: Int

  private static let recordLimit = 64

  /// Nil for what is no message with one question.
  init?(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes.prefix(1 << 16))
    func word(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
    guard bytes.count >= 12, bytes[2] & 0x78 == 0, word(4) == 1 else { return nil }
    isAnswer = bytes[2] & 0x80 != 0
    var labels: [String] = []
    var place = 12
    var length = 0
    while true {
      guard place < bytes.count else { return nil }
      let count = Int(bytes[place])
      // A pointer in a question points nowhere good.
      guard count < 64, place + 1 + count <= bytes.count else { return nil }
      place += 1
      if count == 0 { break }
      length += count + 1
      guard length <= 255, let label = Self.label(bytes[place..<(place + count)]) else { return nil }
      labels.append(label)
      place += count
    }
    guard place + 4 <= bytes.count else { return nil }
    questionEnd = place + 4
    name = labels.joined(separator: ".")
    if isAnswer { addresses = Self.addresses(bytes, from: questionEnd, count: word(6)) }
  }

  /// Letters of host names; a dot within a label would read as two.
  private static func label(_ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ".") }) else { return nil }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  /// A and AAAA records, up to the first that is cut off.
  private static func addresses(_ bytes: [UInt8], from start: Int, count: Int) -> [(IPAddress, UInt32)] {
    var found: [(IPAddress, UInt32)] = []
    var place = start
    for _ in 0..<min(count, recordLimit) {
      guard let head = skipName(bytes, place), head + 10 <= bytes.count else { break }
      let type = Int(bytes[head]) << 8 | Int(bytes[head + 1])
      let seconds = bytes[(head + 4)..<(head + 8)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let length = Int(bytes[head + 8]) << 8 | Int(bytes[head + 9])
      let data = head + 10
      guard data + length <= bytes.count else { break }
      if (type == 1 && length == 4) || (type == 28 && length == 16) {
        found.append((IPAddress(bytes: bytes[data..<(data + length)]), seconds))
      }
      place = data + length
    }
    return found
  }

  private static func skipName(_ bytes: [UInt8], _ start: Int) -> Int? {
    var place = start
    while place < bytes.count {
      let count = Int(bytes[place])
      if count >= 0xc0 { return place + 2 <= bytes.count ? place + 2 : nil }
      if count == 0 { return place + 1 }
      guard count < 64 else { return nil }
      place += 1 + count
    }
    return nil
  }

  /// The answer "refused" (code 5) to this question.
  func refusal(of message: ArraySlice<UInt8>) -> [UInt8] {
    var answer = Array(message.prefix(questionEnd))
    answer[2] |= 0x80
    answer[3] = 0x85
    // One question, nothing else.
    for place in 6..<12 { answer[place] = 0 }
    return answer
  }
}
