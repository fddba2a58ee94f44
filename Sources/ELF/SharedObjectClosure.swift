public import PackCore

/// Every shared object that the ELF files of a root filesystem need and do not have: found by the dynamic loader's own
/// rules on the host, placed where the loader inside the image, which has no `ld.so.cache` and no `ld.so.conf`, finds it
/// by the same rules.
///
/// Every program and shared object of the image is a root. It is computed before strip: `$ORIGIN` on the host is the
/// directory that a file came from.
public struct SharedObjectClosure: Sendable {
  /// One file or link that the image needs beside what it has.
  public struct Addition: Sendable {
    /// Layer runtime; a link where the image has the same file already at another place.
    public var entry: RootFilesystem.Entry
    /// The file of the host, links resolved.
    public var source: HostPath
    /// Paths in the image of what asked for it (or `pack`, or a rule's name), sorted.
    public var neededBy: [String]
  }

  /// Something that will not load and that nothing depends on, for the contract's caveats.
  public struct Caveat: Hashable, Sendable {
    public var path: RootPath
    /// For people; may name directories of the host, so it goes into no image.
    public var text: String
    public init(path: RootPath, text: String) {
      self.path = path
      self.text = text
    }
  }

  /// Sorted by path.
  public var additions: [Addition]
  /// Sorted by path.
  public var caveats: [Caveat]
  /// All ELF files of the image, additions among them.
  public var inventory: ELFInventory

  /// Computes the closure. `libraries` are sonames that are opened by dlopen(3) and must be there, as a pack asks for
  /// them. `libraryPath`: the absolute directories of `LD_LIBRARY_PATH` with which the image is started. Throws when a program, or anything that a program or the application layer needs, cannot be resolved.
  public static func compute(
    of root: RootFilesystem, platform: Platform, source: any RuntimeSource = HostRuntimeSource(),
    libraries: [String] = [], libraryPath: [RootPath] = []
  ) throws -> SharedObjectClosure {
    var builder = try ClosureBuilder(root, platform: platform, source: source)
    builder.libraryPath = libraryPath
    try builder.loadPrograms()
    try builder.loadSharedObjects()
    try builder.loadRequested(libraries)
    try builder.loadOpenedByName()
    try builder.verify()
    return builder.result
  }

  /// Puts the additions into `root`.
  public func insert(into root: inout RootFilesystem) throws {
    for addition in additions { try root.insert(addition.entry) }
  }
}
