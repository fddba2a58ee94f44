internal import PackCore

/// The errors of building a kernel, each code in one place.
enum KernelBuildFailure {
  static func unknownProfile(_ name: String) -> Failure {
    Failure(
      "unknown_profile", "there is no kernel profile \"\(name)\"",
      hint: Suggestion.question(for: name, in: KernelProfile.names)
        ?? "there are \(KernelProfile.names.joined(separator: " and ")); a profile of your own is a file: --profile ./my.config",
      exit: .usage)
  }
  static func noProfileFile(_ path: HostPath) -> Failure {
    Failure(
      "unknown_profile", "there is no kernel profile \(path)",
      hint: "give a file that exists; `packc kernel config > my.config` writes one to begin with", exit: .badInput)
  }
  static func badProfileName(_ path: HostPath, _ stem: String) -> Failure {
    Failure(
      "bad_kernel_profile", "a profile cannot be called \"\(stem)\" (\(path)): it becomes a part of the kernel's name",
      hint: "call the file otherwise, with letters, digits, - and _, and not like a profile of packc's own",
      exit: .badInput)
  }
  static func contradiction(asked: KernelNeed, refused: KernelNeed) -> Failure {
    Failure(
      "wrong_usage", "--need \(asked.rawValue) and --without \(refused.rawValue) cannot both be",
      hint: "leave one of them out", exit: .usage)
  }
  static func badPlace(_ path: HostPath) -> Failure {
    Failure(
      "bad_cache_path", "a kernel cannot be built in \(path): its makefiles take no path with a space or a colon",
      hint:
        "build it with another cache, XDG_CACHE_HOME=/var/tmp/kernels packc kernel build …, and carry it over by `packc kernel push` and `pull`",
      exit: .badInput)
  }
  static func toolsMissing(_ missing: [(tool: String, package: String)]) -> Failure {
    let packages = Set(missing.map(\.package)).sorted()
    return Failure(
      "tool_missing", "building a kernel needs \(missing.map(\.tool).joined(separator: ", ")), which this host has not",
      hint: "sudo apt-get install \(packages.joined(separator: " "))", exit: .toolchain,
      details: ["missing": JSONValue(strings: missing.map(\.tool)), "packages": JSONValue(strings: packages)])
  }
  static func sourceMissing(_ package: String, cause: String?) -> Failure {
    Failure(
      "kernel_source_unavailable", "apt knows no package \(package), which the kernel's source comes from",
      hint: "run `sudo apt-get update` and try again, or take the other version: --version 6.1 or 6.12",
      exit: .unavailable, cause: cause)
  }
  static func sourceDownload(_ package: String, cause: String?) -> Failure {
    Failure(
      "kernel_source_unavailable", "apt cannot download \(package), which the kernel's source comes from",
      hint: "check the network, or run `sudo apt-get update` if the package list is old", exit: .unavailable,
      cause: cause)
  }
  static func noTarball(_ package: String) -> Failure {
    Failure(
      "kernel_source_damaged", "the package \(package) holds no linux-source-….tar.xz",
      hint: "packc builds kernels from Debian's source packages; run `sudo apt-get update` and try again",
      exit: .badInput)
  }
  static func notASource(_ place: String) -> Failure {
    Failure(
      "kernel_source_damaged", "\(place) is not the source of a Linux kernel: it has no Makefile with a VERSION",
      hint: "remove it and try again", exit: .badInput)
  }
  static func lost(_ lost: [KernelConfiguration.Lost], profile: String, version: String) -> Failure {
    Failure(
      "kernel_option_lost",
      "Linux \(version) does not keep \(lost.count == 1 ? "one line" : "\(lost.count) lines") of the profile \(profile):\n"
        + lost.map { "  \($0)" }.joined(separator: "\n"),
      hint: "add the options that they depend on, or take the lines out of the profile", exit: .badInput,
      details: [
        "lost": .array(
          lost.map {
            JSONValue(compact: [
              "option": .string($0.option.name), "wanted": .string($0.option.value),
              "found": $0.found.map(JSONValue.string),
              "reason": .string($0.option.reason),
            ])
          })
      ])
  }
  static func stepFailed(_ what: String, _ result: CommandResult, last lines: [String]) -> Failure {
    Failure(
      "kernel_build_failed",
      "\(what) failed (\(result.end)); its last lines:\n" + lines.map { "  \($0)" }.joined(separator: "\n"),
      hint: "a full disk (a build needs 3 GB below packc's cache) and too little memory are the usual causes",
      exit: .stepFailed)
  }
}
