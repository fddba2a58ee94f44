internal import Glibc

extension Interruption {
  /// Readable when a signal came that `takeSignals` has not counted yet; -1 when no handlers are installed.
  public static var signalDescriptor: Int32 { wakeDescriptor }

  /// How many signals came since the last call: for a command that stops gently at the first and at once at the second.
  public static func takeSignals() -> Int {
    guard wakeDescriptor >= 0 else { return 0 }
    var bytes = [UInt8](repeating: 0, count: 64)
    return max(0, read(wakeDescriptor, &bytes, bytes.count))
  }
}
