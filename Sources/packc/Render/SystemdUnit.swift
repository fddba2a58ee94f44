internal import PackCore

/// A unit of systemd's user manager (systemd.service(5)) that runs a machine in the foreground.
struct SystemdUnit {
  let name: String
  /// argv
  let command: [String]

  var text: String {
    """
    # \(name).service, made by `packc render --for systemd`. Put it into ~/.config/systemd/user, then
    #   systemctl --user daemon-reload && systemctl --user enable --now \(name)
    # `loginctl enable-linger` lets it run while nobody is logged in.
    [Unit]
    Description=\(Self.specified(name)), a machine of packc
    Documentation=man:packc-run(1)

    [Service]
    Type=exec
    ExecStart=\(command.map(Self.quoted).joined(separator: " "))
    # packc asks the program to end and takes QEMU with it; 143 is what it answers to SIGTERM.
    KillMode=mixed
    TimeoutStopSec=15
    SuccessExitStatus=143
    Restart=on-failure
    RestartSec=2
    # A program that cannot be started, wrong usage, wrong input: another try mends none of them.
    RestartPreventExitStatus=4 64 65
    NoNewPrivileges=yes

    [Install]
    WantedBy=default.target

    """
  }

  /// systemd's own quoting (systemd.syntax(7)), with its specifiers and variables taken literally.
  static func quoted(_ word: String) -> String {
    var out = ""
    var isPlain = !word.isEmpty
    for scalar in word.unicodeScalars {
      switch scalar {
      case "%": out += "%%"
      case "$": out += "$$"
      case "\\", "\"":
        out += "\\" + String(scalar)
        isPlain = false
      case "\n": (out, isPlain) = (out + "\\n", false)
      case "\t": (out, isPlain) = (out + "\\t", false)
      case "\r": (out, isPlain) = (out + "\\r", false)
      default:
        if " ';".unicodeScalars.contains(scalar) { isPlain = false }
        out.unicodeScalars.append(scalar)
      }
    }
    return isPlain ? out : "\"\(out)\""
  }

  private static func specified(_ text: String) -> String {
    text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
  }
}
