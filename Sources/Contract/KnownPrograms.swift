/// Names of programs that facts ask for, each list in one place. A program under another name is not recognised, and the
/// facts say so.
enum KnownPrograms {
  static let shells: Set<String> = [
    "ash", "bash", "bosh", "busybox", "csh", "dash", "elvish", "fish", "hush", "ksh", "ksh93", "lksh", "mksh", "nu",
    "oksh", "osh", "pdksh", "posh", "pwsh", "rbash", "rc", "sash", "sh", "tcsh", "toybox", "xonsh", "yash", "zsh",
  ]

  static let packageManagers: Set<String> = [
    "apk", "apt", "apt-cache", "apt-get", "aptitude", "brew", "dnf", "dnf5", "dpkg", "dpkg-deb", "emerge", "eopkg",
    "flatpak", "guix", "ipkg", "microdnf", "nix", "nix-env", "opkg", "pacman", "pkg", "rpm", "snap", "swupd", "tdnf",
    "xbps-install", "yum", "zypper",
  ]

  /// They install packages of one language, into the directory of one program.
  static let languageInstallers: Set<String> = [
    "bun", "bundle", "cargo", "composer", "conda", "corepack", "easy_install", "gem", "mamba", "npm", "npx", "pip",
    "pip3", "pipenv", "pipx", "pnpm", "poetry", "uv", "uvx", "yarn",
  ]

  /// `pip3.11` is pip: a version behind a name does not hide it.
  static func isNamed(_ name: String, in known: Set<String>) -> Bool {
    if known.contains(name) { return true }
    var base = Substring(name)
    while let last = base.utf8.last, (0x30...0x39).contains(last) || last == 0x2e || last == 0x2d { base.removeLast() }
    return known.contains(String(base))
  }
}
