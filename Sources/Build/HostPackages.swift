internal import PackCore

/// Which Debian package of this host has a file: dpkg's database read directly, for many files at once (dpkg(1), "Files").
/// On another system there is none, and nothing is known.
struct HostPackages {
  /// Where dpkg keeps it.
  static let database: HostPath = "/var/lib/dpkg"
  private static let limit = 256 << 20

  let database: HostPath
  /// Where packages leave their `copyright`.
  let documents: HostPath
  init(database: HostPath = Self.database, documents: HostPath = "/usr/share/doc") {
    self.database = database
    self.documents = documents
  }

  /// Changes whenever a package is installed, removed or upgraded.
  var state: JSONValue {
    guard let status = try? FileSystem.status(database / "status") else { return .null }
    return [.integer(status.size), .integer(status.modified), .integer(Int64(bitPattern: status.inode))]
  }

  /// Owners of those files that some package has.
  /// - Parameter files: with every link on the way resolved.
  func owners(of files: Set<HostPath>) -> [HostPath: FileOwner] {
    let asked = Self.asked(files)
    guard !asked.isEmpty, let names = try? DirectoryWalk.names(in: database / "info") else { return [:] }
    let versions = versions()
    var owners: [HostPath: FileOwner] = [:]
    for name in names where name.suffix(5).elementsEqual(".list".utf8) {
      guard let text = try? FileSystem.read(database / "info" / HostPath(bytes: name), limit: Self.limit) else {
        continue
      }
      // `libc6:amd64.list`
      let label = String(decoding: name.dropLast(5), as: UTF8.self)
      let package = String(label.prefix { $0 != ":" })
      let owner = FileOwner(kind: .debian, name: package, version: versions[label] ?? versions[package] ?? "")
      Self.eachLine(text) { line, hash in
        guard let candidates = asked[hash] else { return }
        for (alias, file) in candidates where line.elementsEqual(alias) {
          // Two packages have a path when one diverts it (dpkg-divert(1)): the first by name, always the same.
          if let present = owners[file], present < owner { continue }
          owners[file] = owner
        }
      }
    }
    for (file, package) in Self.made where files.contains(file) && owners[file] == nil {
      owners[file] = versions[package].map { FileOwner(kind: .debian, name: package, version: $0) }
    }
    return owners
  }

  /// What packages say of their licence in a file that a machine can read.
  /// - Parameter owners: those that are no Debian package are left out.
  func licenses(of owners: some Sequence<FileOwner>) -> [FileOwner: String] {
    owners.reduce(into: [:]) { licenses, owner in
      let file = documents / HostPath("\(owner.name)/copyright")
      guard owner.kind == .debian, let text = try? FileSystem.read(file, limit: 4 << 20) else { return }
      licenses[owner] = DebianCopyright(text).license
    }
  }

  /// Files that a package makes when it is configured, so that no list has them (deb-triggers(5)).
  private static let made: [(file: HostPath, package: String)] = [
    ("/etc/ssl/certs/ca-certificates.crt", "ca-certificates")
  ]

  /// What a list may call each file, by its hash: the file, and for `/usr/lib/…` also `/lib/…`, from before the two were
  /// merged.
  private static func asked(_ files: Set<HostPath>) -> [UInt64: [(alias: [UInt8], file: HostPath)]] {
    var asked: [UInt64: [(alias: [UInt8], file: HostPath)]] = [:]
    for file in files {
      var aliases = [file.bytes]
      let rest = Array(file.bytes.dropFirst(4))
      if file.bytes.starts(with: "/usr/".utf8),
        ["/lib", "/bin", "/sbin"].contains(where: { rest.starts(with: $0.utf8) })
      {
        aliases.append(rest)
      }
      for alias in aliases {
        var hash = seed
        for byte in alias { hash = next(hash, byte) }
        asked[hash, default: []].append((alias, file))
      }
    }
    return asked
  }

  // FNV-1a: the lists have hundreds of thousands of lines, of which a few hundred matter.
  private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325
  private static func next(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

  private static func eachLine(_ text: [UInt8], _ body: (Slice<UnsafeBufferPointer<UInt8>>, UInt64) -> Void) {
    text.withUnsafeBufferPointer { bytes in
      var (start, hash) = (0, seed)
      for position in bytes.indices {
        let byte = bytes[position]
        if byte == UInt8(ascii: "\n") {
          body(bytes[start..<position], hash)
          (start, hash) = (position + 1, seed)
        } else {
          hash = next(hash, byte)
        }
      }
    }
  }

  /// By package, and by `package:architecture`.
  private func versions() -> [String: String] {
    guard let text = try? FileSystem.read(database / "status", limit: Self.limit) else { return [:] }
    var versions: [String: String] = [:]
    var (package, architecture, version) = ("", "", "")
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) + [[]] {
      func value(_ field: String) -> String? {
        line.starts(with: field.utf8) ? String(decoding: line.dropFirst(field.utf8.count), as: UTF8.self) : nil
      }
      if let found = value("Package: ") {
        package = found
      } else if let found = value("Architecture: ") {
        architecture = found
      } else if let found = value("Version: ") {
        version = found
      } else if line.isEmpty, !package.isEmpty {
        versions["\(package):\(architecture)"] = version
        if versions[package] == nil { versions[package] = version }
        (package, architecture, version) = ("", "", "")
      }
    }
    return versions
  }
}
