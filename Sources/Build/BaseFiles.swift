internal import ELF
internal import PackCore

/// What every image has beside its program: the links of a merged /usr, users, name service order, /tmp, certificates
/// and time zones. Nothing of a distribution's base, no shell, no package manager.
enum BaseFiles {
  /// The user that programs run as: no name on the host has that number by chance.
  static let user: UInt32 = 65532

  static func insert(into root: inout RootFilesystem, host: HostPath = "/") throws {
    for entry in MergedUsr.entries(layer: .runtime, origin: "packc") { try root.insert(entry) }
    try insertText(into: &root)
    try insertDirectory("tmp", mode: 0o1777, into: &root)
    for name in ["dev", "proc", "sys", "run"] { try insertDirectory(name, mode: 0o755, into: &root) }
    try insertCertificates(into: &root, host)
    try HostTree.insert(
      host / "usr/share/zoneinfo", at: RootPath(literal: "usr/share/zoneinfo"), layer: .runtime, into: &root,
      exclude: ["posix/**", "right/**", "posix", "right", "localtime", "posixrules"])
  }

  private static func insertText(into root: inout RootFilesystem) throws {
    let files: [(StaticString, String)] = [
      ("etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n"),
      ("etc/group", "root:x:0:\nnonroot:x:65532:\n"),
      ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"),
      ("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"),
      // Where a container runtime or the guest's init puts the name servers; a read-only root needs the file.
      ("etc/resolv.conf", ""), ("etc/hostname", "packc\n"),
    ]
    for (path, text) in files {
      try root.insert(
        RootFilesystem.Entry(
          path: RootPath(literal: path), content: .bytes(Array(text.utf8)), mode: 0o644, layer: .runtime,
          origin: "packc"))
    }
  }

  private static func insertDirectory(_ name: String, mode: UInt32, into root: inout RootFilesystem) throws {
    guard let path = RootPath(name) else { return }
    try root.insert(
      RootFilesystem.Entry(path: path, content: .directory, mode: mode, layer: .runtime, origin: "packc"))
  }

  private static func insertCertificates(into root: inout RootFilesystem, _ host: HostPath) throws {
    let bundle = host / "etc/ssl/certs/ca-certificates.crt"
    guard let status = try FileSystem.target(bundle), status.kind == .file else {
      throw Failure(
        "no_certificates", "\(bundle) is missing, and an image without it trusts nobody",
        hint: "apt-get install ca-certificates", exit: .toolchain)
    }
    try root.insert(
      RootFilesystem.Entry(
        path: RootPath(literal: "etc/ssl/certs/ca-certificates.crt"),
        content: .host(FileSystem.resolve(bundle) ?? bundle, status), mode: 0o644, layer: .runtime,
        origin: "host:\(bundle)"))
    // Where OpenSSL's defaults look, Debian's own and other distributions'.
    let links: [(StaticString, String)] = [
      ("etc/ssl/cert.pem", "certs/ca-certificates.crt"), ("usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem"),
      ("usr/lib/ssl/certs", "/etc/ssl/certs"),
    ]
    for (path, target) in links {
      try root.insert(
        RootFilesystem.Entry(
          path: RootPath(literal: path), content: .link(Array(target.utf8)), mode: 0o777, layer: .runtime,
          origin: "packc"))
    }
  }
}
