internal import Glibc
internal import PackCore

/// Runs the kernel's own build in a directory that is thrown away afterwards:
///
///     WORK/source   Debian's source, unpacked      WORK/out   all that make writes
struct KernelMake {
  let work: HostPath
  let toolchain: KernelToolchain
  let target: KernelTarget

  var source: HostPath { work / "source" }
  var out: HostPath { work / "out" }

  /// The configuration of `fragment`, everything else off, completed by the kernel's own rules.
  func configure(_ fragment: [UInt8]) throws -> [UInt8] {
    try FileSystem.createDirectory(out)
    let path = work / "fragment"
    try FileSystem.writeAtomically(fragment, to: path, durable: false)
    try make(["allnoconfig"], what: "make allnoconfig", variables: ["KCONFIG_ALLCONFIG": path.description])
    try make(["olddefconfig"], what: "make olddefconfig")
    return try FileSystem.read(out / ".config", limit: 4 << 20)
  }

  /// Compiles and links; `finished` is called with the number of files so far and the last one.
  func build(jobs: Int, finished: (Int, String) -> Void) throws -> [UInt8] {
    var count = 0
    try make(["-j\(jobs)", target.goal], what: "make \(target.goal)") { text in
      guard Self.isFile(text) else { return }
      count += 1
      finished(count, text.split(separator: " ").last.map(String.init) ?? text)
    }
    return try FileSystem.read(out / target.file, limit: 256 << 20)
  }

  /// `  CC      kernel/fork.o`
  static func isFile(_ line: String) -> Bool {
    guard line.hasPrefix("  ") else { return false }
    let word = line.drop { $0 == " " }.prefix { $0 != " " }
    return ["CC", "AS", "HOSTCC", "AR", "LD"].contains(word)
  }

  /// How many processors there are for it.
  static var jobs: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  // MARK: - make

  private func make(
    _ targets: [String], what: String, variables: [String: String] = [:], line: (String) -> Void = { _ in }
  ) throws {
    var environment = toolchain.environment
    environment.merge(variables) { $1 }
    // No file of the kernel may tell where it was built.
    let map = "-ffile-prefix-map=\(source)/= -ffile-prefix-map=\(out)/="
    let flags = ([map] + target.flags).joined(separator: " ")
    var last: [String] = []
    let command = Command(
      ["make", "-C", source.description, "O=\(out)"] + target.variables + ["KCFLAGS=\(flags)", "KAFLAGS=\(map)"]
        + targets, environment: environment)
    let result = try ProcessRunner().run(command) { stream, text in
      if stream == .error || text.contains("***") { last = (last + [text]).suffix(20) }
      if stream == .output { line(text) }
    }
    guard result.succeeded else { throw KernelBuildFailure.stepFailed(what, result, last: last) }
  }
}
