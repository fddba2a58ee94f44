internal import PackCore
internal import Packs

/// The target triple of a build.
struct RustTarget {
  let name: String
  let source: String
  /// Of a compiler for another architecture than the host's; nil when the host's own does.
  let linker: HostPath?

  init(_ config: CargoConfig, _ toolchain: RustToolchain, _ platform: Platform) throws {
    let architecture = platform.architecture == .arm64 ? "aarch64" : "x86_64"
    let own = toolchain.host.hasPrefix(architecture + "-") ? toolchain.host : "\(architecture)-unknown-linux-gnu"
    var chosen = (name: own, source: "the host's compiler", place: SourceLocation?.none)
    if let wanted = config.target {
      guard wanted.text.contains("-linux-") else { throw RustRefusal.noLinux(wanted) }
      // Another architecture is what --platform asks for; the C library is the project's choice.
      if wanted.text.hasPrefix(architecture + "-") {
        chosen = (wanted.text, wanted.location.description, wanted.location)
      }
    }
    guard toolchain.has(target: chosen.name) else {
      throw RustRefusal.noTarget(chosen.name, toolchain, at: chosen.place)
    }
    name = chosen.name
    source = chosen.source
    guard !toolchain.host.hasPrefix(architecture + "-") else {
      linker = nil
      return
    }
    let tool = "\(architecture)-linux-gnu-gcc"
    guard let found = toolchain.context.findTool(tool) else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "linking for \(chosen.name) needs \(tool), which is not in PATH",
        hint: "apt-get install gcc-\(architecture.replacing("_", with: "-"))-linux-gnu")
    }
    linker = found
  }

  /// As it stands in names of variables.
  var variable: String { name.uppercased().replacing("-", with: "_") }
}
