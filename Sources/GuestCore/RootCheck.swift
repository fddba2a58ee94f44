import CGuest
import CGuestWire

/// Compares the root with the manifest of the initrd's last segment, before anything is mounted over it.
struct RootCheck {
  private var entries = 0
  private var bytes: UInt64 = 0
  private var path = Text()
  private var device: UInt64 = 0
  private var depth = 0

  /// True when every file is there; else `problem` says what is missing.
  mutating func run(problem: inout Text) -> Bool {
    var manifest = FileBuffer(capacity: 256)
    guard manifest.read(StaticString("/.packc/manifest").cString),
      let wantedEntries = RootCheck.field(manifest.cString, Int(WIRE_MANIFEST_ENTRIES)),
      let wantedBytes = RootCheck.field(manifest.cString, Int(WIRE_MANIFEST_BYTES))
    else {
      problem.append(
        "the initrd was not unpacked to its end: the machine has too little memory for it, or the file was cut off")
      return false
    }
    device = guest_device(StaticString("/").cString)
    walk()
    if entries == wantedEntries && bytes == UInt64(wantedBytes) { return true }
    problem.append("the root file system is incomplete: ")
    problem.append(entries)
    problem.append(" of ")
    problem.append(wantedEntries)
    problem.append(" files, ")
    problem.append(Int(bytes))
    problem.append(" of ")
    problem.append(wantedBytes)
    problem.append(" bytes were unpacked; the machine has too little memory for it")
    return false
  }

  /// The number of the record with that letter.
  private static func field(_ manifest: CString, _ letter: Int) -> Int? {
    var record = manifest
    while record[0] != 0 {
      if Int(UInt8(bitPattern: record[0])) == letter, record[1] == 0x3d {
        return decimal(record + 2).map { Int(truncatingIfNeeded: $0) }
      }
      record += length(record) + 1
    }
    return nil
  }

  /// Lists the directory at `path`, then those below it.
  private mutating func walk() {
    guard depth < 256 else { return }
    let base = path.count
    let name: CString = base == 0 ? StaticString("/").cString : path.cString
    withUnsafeMutablePointer(to: &self) { check in
      _ = guest_list(name, check) { context, name, kind, size, device in
        guard let context, let name else { return 1 }
        context.assumingMemoryBound(to: RootCheck.self).pointee.visit(name, kind, size, device)
        return 0
      }
    }
  }

  private mutating func visit(_ name: CString, _ kind: CChar, _ size: UInt64, _ on: UInt64) {
    guard on == device, !isOurs(name) else { return }
    if kind != CChar(bitPattern: UInt8(ascii: "d")) {
      entries += 1
      if kind == CChar(bitPattern: UInt8(ascii: "f")) { bytes += size }
      return
    }
    let base = path.count
    path.append(UInt8(ascii: "/"))
    path.append(name)
    depth += 1
    walk()
    depth -= 1
    path.shorten(to: base)
  }

  /// At the top: the init, its files, and what the kernel put there itself (/dev with the console).
  private func isOurs(_ name: CString) -> Bool {
    path.count == 0 && (equal(name, "init") || equal(name, ".packc") || equal(name, "dev"))
  }
}
