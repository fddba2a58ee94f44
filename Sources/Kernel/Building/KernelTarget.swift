internal import PackCore

/// How the kernel's own build calls an architecture, what it makes for it, and with which compiler here.
struct KernelTarget: Hashable, Sendable {
  let architecture: Platform.Architecture

  private var isNative: Bool { architecture == Platform.host.architecture }

  /// What the names of compiler and linker begin with; Debian's packages of the cross compilers call them so.
  var prefix: String {
    if isNative { return "" }
    return architecture == .arm64 ? "aarch64-linux-gnu-" : "x86_64-linux-gnu-"
  }

  /// Debian's package of a tool that has the prefix: `gcc` → `gcc-aarch64-linux-gnu`.
  func package(_ tool: String) -> String {
    if isNative { return tool }
    return architecture == .arm64 ? "\(tool)-aarch64-linux-gnu" : "\(tool)-x86-64-linux-gnu"
  }

  /// Of make's command line.
  var variables: [String] {
    ["ARCH=\(architecture == .arm64 ? "arm64" : "x86_64")"] + (isNative ? [] : ["CROSS_COMPILE=\(prefix)"])
  }

  /// Of the compiler. With -Os gcc writes out memset(3) and memcpy(3) as instructions that go byte by byte. An emulator is
  /// slow at those, and slowest where it had translated code: freeing what only the start needed took 200 ms. The
  /// kernel's own functions take eight bytes at a time.
  var flags: [String] { architecture == .amd64 ? ["-fno-builtin-memset", "-fno-builtin-memcpy"] : [] }

  /// What make is asked for. arm64's `Image` is not compressed: the boot protocol knows no other, and few monitors unpack.
  var goal: String { architecture == .arm64 ? "Image" : "bzImage" }
  /// Where it is afterwards.
  var file: String { architecture == .arm64 ? "arch/arm64/boot/Image" : "arch/x86/boot/bzImage" }
}
