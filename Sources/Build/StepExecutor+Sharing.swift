internal import Glibc
internal import PackCore

/// Results of steps that other machines made, and results for them.
extension StepExecutor {
  /// What the build was given, when its steps can be shared. What ran without a sandbox may hold paths of this machine,
  /// and without a package database nothing says which compiler and libraries a step saw.
  func sharing() -> SharedSteps? {
    guard let shared = setting.shared, setting.trial == nil else { return nil }
    guard isolation.bubblewrap != nil else {
      setting.reporter.warn(
        "steps are not shared: without bubblewrap their results may hold paths of this machine",
        hint: "apt-get install bubblewrap, and allow user namespaces")
      return nil
    }
    guard FileSystem.exists("/var/lib/dpkg/status") else {
      setting.reporter.warn(
        "steps are not shared: this host has no package database of Debian's, which says what they saw",
        hint: "share results between hosts of Debian or of what comes from it")
      return nil
    }
    return checked(shared)
  }

  /// A place that others can write to is believed by signature, or because the person says so.
  private func checked(_ shared: SharedSteps) -> SharedSteps {
    guard let from = shared.from, shared.keys.isEmpty, !shared.believesUnsigned else { return shared }
    guard let problem = from.openToOthers else {
      var shared = shared
      shared.from = from.ownFilesOnly()
      return shared
    }
    setting.reporter.warn(
      "nothing is taken from \(from.name): \(problem)",
      hint:
        "name whose signatures count with --cache-key FILE, or believe whoever can write there with --cache-unsigned")
    var shared = shared
    shared.from = nil
    return shared
  }

  /// The outputs of a step out of the shared cache, now in this machine's; nil when it has to run.
  func takeShared(_ step: BuildStep, _ key: StepKey, portable: Digest?) throws -> (outputs: HostPath, source: String)? {
    guard setting.useCache, let portable, let shared, let from = shared.from else { return nil }
    do {
      guard let bytes = try from.entry(portable, limit: SharedEntry.Limit.entry) else { return nil }
      let found = try SharedEntry.read(bytes, key: portable, outputs: step.outputs, keys: shared.keys)
      let scratch = try WorkDirectory(in: setting.cache / "work", prefix: "shared")
      let outputs = try withExtendedLifetime(scratch) {
        let contents = try from.contents(
          of: portable, found.entry.content, size: found.entry.size, scratch: scratch.path)
        return try cache.adopt(key.digest) { try found.entry.unpack(contents, to: $0) }
      }
      return (outputs, from.name + (found.signer.map { ", signed by \($0.id.hex.prefix(12))" } ?? ""))
    } catch {
      try Interruption.check()
      if !Self.isOfTheEntry(error) { self.shared?.from = nil }
      setting.reporter.warn(
        "the result of the step \"\(step.id)\" in \(from.name) is not used: \(Self.text(error))",
        hint: Self.isOfTheEntry(error) ? "the step runs here" : "all steps from here on run here")
      return nil
    }
  }

  /// Leaves the outputs for others. A shared cache that cannot be written is no reason to fail.
  func giveShared(_ step: BuildStep, portable: Digest?, _ outputs: HostPath, ran: Bool) throws {
    guard let portable, let shared, let to = shared.to else { return }
    do {
      if try !ran && to.has(portable) { return }
      let scratch = try WorkDirectory(in: setting.cache / "work", prefix: "shared")
      try withExtendedLifetime(scratch) {
        let contents = scratch.path / "content"
        let file = try Descriptor.open(contents, O_WRONLY | O_CREAT | O_EXCL)
        let entry = try SharedEntry(
          key: portable, outputs: step.outputs, in: outputs, contents: file, private: privateWords())
        try file.close()
        try to.leave(portable, entry: entry.encoded(signer: shared.signer), contents: contents, digest: entry.content)
      }
    } catch {
      try Interruption.check()
      if !Self.isOfTheEntry(error) { self.shared?.to = nil }
      setting.reporter.warn(
        "the result of the step \"\(step.id)\" is not left in \(to.name): \(Self.text(error))",
        hint: Self.isOfTheEntry(error) ? nil : "nothing of the steps from here on is left there")
    }
  }

  /// A place that does not answer is asked once in a build; another entry of it may be good.
  private static func isOfTheEntry(_ error: any Error) -> Bool {
    error is SharedEntry.Problem
      || ["bad_json", "damaged_image", "not_a_step", "file_too_large"].contains((error as? Failure)?.code)
  }

  private static func text(_ error: any Error) -> String {
    (error as? SharedEntry.Problem)?.text ?? (error as? Failure)?.message ?? "\(error)"
  }

  /// Secrets, and paths of this machine. A path of one part (`/src`) is too common a word.
  private func privateWords() -> [(name: String, bytes: [UInt8])] {
    var words = setting.secrets.words.map { (name: "a secret of --fetch-secret", bytes: Array($0.utf8)) }
    for name in setting.passthrough {
      for word in FetchSecret.words(in: setting.context.environment[name] ?? "") {
        words.append(("a credential of \(name)", Array(word.utf8)))
      }
    }
    var paths = [("the project's path on this machine", setting.scan.root), ("the path of this cache", setting.cache)]
    if let home = setting.context.variable("HOME") { paths.append(("the path of a home", HostPath(home))) }
    for (name, path) in paths where path.isAbsolute && path.parent.parent != path.parent {
      words.append((name, path.bytes))
    }
    return words
  }
}
