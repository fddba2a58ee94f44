import CGuest

/// Opens the virtio-serial port of that name, which ends with a newline as its file in /sys does; -1 without one. The
/// driver makes its ports, and names them, some time after it has found the device: at most `patience` milliseconds.
func openPort(_ name: StaticString, patience: Int) -> Int32 {
  var found = PortSearch(wanted: name)
  var waited = 0
  while true {
    withUnsafeMutablePointer(to: &found) { search in
      _ = guest_list(StaticString("/sys/class/virtio-ports").cString, search) { context, name, _, _, _ in
        guard let context, let name else { return 1 }
        return context.assumingMemoryBound(to: PortSearch.self).pointee.visit(name) ? 1 : 0
      }
    }
    if found.isFound { break }
    guard waited < patience, hasPortDevice() else { return -1 }
    guest_sleep(2)
    waited += 2
  }
  return guest_open(found.path.cString, Int32(GUEST_BOTH))
}

private func hasPortDevice() -> Bool {
  guest_list(StaticString("/sys/bus/virtio/drivers/virtio_console").cString, nil) { _, name, _, _, _ in
    guard let name else { return 0 }
    return starts(name, with: "virtio") ? 1 : 0
  } == 1
}

/// The search through /sys/class/virtio-ports for the port whose `name` is wanted.
private struct PortSearch {
  let wanted: StaticString
  var path = Text()
  var isFound = false
  private var name = FileBuffer(capacity: 64)

  init(wanted: StaticString) { self.wanted = wanted }

  mutating func visit(_ port: CString) -> Bool {
    path.clear()
    path.append("/sys/class/virtio-ports/")
    path.append(port)
    path.append("/name")
    guard name.read(path.cString), equal(name.cString, wanted) else { return false }
    path.clear()
    path.append("/dev/")
    path.append(port)
    isFound = true
    return true
  }
}
