internal import Glibc

/// The one order of names and paths: by bytes, the shorter first when one begins the other.
enum ByteOrder {
  static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.withUnsafeBytes { a in b.withUnsafeBytes { b in precedes(a, b) } }
  }

  static func precedes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    let common = min(a.count, b.count)
    guard common > 0, let left = a.baseAddress, let right = b.baseAddress else { return a.count < b.count }
    let order = memcmp(left, right, common)
    return order == 0 ? a.count < b.count : order < 0
  }
}
