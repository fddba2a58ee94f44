internal import PackCore

/// One file of Debian's archive, as packc.lock pins it.
///
///     {"name": "libc6", "version": "2.36-9+deb12u14", "architecture": "amd64", "size": 2759320, "sha256": "…",
///      "path": "debian/pool/main/g/glibc/libc6_2.36-9+deb12u14_amd64.deb"}
struct DebianPackage: Equatable {
  var name: String
  var version: String
  /// `amd64`, `arm64`, or `all`.
  var architecture: String
  /// Below a mirror, the archive's own name first: `debian/…`, `debian-security/…`.
  var path: String
  /// Bytes.
  var size: Int64
  var sha256: Digest

  /// The largest package of Debian 12 has less.
  static let sizeLimit: Int64 = 2 << 30

  var owner: FileOwner { FileOwner(kind: .debian, name: name, version: version) }

  var json: JSONValue {
    [
      "name": .string(name), "version": .string(version), "architecture": .string(architecture),
      "path": .string(path), "size": .integer(size), "sha256": .string(sha256.hex),
    ]
  }

  init(_ reader: JSONReader) throws {
    name = try reader.required("name").string()
    version = try reader.required("version").string()
    architecture = try reader.required("architecture").string()
    path = try reader.required("path").string()
    size = try reader.required("size").integer()
    guard let digest = Digest(hex: try reader.required("sha256").string()) else {
      throw reader.failure("sha256 is not 64 hexadecimal digits")
    }
    sha256 = digest
    guard isPlain else { throw reader.failure("expected the name, version and place of a Debian package") }
  }

  /// A line of `apt-get --print-uris download`: `'URI' FILE SIZE SHA256:HEX`; nil for any other line.
  init?(line: some StringProtocol) {
    let words = line.split(separator: " ")
    guard words.count == 4, words[0].count > 2, words[0].first == "'", words[0].last == "'",
      words[3].hasPrefix("SHA256:"), let digest = Digest(hex: String(words[3].dropFirst("SHA256:".count))),
      let size = Int64(words[2]), let uri = Self.decoded(words[0].dropFirst().dropLast()),
      let pool = uri.ranges(of: "/pool/").last, let archive = uri[..<pool.lowerBound].split(separator: "/").last
    else { return nil }
    // `NAME_VERSION_ARCHITECTURE.deb`, in the pool without the version's epoch.
    let parts = (Self.decoded(words[1]) ?? "").split(separator: "_").map(String.init)
    guard parts.count == 3, parts[2].hasSuffix(".deb") else { return nil }
    (name, version, architecture) = (parts[0], parts[1], String(parts[2].dropLast(4)))
    path = String(archive) + String(uri[pool.lowerBound...])
    (self.size, sha256) = (size, digest)
    guard isPlain else { return nil }
  }

  /// It becomes a part of paths, addresses and arguments.
  private var isPlain: Bool {
    func isPlain(_ text: String, _ more: String) -> Bool {
      guard let first = text.utf8.first, Self.isLetterOrDigit(first) else { return false }
      return text.utf8.allSatisfy { Self.isLetterOrDigit($0) || more.utf8.contains($0) }
    }
    return isPlain(name, "+.-") && isPlain(version, "+.-~:") && isPlain(architecture, "-") && isPlain(path, "+.-~/_:")
      && path.hasSuffix(".deb") && RootPath(path) != nil && (1...Self.sizeLimit).contains(size)
  }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte)
  }

  /// `%2b` → `+`.
  private static func decoded(_ text: some StringProtocol) -> String? {
    var out: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        out.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      out.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: out, as: UTF8.self)
  }
}

/// What packc.lock's list of packages comes to on disk.
struct DebianRoot {
  /// Looks as the packages would, installed: `usr/lib/…`.
  let path: HostPath
  let owners: [RootPath: FileOwner]
  /// Of the list.
  let digest: Digest
}
