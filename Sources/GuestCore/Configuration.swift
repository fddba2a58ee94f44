import CGuest
import CGuestWire

/// Up to a fixed number of strings that lie in somebody else's buffer, with a nil after them for execve(2).
struct StringList {
  let start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(capacity: capacity + 1)
    start[0] = nil
  }

  subscript(index: Int) -> CString { CString(start[index].unsafelyUnwrapped) }

  /// False when the list is full.
  mutating func append(_ text: CString) -> Bool {
    guard count < capacity else { return false }
    start[count] = UnsafeMutablePointer(mutating: text)
    count += 1
    start[count] = nil
    return true
  }

  /// For `KEY=VALUE`: replaces the one with the same key, else appends.
  mutating func set(_ variable: CString) -> Bool {
    for index in 0..<count where StringList.sameKey(self[index], variable) {
      start[index] = UnsafeMutablePointer(mutating: variable)
      return true
    }
    return append(variable)
  }

  private static func sameKey(_ a: CString, _ b: CString) -> Bool {
    var index = 0
    while a[index] == b[index], a[index] != 0 {
      if a[index] == 0x3d { return true }
      index += 1
    }
    return false
  }
}

/// `/.packc/config`: what the image's author asked for. The format is written down in `CGuestWire.h`.
struct Configuration {
  private var file = FileBuffer(capacity: Int(WIRE_CONFIG_LIMIT))
  var arguments = StringList(capacity: Int(WIRE_STRINGS_LIMIT))
  var environment = StringList(capacity: Int(WIRE_STRINGS_LIMIT))
  private(set) var modules = StringList(capacity: 64)
  private(set) var writable = StringList(capacity: 64)
  private(set) var volumes = StringList(capacity: 16)
  private(set) var nameservers = StringList(capacity: 8)
  /// The volumes for which the host says that there is a disk.
  var disks = StringList(capacity: 16)
  private(set) var coreLimit: UInt64 = 0
  /// `/.packc/seccomp`
  private(set) var filter = FileBuffer(capacity: Configuration.longestFilter)
  private(set) var hasFilter = false
  /// 4096 instructions, the kernel's own bound.
  private static let longestFilter = 32768
  private(set) var directory: CString = StaticString("/").cString
  private(set) var hostname: CString?
  private(set) var address: CString?
  private(set) var gateway: CString?
  private(set) var user: UInt32 = 65532
  private(set) var group: UInt32 = 65532
  private(set) var writableRoot = false
  private(set) var rootDisk = false
  private(set) var verbose = false

  /// Nil, or what is wrong with it.
  mutating func load() -> StaticString? {
    guard file.read(StaticString("/.packc/config").cString) else { return "/.packc/config is missing" }
    hasFilter = filter.read(StaticString("/.packc/seccomp").cString)
    guard !hasFilter || (filter.count > 0 && filter.count % 8 == 0) else { return "/.packc/seccomp is damaged" }
    guard starts(file.cString, with: "v=1\0") else { return "/.packc/config is of another version" }
    var offset = 0
    while offset + 2 < file.count {
      let record = file.cString + offset
      let letter = UInt8(bitPattern: record[0])
      guard record[1] == 0x3d else { return "/.packc/config is damaged" }
      if letter == UInt8(truncatingIfNeeded: Int(WIRE_CONFIG_END)) {
        return arguments.count > 0 ? nil : "/.packc/config names no program"
      }
      guard take(letter, record + 2) else { return "/.packc/config has a record that this init does not understand" }
      offset += length(record) + 1
    }
    return "/.packc/config is cut off"
  }

  private mutating func take(_ letter: UInt8, _ value: CString) -> Bool {
    switch Int(letter) {
    case Int(WIRE_CONFIG_VERSION): return equal(value, "1")
    case Int(WIRE_CONFIG_ARGUMENT): return arguments.append(value)
    case Int(WIRE_CONFIG_ENVIRONMENT): return environment.set(value)
    case Int(WIRE_CONFIG_MODULE): return modules.append(value)
    case Int(WIRE_CONFIG_WRITABLE): return writable.append(value)
    case Int(WIRE_CONFIG_VOLUME): return volumes.append(value)
    case Int(WIRE_CONFIG_NAMESERVER): return nameservers.append(value)
    case Int(WIRE_CONFIG_DIRECTORY): directory = value
    case Int(WIRE_CONFIG_HOSTNAME): hostname = value
    case Int(WIRE_CONFIG_ADDRESS): address = value
    case Int(WIRE_CONFIG_GATEWAY): gateway = value
    case Int(WIRE_CONFIG_USER): return Configuration.identity(value, into: &user)
    case Int(WIRE_CONFIG_GROUP): return Configuration.identity(value, into: &group)
    case Int(WIRE_CONFIG_CORE):
      guard let limit = decimal(value) else { return false }
      coreLimit = limit
    case Int(WIRE_CONFIG_WRITABLE_ROOT): writableRoot = equal(value, "1")
    case Int(WIRE_CONFIG_ROOT_DISK): rootDisk = equal(value, "1")
    case Int(WIRE_CONFIG_VERBOSE): verbose = equal(value, "1")
    default: return false
    }
    return true
  }

  private static func identity(_ text: CString, into identity: inout UInt32) -> Bool {
    guard let number = decimal(text), number < UInt64(UInt32.max) else { return false }
    identity = UInt32(number)
    return true
  }
}
