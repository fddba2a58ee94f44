internal import PackCore

/// What the image is made for, for `[[targets]]` and `CNB_TARGET_*`: the libraries of the image come from this host.
struct BuildpackTarget {
  var os: String
  var architecture: String
  /// `ID` and `VERSION_ID` of os-release(5).
  var distribution: String?
  var distributionVersion: String?
  /// `options.stack`, for buildpacks older than targets.
  var stack: String?

  static let unnamedStack = "dev.packc.host"
}

extension BuildpackTarget {
  /// `release`: the text of os-release(5).
  init(_ platform: Platform, release: String, stack: String?) {
    self.init(os: platform.os, architecture: platform.architecture.rawValue, stack: stack)
    for line in release.split(separator: "\n") {
      let value = line.drop { $0 != "=" }.dropFirst().filter { $0 != "\"" && $0 != "'" }
      if line.hasPrefix("ID=") { distribution = String(value) }
      if line.hasPrefix("VERSION_ID=") { distributionVersion = String(value) }
    }
  }

  /// nil when the buildpack can build for this, else why not.
  func objection(to buildpack: BuildpackDescriptor) -> String? {
    if buildpack.stacks.contains(where: { $0 == "*" || $0 == stack }) { return nil }
    if !buildpack.targets.isEmpty {
      if buildpack.targets.contains(where: matches) { return nil }
      let host = [distribution, distributionVersion].compactMap { $0 }.joined(separator: " ")
      return "none of its targets is \(os)/\(architecture)\(host.isEmpty ? "" : " on \(host)")"
    }
    guard !buildpack.stacks.isEmpty else { return nil }
    return "it is made for the stack \(buildpack.stacks.joined(separator: ", ")); `options: {stack: "
      + "\(buildpack.stacks[0])}` in unik.yaml says that this host will do"
  }

  private func matches(_ target: BuildpackDescriptor.Target) -> Bool {
    guard target.os.map({ $0 == os || $0 == "*" }) ?? true,
      target.architecture.map({ $0 == architecture || $0 == "*" }) ?? true
    else { return false }
    return target.distributions.isEmpty
      || target.distributions.contains {
        ($0.name ?? distribution) == distribution && ($0.version ?? distributionVersion) == distributionVersion
      }
  }
}
