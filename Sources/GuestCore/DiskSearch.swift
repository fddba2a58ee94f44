import CGuest

/// The search through /sys/class/block for the disk with a serial number, or the partition with a name.
struct DiskSearch {
  private let name: CString
  private let length: Int
  private var found = Text()
  private var isFound = false
  private var forPartitions = false
  private var path = Text()
  private var file = FileBuffer(capacity: 512)

  /// The first `length` letters of `name` count.
  init(name: CString, length: Int) {
    self.name = name
    self.length = length
  }

  /// Puts the device's name (`vda`) into `text`.
  mutating func run(into text: inout Text) -> Bool {
    withUnsafeMutablePointer(to: &self) { search in
      _ = guest_list(StaticString("/sys/class/block").cString, search) { context, name, _, _, _ in
        guard let context, let name else { return 1 }
        return context.assumingMemoryBound(to: DiskSearch.self).pointee.visit(name) ? 1 : 0
      }
    }
    guard isFound else { return false }
    text.clear()
    text.append(found.cString)
    return true
  }

  mutating func runForPartitions(into text: inout Text) -> Bool {
    forPartitions = true
    return run(into: &text)
  }

  private mutating func visit(_ disk: CString) -> Bool {
    path.clear()
    path.append("/sys/class/block/")
    path.append(disk)
    let kind: StaticString = forPartitions ? "/uevent" : "/serial"
    path.append(kind)
    // Partitions have no serial number.
    guard file.read(path.cString), hasName() else { return false }
    found.append(disk)
    isFound = true
    return true
  }

  /// The whole text of `serial`, or a line `PARTNAME=…` of `uevent`.
  private func hasName() -> Bool {
    guard forPartitions else { return isName(file.cString) }
    var line = file.cString
    while line[0] != 0 {
      if starts(line, with: "PARTNAME="), isName(line + 9) { return true }
      while line[0] != 0x0a && line[0] != 0 { line += 1 }
      if line[0] == 0x0a { line += 1 }
    }
    return false
  }

  /// Up to the end of the line.
  private func isName(_ text: CString) -> Bool {
    for index in 0..<length where text[index] != name[index] { return false }
    return text[length] == 0 || text[length] == 0x0a
  }
}
