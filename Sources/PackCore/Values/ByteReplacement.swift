extension String {
  /// Every occurrence of `mark` replaced, compared by bytes.
  public func replacingBytes(_ mark: String, with value: String) -> String {
    let mark = Array(mark.utf8)
    guard !mark.isEmpty, utf8.count >= mark.count else { return self }
    let value = Array(value.utf8)
    var rest = Array(utf8)[...]
    var out: [UInt8] = []
    while let byte = rest.first {
      if rest.starts(with: mark) {
        out += value
        rest = rest.dropFirst(mark.count)
      } else {
        out.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
