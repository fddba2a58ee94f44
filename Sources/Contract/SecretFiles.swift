internal import PackCore

/// Files that look like somebody's secret: by their names, and keys by what stands in them.
enum SecretFiles {
  static let caveat =
    "by file names, and in .pem and .key files by the first line of a private key; others are not recognised"

  private static let names: Set<String> = [
    ".dockercfg", ".env", ".git-credentials", ".htpasswd", ".netrc", ".npmrc", ".pgpass", ".pypirc", "credentials.json",
    "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa", "secrets.json", "secrets.yaml", "secrets.yml", "service-account.json",
  ]
  private static let suffixes = [".jks", ".kdbx", ".keystore", ".ovpn", ".p12", ".pfx"]
  /// Below these directories of a home.
  private static let places = [".aws/credentials", ".docker/config.json", ".kube/config", ".ssh/"]
  /// Only small files are keys. Bytes.
  private static let keySize: Int64 = 64 << 10

  static func looksSecret(_ entry: RootFilesystem.Entry) -> Bool {
    guard entry.isFile else { return false }
    let name = entry.path.name.lowercased()
    if names.contains(name) || suffixes.contains(where: { name.hasSuffix($0) }) { return true }
    if name.hasPrefix(".env."), !["example", "sample", "template", "dist"].contains(name.dropFirst(5)) { return true }
    let path = entry.path.absolute
    if places.contains(where: { path.contains("/\($0)") }) { return true }
    return (name.hasSuffix(".pem") || name.hasSuffix(".key")) && holdsKey(entry)
  }

  private static func holdsKey(_ entry: RootFilesystem.Entry) -> Bool {
    guard entry.size <= keySize else { return false }
    let bytes: [UInt8]
    switch entry.content {
    case .bytes(let own): bytes = own
    case .host(let path, _): bytes = (try? FileSystem.read(path, limit: Int(keySize))) ?? []
    case .directory, .link, .hardLink: return false
    }
    // Taken apart, so that this file is not taken for one.
    return String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY" + "-----")
  }
}
