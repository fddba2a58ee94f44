public import PackCore

/// What a machine is started with.
public struct BootFiles: Hashable, Sendable {
  public let kernel: HostPath
  public let initrd: HostPath
  /// The kernel's command line: one line without its newline.
  public let cmdline: String

  public init(kernel: HostPath, initrd: HostPath, cmdline: String) {
    self.kernel = kernel
    self.initrd = initrd
    self.cmdline = cmdline
  }
}
