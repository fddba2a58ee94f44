internal import PackCore

/// Which of a kernel's modules one machine loads: the drivers of what it has, and what those depend on.
struct ModuleNeeds {
  /// Every machine's.
  static let always = ["virtio_mmio", "virtio_pci", "virtio_console", "virtio_rng", "virtio_net"]
  /// Of a machine with volumes. ext4 asks for its checksums by name, which no dependency of the module says.
  static let volumes = ["virtio_blk", "crc32c_generic", "ext4", "erofs"]

  /// Of a machine whose root is on a disk.
  static let rootDisk = ["virtio_blk", "dm_verity", "erofs"]

  private let wanted: Set<String>

  init(volumes: Bool, root: RootForm = .initrd) {
    wanted = Set(Self.always + (volumes ? Self.volumes : []) + (root == .erofs ? Self.rootDisk : []))
  }

  struct Candidate {
    /// With underscores.
    let name: String
    let depends: [String]
  }

  /// The names of those that are needed. Candidates stand in the order of loading, so what one depends on is before it.
  func choose(_ candidates: [Candidate]) -> Set<String> {
    var needed = wanted
    for candidate in candidates.reversed() where needed.contains(candidate.name) {
      needed.formUnion(candidate.depends.map { String($0.map { $0 == "-" ? "_" : $0 }) })
    }
    return needed
  }
}
