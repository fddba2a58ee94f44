public import PackCore

/// What a machine is started with.
public struct BootFiles: Hashable, Sendable {
  public let kernel: HostPath
  public let initrd: HostPath
  /// The kernel's command line: one line without its newline.
  public let cmdline: String
  /// What the image says of its machine; nil for an image of a packc that did not write it down.
  public let machine: MachineDescription?

  public init(kernel: HostPath, initrd: HostPath, cmdline: String, machine: MachineDescription?) {
    self.kernel = kernel
    self.initrd = initrd
    self.cmdline = cmdline
    self.machine = machine
  }
}
