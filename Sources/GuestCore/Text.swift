import CGuest

/// A NUL-terminated string that somebody else owns.
typealias CString = UnsafePointer<CChar>

/// A line that is put together in one fixed buffer; what does not fit is left out. Nothing is allocated per use.
struct Text {
  /// The longest path that the kernel takes, and some words around it.
  private static let capacity = 4608
  let start = UnsafeMutablePointer<UInt8>.allocate(capacity: Text.capacity)
  private(set) var count = 0

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }
  /// The text as C takes it, until the next change.
  var cString: CString {
    start[count] = 0
    return UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
  }

  mutating func clear() { count = 0 }
  /// Gives the buffer back; the text is not to be used any more.
  func release() { start.deallocate() }
  mutating func shorten(to length: Int) { count = min(count, length) }
  mutating func append(_ byte: UInt8) {
    guard count < Text.capacity - 1 else { return }
    start[count] = byte
    count += 1
  }
  mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
  }
  mutating func append(_ text: CString) {
    var index = 0
    while text[index] != 0 {
      append(UInt8(bitPattern: text[index]))
      index += 1
    }
  }
  mutating func append(_ number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    let value = number.magnitude
    if value >= 10 { append(Int(value / 10)) }
    append(UInt8(ascii: "0") + UInt8(value % 10))
  }
}

extension StaticString {
  var cString: CString { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}

/// True when the text begins with `prefix`.
func starts(_ text: CString, with prefix: StaticString) -> Bool {
  for index in 0..<prefix.utf8CodeUnitCount where UInt8(bitPattern: text[index]) != prefix.utf8Start[index] {
    return false
  }
  return true
}

func equal(_ a: CString, _ b: StaticString) -> Bool { starts(a, with: b) && a[b.utf8CodeUnitCount] == 0 }

func length(_ text: CString) -> Int {
  var count = 0
  while text[count] != 0 { count += 1 }
  return count
}

/// A decimal number without sign; nil for anything else and for what does not fit.
func decimal(_ text: CString) -> UInt64? {
  guard text[0] != 0 else { return nil }
  var value: UInt64 = 0
  var index = 0
  while text[index] != 0 {
    let digit = UInt8(bitPattern: text[index]) &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflow) = scaled.addingReportingOverflow(UInt64(digit))
    guard !tooLarge, !overflow else { return nil }
    value = sum
    index += 1
  }
  return value
}

/// One file of a known bound, read into a buffer that is kept and used again.
struct FileBuffer {
  let start: UnsafeMutablePointer<UInt8>
  let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    start = .allocate(capacity: capacity + 1)
    self.capacity = capacity
  }

  /// The file's first `capacity` bytes, a NUL after them. False when it cannot be opened.
  mutating func read(_ path: CString) -> Bool {
    count = 0
    let file = guest_open(path, Int32(GUEST_READ))
    guard file >= 0 else { return false }
    while count < capacity {
      let got = guest_read(file, start + count, capacity - count)
      guard got > 0 else { break }
      count += got
    }
    _ = guest_close(file)
    start[count] = 0
    return true
  }

  var cString: CString { UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self) }
}

/// Writes a whole text to a file that is there or made.
func writeFile(_ path: CString, _ bytes: UnsafeBufferPointer<UInt8>, create: Bool) -> Int32 {
  let file = guest_open(path, create ? Int32(GUEST_CREATE) : Int32(GUEST_WRITE))
  guard file >= 0 else { return file }
  let count = guest_write(file, bytes.baseAddress, bytes.count)
  _ = guest_close(file)
  return count < 0 ? Int32(truncatingIfNeeded: count) : 0
}
