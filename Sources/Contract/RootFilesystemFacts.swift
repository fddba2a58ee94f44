internal import PackCore

/// Facts of the file list: every path and mode of the image is in it, so each enumeration is closed and proven.
struct RootFilesystemFacts {
  private let input: ContractDocument.Input
  private let subject: Digest
  private let entries: [RootFilesystem.Entry]

  init(_ input: ContractDocument.Input, _ subject: Digest) {
    self.input = input
    self.subject = subject
    entries = input.root.entries
  }

  /// Programs that take commands as text; by name, also behind a link of that name.
  static let shells: Set<String> = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "oksh", "yash", "csh", "tcsh", "fish", "rbash", "posh",
    "rc", "es", "elvish", "nu", "pwsh", "xonsh", "busybox", "toybox", "sash",
  ]
  /// Programs that bring other programs in.
  static let packageManagers: Set<String> = [
    "apt", "apt-get", "aptitude", "dpkg", "dpkg-deb", "rpm", "yum", "dnf", "microdnf", "zypper", "apk", "pacman",
    "xbps-install", "emerge", "opkg", "nix", "nix-env", "guix", "brew", "snap", "flatpak", "pip", "pip3", "uv", "pipx",
    "poetry", "conda", "mamba", "npm", "npx", "pnpm", "yarn", "corepack", "gem", "bundle", "bundler", "cargo", "composer",
    "easy_install", "luarocks", "cpan", "cpanm",
  ]

  var facts: [ContractFact] {
    [
      named("rootfs.shells", "shells", Self.shells),
      named("rootfs.package-managers", "package-managers", Self.packageManagers),
      modes("rootfs.setuid", "setuid", "every entry's mode, bits 06000") { $0.mode & 0o6000 != 0 },
      modes("rootfs.world-writable", "world-writable", "every entry's mode, bit 0002, sticky directories left out") {
        $0.mode & 0o002 != 0 && !isLink($0) && !($0.isDirectory && $0.mode & 0o1000 != 0)
      },
      fact(
        "rootfs.writable-paths", "writable-paths", (input.writable.map(\.absolute) + ["/tmp"]).sorted(),
        "what is mounted writable; in release the root itself is read-only",
        caveats: input.mode == .debug ? ["a debug machine's root is writable"] : []),
      fact("rootfs.user", "user", [String(input.user)], "the image's configuration"),
      fact("rootfs.ports", "ports", input.ports, "the image's configuration", closed: .unknown),
      fact("rootfs.mode", "build-mode", [input.mode.rawValue], "the build's request"),
      fact(
        "rootfs.files", "file-count", [String(entries.count { !$0.isDirectory })], "the file list of all layers"),
      fact(
        "rootfs.bytes", "file-bytes", [String(entries.reduce(0) { $0 + $1.size })], "the sizes of all regular files"),
    ]
  }

  private func isLink(_ entry: RootFilesystem.Entry) -> Bool {
    if case .link = entry.content { true } else { false }
  }

  /// Names count where a program can be started: executable files and links.
  private func named(_ id: String, _ kind: String, _ names: Set<String>) -> ContractFact {
    let found = entries.filter { entry in
      !entry.isDirectory && (isLink(entry) || entry.mode & 0o111 != 0) && names.contains(Self.base(entry.path.name))
    }
    return fact(
      id, kind, found.map(\.path.absolute), "the base name of every executable file and link, against packc's table",
      caveats: ["a program of another name, or one built into another program, is not found by its name"])
  }

  /// `python3.11` → `python3.11`, `bash.static` and `bash-static` → `bash`.
  private static func base(_ name: String) -> String {
    for ending in [".static", "-static"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  private func modes(
    _ id: String, _ kind: String, _ method: String, _ matches: (RootFilesystem.Entry) -> Bool
  ) -> ContractFact {
    fact(id, kind, entries.filter(matches).map(\.path.absolute), method)
  }

  private func fact(
    _ id: String, _ kind: String, _ values: [String], _ method: String, closed: ContractFact.Closure = .closed,
    caveats: [String] = []
  ) -> ContractFact {
    .packc(id, kind: kind, values, closed: closed, subject: [subject], method: method, caveats: caveats)
  }
}
