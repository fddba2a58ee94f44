import CGuest

/// Mounts, kernel modules, the root: everything that must stand before the program starts.
struct Machine {
  /// /proc, /sys and /dev: what the init itself needs.
  mutating func mountKernelFileSystems() {
    mount("proc", at: "/proc", Int32(GUEST_MOUNT_NOEXEC) | Int32(GUEST_MOUNT_NODEV))
    mount("sysfs", at: "/sys", Int32(GUEST_MOUNT_NOEXEC) | Int32(GUEST_MOUNT_NODEV) | Int32(GUEST_MOUNT_READONLY))
    mount("devtmpfs", at: "/dev", Int32(GUEST_MOUNT_NOEXEC), "mode=0755")
    mount("devpts", at: "/dev/pts", Int32(GUEST_MOUNT_NOEXEC), "ptmxmode=0666,mode=0620,gid=5")
    link("/dev/fd", to: "/proc/self/fd")
    link("/dev/stdin", to: "/proc/self/fd/0")
    link("/dev/stdout", to: "/proc/self/fd/1")
    link("/dev/stderr", to: "/proc/self/fd/2")
  }

  private func mount(_ type: StaticString, at target: StaticString, _ how: Int32, _ data: StaticString = "") {
    _ = guest_mkdir(target.cString, 0o755)
    _ = guest_mount(type.cString, type.cString, target.cString, how, data.cString)
  }
  private func link(_ path: StaticString, to target: StaticString) { _ = guest_symlink(target.cString, path.cString) }

  // MARK: - Modules

  /// Loads the modules in their order. One that the kernel has built in already (EEXIST) or has no device for (ENODEV)
  /// is no problem; the first other failure is reported, and the rest still tried.
  mutating func loadModules(_ modules: StringList, _ cmdline: CommandLine, problem: inout Text) {
    var parameters = Text()
    let hasPCI = Machine.hasPCI()
    for index in 0..<modules.count {
      let module = modules[index]
      // Three modules for a bus that is not there take as long as three for one that is.
      if !hasPCI, starts(module, with: "/.packc/modules/virtio_pci") { continue }
      collectParameters(of: module, cmdline.start, into: &parameters)
      let code = guest_load_module(module, parameters.cString)
      guard code < 0, code != -17, code != -19, problem.count == 0 else { continue }
      problem.append("cannot load the kernel module ")
      problem.append(module)
      problem.append(": errno ")
      problem.append(Int(-code))
    }
  }

  private static func hasPCI() -> Bool {
    guest_list(StaticString("/sys/bus/pci/devices").cString, nil) { _, _, _, _, _ in 1 } == 1
  }

  /// `module.name=value` of the kernel's command line as `name=value`, as modprobe(8) does it; `-` and `_` are the same
  /// in a module's name.
  private func collectParameters(of module: CString, _ cmdline: CString, into parameters: inout Text) {
    parameters.clear()
    var base = 0
    var index = 0
    while module[index] != 0 {
      if module[index] == 0x2f { base = index + 1 }
      index += 1
    }
    let nameLength = index - base - 3  // without ".ko"
    var word = cmdline
    while word[0] != 0 {
      var end = 0
      while !CommandLine.isSpace(word[end]) && word[end] != 0 { end += 1 }
      if end > nameLength + 1, Machine.sameName(word, module + base, nameLength), word[nameLength] == 0x2e {
        if parameters.count > 0 { parameters.append(UInt8(ascii: " ")) }
        for index in (nameLength + 1)..<end { parameters.append(UInt8(bitPattern: word[index])) }
      }
      word += end
      while CommandLine.isSpace(word[0]) { word += 1 }
    }
  }

  private static func sameName(_ a: CString, _ b: CString, _ count: Int) -> Bool {
    for index in 0..<count {
      let x = a[index] == 0x2d ? 0x5f : a[index]
      let y = b[index] == 0x2d ? 0x5f : b[index]
      if x != y { return false }
    }
    return true
  }

  // MARK: - Root

  /// Removes what only the init needed: the program sees its own root.
  func removeOwnFiles(_ modules: StringList) {
    for index in 0..<modules.count { _ = guest_unlink(modules[index]) }
    _ = guest_unlink(StaticString("/.packc/config").cString)
    _ = guest_unlink(StaticString("/.packc/seccomp").cString)
    _ = guest_unlink(StaticString("/.packc/manifest").cString)
    _ = guest_rmdir(StaticString("/.packc/modules").cString)
    _ = guest_rmdir(StaticString("/.packc").cString)
    _ = guest_unlink(StaticString("/init").cString)
  }

  func makeRootReadOnly(problem: inout Text) -> Bool {
    let code = guest_remount_root_read_only()
    guard code < 0 else { return true }
    problem.append("cannot make the root read-only: errno ")
    problem.append(Int(-code))
    return false
  }

  /// Not even "Restarting system" (an emergency, for the kernel) may follow the program's last line.
  func silenceKernel() {
    var level = Text()
    level.append("0\n")
    _ = writeFile(StaticString("/proc/sys/kernel/printk").cString, level.bytes, create: false)
  }
}

/// mkdir -p, 0755.
func makeDirectories(_ target: CString) {
  var path = Text()
  var index = 0
  while target[index] != 0 {
    if target[index] == 0x2f, index > 0 { _ = guest_mkdir(path.cString, 0o755) }
    path.append(UInt8(bitPattern: target[index]))
    index += 1
  }
  if guest_exists(target) == 0 { _ = guest_mkdir(target, 0o755) }
  path.release()
}
