public import PackCore

/// The options of one kernel to be: a profile, for a version and an architecture, and, where the profile is for one program, its needs.
public struct KernelConfiguration: Hashable, Sendable {
  public let profile: KernelProfile
  public let version: KernelVersion
  public let platform: Platform
  /// Nil where the profile is for every program.
  public let needs: ProgramNeeds?
  /// In the profile's order.
  public let options: [KernelOption]

  public init(
    _ profile: KernelProfile, version: KernelVersion, platform: Platform = Platform(architecture: .amd64),
    needs: ProgramNeeds?
  ) {
    self.profile = profile
    self.version = version
    self.platform = platform
    self.needs = profile.isForProgram ? needs : nil
    let needed = self.needs?.needed
    options = profile.options.filter { option in
      guard option.versions.isEmpty || option.versions.contains(version),
        option.architectures.isEmpty || option.architectures.contains(platform.architecture)
      else { return false }
      guard let needed, !option.needs.isEmpty else { return true }
      return !needed.isDisjoint(with: option.needs)
    }
  }

  /// How `packc kernel list` shows it: `packc-6.1`, `packc-tiny-6.1+net`, `packc-6.1-arm64`.
  public var kernelName: String {
    let profile = profile.name == "default" ? "" : "\(profile.name)-"
    let needs = needs.map { $0.essential.map { "+\($0.rawValue)" }.joined() } ?? ""
    let architecture = platform.architecture == .amd64 ? "" : "-\(platform.architecture.rawValue)"
    return "packc-\(profile)\(version.rawValue)\(architecture)\(needs)"
  }

  /// What the kernel's own configuration is asked to be: a line an option, sorted, so that the same options are the same
  /// bytes.
  public var fragment: [UInt8] {
    let lines = options.map(\.line).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  var target: KernelTarget { KernelTarget(architecture: platform.architecture) }

  // MARK: - Survival

  /// An option that the kernel's own rules have changed.
  public struct Lost: Hashable, Sendable, CustomStringConvertible {
    public let option: KernelOption
    /// What `.config` has; nil for nothing.
    public let found: String?

    public var description: String {
      let asked = "CONFIG_\(option.name)=\(option.value)"
      let became =
        found.map { "became \($0)" } ?? "is not set: something that it depends on is off, or there is no such option"
      return "\(asked) \(became)" + (option.reason.isEmpty ? "" : " (\(option.reason))")
    }
  }

  /// The lines of the profile that a finished `.config` does not have.
  public func lost(in config: [UInt8]) -> [Lost] {
    let values = KernelConfigFile.values(config)
    return options.compactMap { option in
      let found = values[option.name]
      return (found ?? "n") == option.value ? nil : Lost(option: option, found: found)
    }
  }

  // MARK: - Explaining

  /// A difference from `default`, and why.
  public struct Difference: Hashable, Sendable {
    public let name: String
    /// Nil where that profile has no such line.
    public let standard: String?
    public let value: String?
    public let reason: String
  }

  /// In the order of `default`, then what only this one has.
  public func differences() throws -> [Difference] {
    let standard = KernelConfiguration(
      try KernelProfile(KernelProfileText.standard, name: "default", place: "profile default"), version: version,
      platform: platform, needs: nil)
    let mine = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0) })
    let theirs = Dictionary(uniqueKeysWithValues: standard.options.map { ($0.name, $0) })
    let changed = standard.options.compactMap { option -> Difference? in
      let now = mine[option.name]
      guard (now?.value ?? "n") != option.value else { return nil }
      return Difference(
        name: option.name, standard: option.value, value: now?.value, reason: now?.reason ?? why(isWithout: option))
    }
    let added = options.filter { theirs[$0.name] == nil && $0.value != "n" }.map {
      Difference(name: $0.name, standard: nil, value: $0.value, reason: $0.reason)
    }
    return changed + added
  }

  private func why(isWithout option: KernelOption) -> String {
    guard let needs, let need = option.needs.first, let verdict = needs.verdicts[need] else {
      return "the profile has no such line"
    }
    return "\(need.rawValue): \(verdict.reason)"
  }
}

/// The kernel's `.config`.
public enum KernelConfigFile {
  /// Option → value, without `CONFIG_`; what is off stands not in it.
  public static func values(_ config: [UInt8]) -> [String: String] {
    var values: [String: String] = [:]
    for line in String(decoding: config, as: UTF8.self).split(separator: "\n") where line.hasPrefix("CONFIG_") {
      guard let cut = line.firstIndex(of: "=") else { continue }
      values[String(line[line.index(line.startIndex, offsetBy: 7)..<cut])] = String(line[line.index(after: cut)...])
    }
    return values
  }
}
