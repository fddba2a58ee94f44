internal import PackCore

/// Debian's source of a kernel: the tarball of its package, kept below the cache, and unpacked for each build.
///
///     <cache>/kernel-source/<SHA-256 of the package>.tar.xz, .json
struct KernelSource: Sendable {
  let package: DebianKernel.Package
  private let root: HostPath
  private let debian: DebianKernel
  private static let format: Int64 = 1

  /// Looks the package up in apt's lists; nothing is fetched.
  init(_ context: HostContext, version: KernelVersion, cache: HostPath) throws {
    debian = try DebianKernel(context)
    root = cache / "kernel-source"
    do { package = try debian.resolve(version.sourcePackage, version: nil) } catch let failure as Failure
      where failure.code == "kernel_unavailable"
    {
      throw KernelBuildFailure.sourceMissing(version.sourcePackage, cause: failure.cause)
    }
  }

  private var tarball: HostPath { root / "\(package.sha256.hex).tar.xz" }
  private var record: HostPath { root / "\(package.sha256.hex).json" }

  /// The tarball, fetched when it is not there, or not as it was.
  func fetch(_ reporter: Reporter) throws -> HostPath {
    if let known = CacheRecord.read(record, format: Self.format), let digest = known["digest"]?.digest,
      FileSystem.exists(tarball), try FileSystem.digest(of: tarball) == digest
    {
      CacheRecord.markUsed(record)
      return tarball
    }
    let work = try WorkDirectory(in: root, prefix: ".download")
    do { try debian.download(package, into: work.path, reporter: reporter) } catch let failure as Failure
      where failure.code == "kernel_unavailable"
    {
      throw KernelBuildFailure.sourceDownload("\(package.name) \(package.version)", cause: failure.cause)
    }
    let tree = try debian.unpack(package, in: work.path)
    guard let found = try Self.tarball(below: tree / "usr/src") else {
      throw KernelBuildFailure.noTarball(package.name)
    }
    let digest = try FileSystem.digest(of: found)
    try FileSystem.rename(found, to: tarball)
    try CacheRecord.write(["digest": JSONValue(digest)], format: Self.format, to: record)
    return tarball
  }

  private static func tarball(below directory: HostPath) throws -> HostPath? {
    guard FileSystem.isDirectory(directory) else { return nil }
    return try DirectoryWalk.names(in: directory).map { directory / HostPath(bytes: $0) }.first {
      $0.name.hasPrefix("linux-source-") && $0.name.hasSuffix(".tar.xz")
    }
  }

  /// Code of devices and processors that no machine of packc's has: a third of the source is enough, and Kconfig files
  /// and headers stay.
  private static let unused = [
    "*/Documentation/*.rst", "*/Documentation/*.yaml", "*/Documentation/*.txt", "*/Documentation/*.svg",
    "*/drivers/gpu/drm/*/*.[ch]", "*/drivers/media/*.[ch]", "*/drivers/net/ethernet/*.[ch]",
    "*/drivers/net/wireless/*.[ch]", "*/drivers/staging/*.[ch]", "*/drivers/infiniband/*.[ch]",
    "*/drivers/scsi/*.[ch]", "*/drivers/iio/*.[ch]", "*/sound/*.[ch]", "*/tools/testing/*", "*/tools/perf/*",
    "*/arch/*/boot/dts/*", "*/arch/arm/*.[chS]", "*/arch/mips/*.[chS]", "*/arch/powerpc/*.[chS]",
  ]

  /// Unpacks the tarball into an empty directory.
  func unpack(_ tarball: HostPath, into directory: HostPath, _ toolchain: KernelToolchain) throws {
    try FileSystem.createDirectory(directory)
    let result = try ProcessRunner().run(
      Command(
        ["tar", "--extract", "--xz", "--file", tarball.description, "--directory", directory.description]
          + ["--strip-components=1", "--no-same-owner", "--wildcards-match-slash"]
          + Self.unused.map { "--exclude=\($0)" }, environment: toolchain.environment))
    guard result.succeeded else { throw KernelFailure.unpackFailed(tarball.description, cause: result.errorText) }
    let makefile = try FileSystem.readIfPresent(directory / "Makefile", limit: 1 << 20) ?? []
    guard String(decoding: makefile, as: UTF8.self).contains("\nVERSION = ") else {
      throw KernelBuildFailure.notASource(tarball.description)
    }
  }
}
