public import PackCore

/// What a machine is started with.
public struct BootFiles: Hashable, Sendable {
  public let kernel: HostPath
  public let initrd: HostPath
  /// The kernel's command line: one line without its newline.
  public let cmdline: String
  /// What the image says of its machine; nil for an image of a packc that did not write it down.
  public let machine: MachineDescription?
  /// The root's disk and its root hash; nil for a root in the initrd.
  public let root: Root?

  public struct Root: Hashable, Sendable {
    public let file: HostPath
    public let hash: Digest
    public init(file: HostPath, hash: Digest) {
      self.file = file
      self.hash = hash
    }
  }

  public init(
    kernel: HostPath, initrd: HostPath, cmdline: String, machine: MachineDescription? = nil, root: Root? = nil
  ) {
    self.kernel = kernel
    self.initrd = initrd
    self.cmdline = cmdline
    self.machine = machine
    self.root = root
  }
}
