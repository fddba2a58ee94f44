internal import PackCore

/// A package as a lock of npm, Yarn or pnpm names it.
struct LockedPackage {
  var name: String
  var version: String
  /// Where it was taken from; nil for the registry.
  var resolved: String?
  /// Hashes of its archive.
  var integrity: String?
  /// Platforms that it is made for; empty for all.
  var os: [String] = []
  var cpu: [String] = []
  var libc: [String] = []

  /// The tools leave out what is for other platforms, where the program can do without it.
  func fits(_ platform: Platform) -> Bool {
    let cpu = platform.architecture == .amd64 ? "x64" : "arm64"
    return Self.allows(os, "linux") && Self.allows(self.cpu, cpu) && Self.allows(libc, "glibc")
  }

  /// `["linux", "darwin"]`, `["!win32"]`.
  private static func allows(_ list: [String], _ value: String) -> Bool {
    if list.contains("!" + value) { return false }
    let wanted = list.filter { !$0.hasPrefix("!") }
    return wanted.isEmpty || wanted.contains(value) || wanted.contains("any")
  }

  /// nil for what is a part of the project.
  var url: PackageURL? {
    let plain = PackageURL.npm(name, version)
    guard let resolved else { return plain }
    if ["file:", "link:", "portal:", "workspace:", ".", "/"].contains(where: resolved.hasPrefix) { return nil }
    let parts = resolved.split(separator: "#", maxSplits: 1).map(String.init)
    let address = PackageURL.publicAddress(parts.first ?? "")
    if isGit {
      let commit = parts.count > 1 ? "@" + parts[1].replacing("commit=", with: "") : ""
      return plain.with("vcs_url", address + commit)
    }
    // A registry of one's own holds packages of the same names, mostly as a mirror.
    let isRegistry = address.contains("/-/") || address.contains("/download/")
    return isRegistry || !address.contains("://") ? plain : plain.with("download_url", address)
  }

  private var isGit: Bool {
    guard let resolved else { return false }
    let address = resolved.prefix { $0 != "#" }
    return ["git+", "git:", "git@", "ssh:", "github:"].contains(where: address.hasPrefix) || address.hasSuffix(".git")
  }

  var hashes: [String: String] {
    if let integrity { return IntegrityText.hashes(integrity) }
    // Yarn 1 writes the SHA-1 of an archive behind its address.
    guard let resolved, !isGit, let mark = resolved.lastIndex(of: "#") else { return [:] }
    return IntegrityText.hashes("SHA-1", hex: resolved[resolved.index(after: mark)...])
  }
}
