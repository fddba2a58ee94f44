import CGuest

/// A root that is a disk instead of the initrd's files: an erofs behind dm-verity, which compares every block that is read
/// with the root hash of the kernel's command line. A block that differs ends the machine (a panic): nothing is ever made
/// of wrong bytes.
struct RootDisk {
  private var text = Text()
  private var disk = Text()
  private static let word: StaticString = "packc.root="
  /// Where the initrd had packc's own files.
  private static let place: StaticString = "/.packc"

  /// Makes the disk the root; what was mounted already moves there. False when it cannot, and `problem` says why.
  mutating func enter(_ cmdline: CommandLine, problem: inout Text) -> Bool {
    guard cmdline.value(RootDisk.word, into: &text), let blocks = leadingBlocks() else {
      problem.append("the kernel's command line does not name the root disk: packc.root=BLOCKS:HASH is missing")
      return false
    }
    var search = DiskSearch(name: StaticString("packc.root").cString, length: 10)
    guard search.run(into: &disk) || search.runForPartitions(into: &disk) else {
      problem.append("the root disk is not there: no disk has the serial number packc.root, no partition that name")
      return false
    }
    var code = verify(blocks)
    guard code >= 0 else { return refuse("verify", code, &problem) }
    let place = RootDisk.place.cString
    _ = guest_mkdir(place, 0o700)
    code = guest_mount(
      StaticString("/dev/dm-0").cString, StaticString("erofs").cString, place,
      Int32(GUEST_MOUNT_READONLY) | Int32(GUEST_MOUNT_NODEV), StaticString("").cString)
    guard code >= 0 else { return refuse("mount", code, &problem) }
    // Whatever the network's set-up finds out: the file is in memory, its place on the disk.
    _ = guest_bind(StaticString("/etc/resolv.conf").cString, StaticString("/.packc/etc/resolv.conf").cString)
    _ = guest_move(StaticString("/proc").cString, StaticString("/.packc/proc").cString)
    _ = guest_move(StaticString("/sys").cString, StaticString("/.packc/sys").cString)
    _ = guest_move(StaticString("/dev").cString, StaticString("/.packc/dev").cString)
    code = guest_enter_root(place)
    return code >= 0 || refuse("enter", code, &problem)
  }

  /// The number before the colon; `text` keeps what follows it.
  private mutating func leadingBlocks() -> UInt64? {
    var index = 0
    while index < text.count, text.start[index] != 0x3a { index += 1 }
    guard index < text.count else { return nil }
    text.start[index] = 0
    let blocks = decimal(text.cString)
    hash = text.cString + index + 1
    return blocks
  }
  private var hash = StaticString("").cString

  /// The line of a table for the target "verity": version, data and digests on the same disk, the digests behind the
  /// blocks and their superblock.
  private mutating func verify(_ blocks: UInt64) -> Int32 {
    var table = Text()
    table.append("1 /dev/")
    table.append(disk.cString)
    table.append(" /dev/")
    table.append(disk.cString)
    table.append(" 4096 4096 ")
    table.append(Int(truncatingIfNeeded: blocks))
    table.append(" ")
    table.append(Int(truncatingIfNeeded: blocks) + 1)
    table.append(" sha256 ")
    table.append(hash)
    table.append(" - 1 panic_on_corruption")
    return guest_map_disk(StaticString("verity").cString, blocks &* 8, table.cString)
  }

  private func refuse(_ what: StaticString, _ code: Int32, _ problem: inout Text) -> Bool {
    problem.append("cannot ")
    problem.append(what)
    problem.append(" the root disk /dev/")
    problem.append(disk.cString)
    problem.append(": errno ")
    problem.append(Int(-code))
    return false
  }
}
