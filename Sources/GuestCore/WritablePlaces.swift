import CGuest

/// What the program may write to in memory: /tmp and /dev/shm for all, each declared path for the program's user alone.
/// Each holds half of the memory that is free before the program starts, so that a full one is told apart from a machine
/// without memory.
struct WritablePlaces {
  private static let shared: StaticString = "/dev/shm"
  private static let temporary: StaticString = "/tmp"
  private static let nearlyFull: UInt64 = 16384

  /// False at the first that cannot be mounted.
  func mount(_ configuration: Configuration, available: UInt64, problem: inout Text) -> Bool {
    var options = Text()
    func prepare(_ mode: StaticString) {
      options.clear()
      options.append("mode=")
      options.append(mode)
      if available > 0 {
        options.append(",size=")
        options.append(Int(truncatingIfNeeded: available / 2))
      }
    }
    prepare("1777")
    _ = WritablePlaces.mountMemory(at: WritablePlaces.shared.cString, options)
    _ = WritablePlaces.mountMemory(at: WritablePlaces.temporary.cString, options)
    prepare("0755")
    options.append(",uid=")
    options.append(Int(configuration.user))
    options.append(",gid=")
    options.append(Int(configuration.group))
    for index in 0..<configuration.writable.count {
      let target = configuration.writable[index]
      makeDirectories(target)
      let code = WritablePlaces.mountMemory(at: target, options)
      guard code < 0 else { continue }
      problem.append("cannot mount the writable path ")
      problem.append(target)
      problem.append(": errno ")
      problem.append(Int(-code))
      return false
    }
    return true
  }

  private static func mountMemory(at target: CString, _ options: Text) -> Int32 {
    _ = guest_mkdir(target, 0o755)
    let tmpfs = StaticString("tmpfs").cString
    return guest_mount(tmpfs, tmpfs, target, Int32(GUEST_MOUNT_NODEV), options.cString)
  }

  /// Says which of them has no room left; false when all have.
  func findFull(_ configuration: Configuration, into text: inout Text) -> Bool {
    if isFull(WritablePlaces.temporary.cString, &text) || isFull(WritablePlaces.shared.cString, &text) { return true }
    for index in 0..<configuration.writable.count where isFull(configuration.writable[index], &text) { return true }
    return false
  }

  private func isFull(_ path: CString, _ text: inout Text) -> Bool {
    var size: UInt64 = 0
    var free: UInt64 = 0
    guard guest_space(path, &size, &free) >= 0, size > 0, free < WritablePlaces.nearlyFull else { return false }
    text.clear()
    text.append(path)
    text.append(" is full: it lies in memory and has room for ")
    text.append(Int(truncatingIfNeeded: size >> 20))
    text.append(" MiB in this machine")
    return true
  }
}
