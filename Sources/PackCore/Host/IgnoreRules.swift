/// Which files of a project are not part of it: `.gitignore` in every directory (gitignore(5)), then the project's
/// `.packcignore`, whose rules come last and win. What never enters a build is named here and cannot be re-included.
public struct IgnoreRules: Sendable {
  /// Version control, packc's own output, and the file that holds secrets in most projects.
  static let never = [".git", ".hg", ".svn", ".packc", ".env"].map { Array($0.utf8) }
  /// What packc has beside its output while it writes it.
  private static let staged = Array(".packc.".utf8)
  /// What `packc backup` and `packc bundle` leave in the directory where they are called: with it in the next image, a backup's
  /// values would be published. A rule may take one back in (`!name`).
  private static let parcels = [".backup.tar", ".bundle.tar"].map { Array($0.utf8) }

  private var gitignore = IgnoreRuleList()
  private var packcignore = IgnoreRuleList()

  public init(project: HostPath) throws {
    if let text = try FileSystem.readIfPresent(project / ".packcignore", limit: 1 << 20) {
      packcignore.add(text, base: .root)
    }
  }

  /// Adds the rules of `directory/.gitignore`, if there is one. Deeper files come later and win. Directories are entered
  /// in the order of their paths, so that rules of a directory that was left are forgotten.
  public mutating func enter(_ directory: RootPath, of project: HostPath) throws {
    leave(for: directory)
    let path = project / directory / ".gitignore"
    guard try FileSystem.target(path)?.kind == .file else { return }
    gitignore.add(try FileSystem.read(path, limit: 1 << 20), base: directory)
  }

  /// Forgets the rules of directories that a walk has behind it at `directory`.
  mutating func leave(for directory: RootPath) { gitignore.leave(for: directory) }

  /// Whether an entry of `directory`, which is not ignored itself, is left out.
  public func ignores(_ name: [UInt8], in directory: RootPath, isDirectory: Bool) -> Bool {
    if name.first == UInt8(ascii: "."), Self.never.contains(name) || name.starts(with: Self.staged) { return true }
    let isParcel = !isDirectory && directory == .root && Self.parcels.contains { name.suffix($0.count) == $0[...] }
    if gitignore.isEmpty, packcignore.isEmpty { return isParcel }
    return packcignore.verdict(name, in: directory, isDirectory: isDirectory)
      ?? gitignore.verdict(name, in: directory, isDirectory: isDirectory) ?? isParcel
  }

  /// Whether the entry, whose parents are not ignored, is left out.
  public func ignores(_ path: RootPath, isDirectory: Bool) -> Bool {
    ignores(Array(path.nameBytes), in: path.parent ?? .root, isDirectory: isDirectory)
  }
}
