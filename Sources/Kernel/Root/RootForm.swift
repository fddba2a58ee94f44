/// Where a machine's root filesystem is.
public enum RootForm: String, Sendable, CaseIterable {
  /// In memory, unpacked from the initrd.
  case initrd
  /// A read-only disk whose every block is verified.
  case erofs
}
