/// What a change of a fact means, by its kind.
enum FactRule {
  /// Others call it: what is gone breaks them, what is new is an addition.
  case offered
  /// Whoever starts it has to give it: what is new breaks them.
  case required
  /// It takes it when it is there.
  case optional
  /// It may do it: what is new wants a look.
  case allowed
  /// True or not; lost is broken.
  case property
  /// How a program is protected: weaker wants a look.
  case protection(strongestFirst: [String])
  /// Told to people, and no promise.
  case told

  /// By the kind that a fact has in `docs/contract.md`.
  init(kind: String) {
    switch kind {
    case "routes", "ports": self = .offered
    case "env-required": self = .required
    case "env-vars", "env-optional", "cache-namespaces": self = .optional
    case "egress", "writes", "exec", "syscalls", "setuid", "setgid-directories", "file-capabilities",
      "world-writable", "writable", "shells", "package-managers", "language-installers", "secret-files",
      "writable-code", "writable-runpath":
      self = .allowed
    case "elf-pie", "elf-nx": self = .protection(strongestFirst: ["true", "false"])
    case "elf-relro": self = .protection(strongestFirst: ["full", "partial", "none"])
    case "elf-canary", "elf-fortify": self = .protection(strongestFirst: ["present", "absent"])
    case "elf-wx": self = .protection(strongestFirst: ["0"])
    case _ where kind.hasPrefix("property-"): self = .property
    default: self = .told
    }
  }
}
