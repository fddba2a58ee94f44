public import PackCore

/// What packc says of an image that is no container's.
public enum MachineLabels {
  /// An annotation of the manifest and of its descriptor: `vm` or `kraft`. Whoever asks a layout for "the image" means another.
  public static let kind = "dev.packc.machine"
  /// A label: the kernel's command line.
  public static let cmdline = "dev.packc.cmdline"
  public static let kernelPath = RootPath(literal: "unikraft/bin/kernel")
  public static let initrdPath = RootPath(literal: "unikraft/bin/initrd")
  /// What the machine needs, as in `.packc/unikernel`.
  public static let descriptionPath = RootPath(literal: "machine.json")
}
