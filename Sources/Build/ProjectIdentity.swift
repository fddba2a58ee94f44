internal import Config
internal import PackCore

/// The project's name and revision. A name that comes from the directory or the remote is a tag and a title for people;
/// only one that the project itself states enters an image.
struct ProjectIdentity {
  var name: String
  /// True when the project's own files state the name.
  var nameIsStated: Bool
  var version: String?
  /// The commit that is checked out, and whether the tree differs from it; nil when there is none.
  var checkout: (commit: String, isDirty: Bool)?
  /// The commit that these sources are; nil also when the tree differs from it.
  var revision: String? { checkout.flatMap { $0.isDirty ? nil : $0.commit } }
  var decisions: [Decision]
  /// For what enters an image or a digest.
  var statedName: String { nameIsStated ? name : "the project" }

  /// - Parameter origin: the directory that git knows, when the project's files were copied out of it.
  init(scan: ProjectScan, origin: HostPath?, declaredName: String?, plan: BuildPlan, context: HostContext) throws {
    let root = origin ?? scan.root
    var decisions: [Decision] = []
    if let declaredName {
      (name, nameIsStated) = (declaredName, true)
      decisions.append(Decision(what: "name", value: declaredName, source: "unik.yaml"))
    } else if let stated = plan.name.flatMap(ProjectName.init(slugifying:)) {
      (name, nameIsStated) = (stated.description, true)
      decisions.append(Decision(what: "name", value: name, source: "the project's manifest"))
    } else if let remote = Self.remoteName(root) {
      (name, nameIsStated) = (remote, false)
      decisions.append(Decision(what: "name", value: name, source: ".git/config (a tag only, not in the image)"))
    } else {
      (name, nameIsStated) = (Self.directoryName(root), false)
      decisions.append(Decision(what: "name", value: name, source: "directory name (a tag only, not in the image)"))
    }
    version = plan.version
    checkout = Self.checkout(root, context)
    if let checkout, !checkout.isDirty {
      decisions.append(Decision(what: "revision", value: checkout.commit, source: ".git"))
    }
    self.decisions = decisions
  }

  private static func directoryName(_ root: HostPath) -> String {
    ProjectName(slugifying: root.name)?.description ?? "app"
  }

  /// What a project is called by its place alone, before a pack has read its own files.
  static func placeName(_ root: HostPath) -> String { remoteName(root) ?? directoryName(root) }

  /// The base name of the `url` of the remote "origin" (git-config(1)).
  private static func remoteName(_ root: HostPath) -> String? {
    guard let bytes = try? FileSystem.readIfPresent(root / ".git/config", limit: 1 << 20) else { return nil }
    var inOrigin = false
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = line.drop { $0 == " " || $0 == "\t" }
      if text.hasPrefix("[") { inOrigin = text.hasPrefix("[remote \"origin\"]") }
      guard inOrigin, text.hasPrefix("url"), let cut = text.firstIndex(of: "=") else { continue }
      let url = text[text.index(after: cut)...].filter { $0 != " " }
      let last = url.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init)
      return last.map { $0.hasSuffix(".git") ? String($0.dropLast(4)) : $0 }
        .flatMap(ProjectName.init(slugifying:))?.description
    }
    return nil
  }

  /// `git` itself says what is checked out and whether the tree is as committed; packc's own lock does not count.
  private static func checkout(_ root: HostPath, _ context: HostContext) -> (commit: String, isDirty: Bool)? {
    guard FileSystem.exists(root / ".git"), let git = context.findTool("git"),
      let directory = root.utf8
    else { return nil }
    func ask(_ arguments: [String]) -> String? {
      let command = Command(
        [
          git.description, "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
          "-C", directory,
        ]
          + arguments,
        environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "HOME": "/nonexistent"],
        timeout: 30)
      guard let result = try? ProcessRunner().run(command), result.succeeded else { return nil }
      return result.outputText
    }
    guard let head = ask(["rev-parse", "--verify", "HEAD^{commit}"])?.split(separator: "\n").first,
      let status = ask(["status", "--porcelain", "--", ".", ":!packc.lock", ":!.packc"])
    else { return nil }
    return (String(head), !status.isEmpty)
  }
}
