internal import CHost

/// The processors on which the calling thread may run (sched_setaffinity(2)); its children inherit them.
public enum AllowedProcessors {
  /// As many as Linux is ever built for.
  private static let most = 8192

  /// Their numbers, the lowest first; none where the kernel does not say.
  public static func now() -> [Int] {
    var bits = [UInt8](repeating: 0, count: most / 8)
    guard chost_processors(&bits, UInt(bits.count)) > 0 else { return [] }
    return (0..<most).filter { bits[$0 / 8] >> ($0 % 8) & 1 != 0 }
  }

  /// False when the kernel refuses.
  @discardableResult
  public static func set(_ numbers: [Int]) -> Bool {
    var bits = [UInt8](repeating: 0, count: most / 8)
    for number in numbers where (0..<most).contains(number) { bits[number / 8] |= 1 << (number % 8) }
    return chost_set_processors(bits, UInt(bits.count)) == 0
  }
}
