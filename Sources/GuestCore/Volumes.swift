import CGuest

/// The declared volumes: each a disk that has the volume's name as its serial number, or, where the machine has none, a
/// part of memory.
struct Volumes {
  private var text = Text()
  private var device = Text()
  private var superblock = FileBuffer(capacity: 2048)
  /// virtio's serial numbers have no more.
  private static let serialLength = 20

  /// One record of the configuration, `name:bytes:/path`.
  private struct Declared {
    let name: CString
    let nameLength: Int
    let bytes: UInt64
    let path: CString

    init?(_ record: CString) {
      var index = 0
      while record[index] != 0x3a {
        if record[index] == 0 { return nil }
        index += 1
      }
      name = record
      nameLength = index
      index += 1
      var bytes: UInt64 = 0
      while record[index] >= 0x30, record[index] <= 0x39 {
        bytes = bytes &* 10 &+ UInt64(record[index] - 0x30)
        index += 1
      }
      guard record[index] == 0x3a, record[index + 1] == 0x2f else { return nil }
      self.bytes = bytes
      path = record + index + 1
    }
  }

  /// False at the first that cannot be mounted.
  mutating func mount(_ configuration: Configuration, problem: inout Text) -> Bool {
    for index in 0..<configuration.volumes.count {
      guard let volume = Declared(configuration.volumes[index]) else {
        problem.append("/.packc/config has a volume that this init does not understand")
        return false
      }
      makeDirectories(volume.path)
      let code = findDisk(volume) ? mountDisk(volume, configuration) : mountMemory(volume, configuration)
      guard code < 0 else { continue }
      problem.append("cannot mount the volume ")
      problem.append(configuration.volumes[index])
      guard code != Volumes.unknownFileSystem else {
        problem.append(": its disk has neither ext4 nor erofs on it")
        return false
      }
      problem.append(": errno ")
      problem.append(Int(-code))
      return false
    }
    return true
  }

  /// Leaves the disks as a next machine likes to find them.
  func unmount(_ configuration: Configuration) {
    for index in 0..<configuration.volumes.count {
      if let volume = Declared(configuration.volumes[index]) { _ = guest_unmount(volume.path) }
    }
  }

  private static let unknownFileSystem: Int32 = -1000

  /// Puts the disk's path into `device`.
  private mutating func findDisk(_ volume: Declared) -> Bool {
    var search = DiskSearch(name: volume.name, length: min(volume.nameLength, Volumes.serialLength))
    guard search.run(into: &text) else { return false }
    device.clear()
    device.append("/dev/")
    device.append(text.cString)
    return true
  }

  private mutating func mountDisk(_ volume: Declared, _ configuration: Configuration) -> Int32 {
    guard superblock.read(device.cString) else { return -5 }
    let bytes = superblock.start
    if superblock.count == 2048, bytes[1080] == 0x53, bytes[1081] == 0xef {
      let code = guest_mount(
        device.cString, StaticString("ext4").cString, volume.path, Int32(GUEST_MOUNT_NODEV), StaticString("").cString)
      guard code >= 0 else { return code }
      return guest_chown(volume.path, configuration.user, configuration.group)
    }
    if superblock.count == 2048, bytes[1024] == 0xe2, bytes[1025] == 0xe1, bytes[1026] == 0xf5, bytes[1027] == 0xe0 {
      return guest_mount(
        device.cString, StaticString("erofs").cString, volume.path,
        Int32(GUEST_MOUNT_NODEV) | Int32(GUEST_MOUNT_READONLY), StaticString("").cString)
    }
    return Volumes.unknownFileSystem
  }

  /// When the host has given a disk (`Configuration.disks`), memory is no substitute: what is written would be lost.
  private mutating func mountMemory(_ volume: Declared, _ configuration: Configuration) -> Int32 {
    for index in 0..<configuration.disks.count where Volumes.isSame(configuration.disks[index], volume) { return -6 }
    text.clear()
    text.append("mode=0755,uid=")
    text.append(Int(configuration.user))
    text.append(",gid=")
    text.append(Int(configuration.group))
    text.append(",size=")
    text.append(Int(truncatingIfNeeded: volume.bytes))
    let tmpfs = StaticString("tmpfs").cString
    return guest_mount(tmpfs, tmpfs, volume.path, Int32(GUEST_MOUNT_NODEV), text.cString)
  }

  private static func isSame(_ name: CString, _ volume: Declared) -> Bool {
    for index in 0..<volume.nameLength where name[index] != volume.name[index] { return false }
    return name[volume.nameLength] == 0
  }
}
