internal import Glibc
internal import PackCore

/// The toolchains that rustup installed, read from its directory: what `cargo` and `rustc` in PATH are then is a proxy
/// that looks for its settings in HOME, which a build does not have.
struct Rustup {
  /// `~/.rustup/toolchains`
  let toolchains: HostPath
  private let home: HostPath
  private let context: HostContext

  /// nil when `rustc` is a compiler itself.
  init?(proxy rustc: HostPath, _ context: HostContext) {
    let directory = rustc.parent
    let isLink = FileSystem.resolve(rustc)?.name == "rustup"
    guard isLink || FileSystem.isExecutableFile(directory / "rustup") else { return nil }
    var candidates = [context.variable("RUSTUP_HOME").map { HostPath($0) }]
    // ~/.cargo/bin beside ~/.rustup, as rustup-init makes them; /usr/local/cargo beside /usr/local/rustup, as in images.
    candidates += [".rustup", "rustup"].map { directory.parent.parent / $0 }
    candidates.append(getpwuid(geteuid()).map { HostPath(String(cString: $0.pointee.pw_dir)) / ".rustup" })
    guard let home = candidates.compactMap({ $0 }).first(where: { FileSystem.isDirectory($0 / "toolchains") }) else {
      return nil
    }
    self.home = home
    self.context = context
    toolchains = home / "toolchains"
  }

  var names: [String] {
    ((try? DirectoryWalk.names(in: toolchains)) ?? []).map { String(decoding: $0, as: UTF8.self) }
      .filter { FileSystem.isExecutableFile(toolchains / $0 / "bin/rustc") }
  }

  /// RUSTUP_TOOLCHAIN, else what `rustup default` set.
  var chosen: (name: String, source: String)? {
    if let name = context.variable("RUSTUP_TOOLCHAIN").flatMap(installed) { return (name, "RUSTUP_TOOLCHAIN") }
    guard let bytes = try? FileSystem.read(home / "settings.toml", limit: 1 << 20),
      let root = try? TOML.parse(bytes, path: "settings.toml"), let name = root["default_toolchain"]?.string
    else { return nil }
    return installed(name).map { ($0, "rustup's default toolchain") }
  }

  /// The installed toolchain that a channel means: `1.75` is the directory `1.75-x86_64-unknown-linux-gnu`.
  func installed(_ channel: String) -> String? {
    let names = names
    if names.contains(channel) { return channel }
    return names.first { name in
      guard name.hasPrefix(channel + "-") else { return false }
      let rest = name.dropFirst(channel.utf8.count + 1)
      // `nightly` is not `nightly-2024-08-12-x86_64-…`.
      return rest.first.map { !("0"..."9").contains($0) } ?? false && rest.hasSuffix("-gnu")
    }
  }

  func directory(_ name: String) -> HostPath {
    let path = toolchains / name
    return FileSystem.resolve(path) ?? path
  }
}
