internal import PackCore

/// The programs that build a kernel, and which compiler they are.
struct KernelToolchain: Sendable {
  /// First lines of `gcc --version` and `ld --version`: two compilers that say the same make the same bytes.
  let compiler: String
  let environment: [String: String]

  /// Tools, and Debian's packages of them. gcc is wanted for the kernel's own tools, too.
  private static let tools: [(tool: String, package: String)] = [
    ("gcc", "gcc"), ("make", "make"), ("flex", "flex"), ("bison", "bison"), ("bc", "bc"),
    ("perl", "perl-base"), ("awk", "mawk"), ("tar", "tar"), ("xz", "xz-utils"),
  ]
  /// Headers without which the kernel's own tools cannot be compiled.
  private static let headers: [(file: String, package: String)] = [
    ("/usr/include/gelf.h", "libelf-dev"), ("/usr/include/stdio.h", "libc6-dev"),
  ]

  /// - Throws: `tool_missing` with all that are missing.
  static func find(_ context: HostContext, _ configuration: KernelConfiguration) throws -> KernelToolchain {
    let target = configuration.target
    let compiler = "\(target.prefix)gcc"
    let linker = "\(target.prefix)ld"
    let wanted =
      tools + [(linker, target.package("binutils")), (compiler, target.package("gcc"))].filter { $0.0 != "gcc" }
      + [compressor(configuration)].compactMap { $0 }
    var missing = wanted.filter { context.findTool($0.tool) == nil }
    missing += headers.filter { !FileSystem.exists(HostPath($0.file)) }.map { ($0.file, $0.package) }
    guard missing.isEmpty else { throw KernelBuildFailure.toolsMissing(missing) }
    let environment = environment(context)
    return KernelToolchain(
      compiler: try firstLine([compiler, "--version"], environment) + "; "
        + firstLine([linker, "--version"], environment), environment: environment)
  }

  /// What packs the kernel's file.
  private static func compressor(_ configuration: KernelConfiguration) -> (tool: String, package: String)? {
    let known = [
      "KERNEL_LZ4": ("lz4", "lz4"), "KERNEL_ZSTD": ("zstd", "zstd"), "KERNEL_GZIP": ("gzip", "gzip"),
      "KERNEL_BZIP2": ("bzip2", "bzip2"), "KERNEL_LZMA": ("lzma", "xz-utils"), "KERNEL_LZO": ("lzop", "lzop"),
    ]
    return configuration.options.lazy.filter { $0.value == "y" }.compactMap { known[$0.name] }.first
  }

  private static func firstLine(_ argv: [String], _ environment: [String: String]) throws -> String {
    let result = try ProcessRunner().run(Command(argv, environment: environment, timeout: 60))
    return result.outputText.split(separator: "\n").first.map(String.init) ?? "unknown"
  }

  /// Nothing of the person or the host but where programs are; who built it and when is the same for all.
  private static func environment(_ context: HostContext) -> [String: String] {
    [
      "PATH": context.searchPath.map(\.description).joined(separator: ":"), "LC_ALL": "C", "TZ": "UTC",
      "HOME": "/nonexistent", "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 1970", "KBUILD_BUILD_USER": "packc",
      "KBUILD_BUILD_HOST": "packc", "KBUILD_BUILD_VERSION": "1", "SOURCE_DATE_EPOCH": "0",
    ]
  }
}
