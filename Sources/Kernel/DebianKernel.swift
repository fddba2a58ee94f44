internal import Glibc
internal import PackCore

/// Debian's package tools, as far as a kernel needs them: nothing is installed and nothing needs root.
public struct DebianKernel: Sendable {
  /// Depends on the newest kernel for virtual machines.
  public static let metaPackage = "linux-image-cloud-amd64"

  /// One version of one package, as apt's lists have it.
  struct Package {
    let name: String
    let version: String
    let sha256: Digest
    let size: Int64
  }

  private let environment: [String: String]

  init(_ context: HostContext) throws {
    for (tool, package) in [("apt-cache", "apt"), ("apt-get", "apt"), ("dpkg-deb", "dpkg")]
    where context.findTool(tool) == nil {
      throw KernelFailure.noTool(tool, package: package)
    }
    var environment = [
      "PATH": context.searchPath.map(\.description).joined(separator: ":"), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
    ]
    // How apt reaches its mirrors is the host's affair.
    let passed = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"]
    for name in passed + passed.map({ $0.uppercased() }) + ["APT_CONFIG"] {
      environment[name] = context.variable(name)
    }
    self.environment = environment
  }

  // MARK: - Resolving

  /// The kernel's own package behind `name` (which may be the meta package).
  func resolve(_ name: String, version: String?) throws -> Package {
    let record = try show(version.map { "\(name)=\($0)" } ?? name)
    if let image = Self.dependency(in: record["Depends"] ?? "") {
      return try resolve(image.name, version: version ?? image.version)
    }
    guard let package = record["Package"], let version = record["Version"],
      let sha256 = record["SHA256"].flatMap({ Digest(hex: $0) }), let size = record["Size"].flatMap({ Int64($0) })
    else { throw KernelFailure.noPackage(name, cause: "its record has no version, size and SHA-256") }
    return Package(name: package, version: version, sha256: sha256, size: size)
  }

  /// `linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)` out of a Depends field; nil for a package that is none of the meta
  /// ones (whose first dependencies are kmod and the like).
  static func dependency(in field: String) -> (name: String, version: String?)? {
    for part in field.split(separator: ",") {
      let words = part.split(whereSeparator: { " ()".contains($0) })
      guard let name = words.first, name.hasPrefix("linux-image-") else { continue }
      let version = words.count == 3 && words[1] == "=" ? String(words[2]) : nil
      return (String(name), version)
    }
    return nil
  }

  /// The first record of `apt-cache show`.
  private func show(_ package: String) throws -> [String: String] {
    let result = try run(["apt-cache", "show", "--no-all-versions", package], keep: 1 << 20, keepHead: true)
    guard result.succeeded else { throw KernelFailure.noPackage(package, cause: Self.lastLine(result)) }
    var record: [String: String] = [:]
    for line in result.outputText.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { break }
      guard line.first != " ", let cut = line.firstIndex(of: ":") else { continue }
      record[String(line[..<cut])] = String(line[line.index(after: cut)...].drop { $0 == " " })
    }
    guard !record.isEmpty else { throw KernelFailure.noPackage(package, cause: nil) }
    return record
  }

  // MARK: - Fetching

  /// `apt-get download` into `directory`; apt checks the file against its signed lists, and so does this.
  func download(_ package: Package, into directory: HostPath, reporter: Reporter) throws {
    let id = "kernel:download"
    let started = HostContext.monotonicClock()
    func seconds() -> Double { Double(HostContext.monotonicClock() - started) / 1e9 }
    reporter.send(
      .stepStarted(id: id, title: "downloading \(package.name) \(package.version) (\(package.size >> 20) MiB)"))
    // The sandbox user of apt cannot enter a private directory; it matters only for root.
    let result = try run(
      [
        "apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=2", "-o", "Dir::Cache=\(directory)",
        "download", "\(package.name)=\(package.version)",
      ], in: directory
    ) { reporter.send(.stepLine(id: id, text: $0)) }
    guard result.succeeded, let file = try deb(in: directory) else {
      reporter.send(.stepEnded(id: id, status: .failed, reason: "apt-get failed", seconds: seconds()))
      throw KernelFailure.downloadFailed("\(package.name) \(package.version)", cause: Self.lastLine(result))
    }
    let digest = try FileSystem.digest(of: file)
    guard digest == package.sha256 else {
      reporter.send(.stepEnded(id: id, status: .failed, reason: "wrong digest", seconds: seconds()))
      throw KernelFailure.wrongPackage(package.name, expected: package.sha256.hex, found: digest.hex)
    }
    reporter.send(.stepEnded(id: id, status: .ran, reason: "not in the catalog", seconds: seconds()))
  }

  private func deb(in directory: HostPath) throws -> HostPath? {
    try DirectoryWalk.names(in: directory).map { directory / HostPath(bytes: $0) }
      .first { $0.name.hasSuffix(".deb") }
  }

  /// The package's files, in a directory beside it.
  func unpack(_ package: Package, in directory: HostPath) throws -> HostPath {
    let tree = directory / "tree"
    guard let file = try deb(in: directory) else { throw KernelFailure.downloadFailed(package.name, cause: nil) }
    let result = try run(["dpkg-deb", "-x", file.description, tree.description])
    guard result.succeeded else { throw KernelFailure.unpackFailed(package.name, cause: result.errorText) }
    return tree
  }

  private func run(
    _ argv: [String], in directory: HostPath? = nil, keep: Int = 64 << 10, keepHead: Bool = false,
    line: (String) -> Void = { _ in }
  ) throws -> CommandResult {
    try ProcessRunner().run(
      Command(argv, environment: environment, directory: directory, keep: keep, keepHead: keepHead, timeout: 900)
    ) { line($1) }
  }

  private static func lastLine(_ result: CommandResult) -> String? {
    result.errorText.split(separator: "\n").last.map(String.init)
  }
}
