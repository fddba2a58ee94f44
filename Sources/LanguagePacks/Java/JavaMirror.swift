internal import PackCore
internal import Packs

/// `options.maven_repo`: a repository in the place of all others.
enum JavaMirror {
  /// An URL, an absolute directory, or `${source}/…` for one of the project.
  static func place(_ request: PackRequest, _ files: ProjectFiles) throws -> String? {
    guard let text = request.options["maven_repo"]?.string else { return nil }
    if text.hasPrefix("https://") || text.hasPrefix("http://") { return text }
    if text.hasPrefix("/") {
      guard FileSystem.isDirectory(HostPath(text)) else { throw missing(text, "apt-get install maven-repo-helper") }
      return text
    }
    guard let path = RootPath(text), files.isDirectory(text) else { throw missing(text, nil) }
    return "${source}/\(path)"
  }

  private static func missing(_ text: String, _ hint: String?) -> PackRefusal {
    PackRefusal(
      .projectError, "no_repository", "options.maven_repo names \(text), which is no directory",
      hint:
        "name an URL, a directory of the project, or one of the host by its absolute path; outside of /usr and /opt "
        + "the sandbox shows it when the variable PACKC_VISIBLE names it",
      at: SourceLocation(path: "unik.yaml"))
  }

  static func needsNetwork(_ mirror: String?) -> Bool { mirror.map { $0.hasPrefix("http") } ?? true }

  static func environment(_ own: [String: String], _ request: PackRequest) -> [String: String] {
    own.merging(request.options["maven_repo"]?.string.map { ["repository": $0] } ?? [:]) { $1 }
  }

  /// The only step that may use the network. It depends on the list alone, so a change of source does not run it again.
  static func fetchStep(_ list: String, mirror: String?, _ plan: JavaPlan, tools: [String]) -> BuildStep {
    BuildStep(
      id: "fetch",
      argv: plan.run("Fetch", ["${work}/packages.txt", "${work}/repository"] + [mirror].compactMap { $0 }),
      environment: plan.environment([:]), inputs: ["${work}/packages.txt"], outputs: [RootPath(literal: "repository")],
      files: ["${work}/packages.txt": list], network: needsNetwork(mirror), tools: tools)
  }
}

/// The build tool that a wrapper of the project names.
struct JavaWrapper: Equatable {
  var path: String
  var line: Int
  /// `8.2.1`
  var version: String
  var url: String
  var sha256: String?

  static func maven(_ files: ProjectFiles) -> JavaWrapper? {
    read(".mvn/wrapper/maven-wrapper.properties", prefix: "apache-maven-", files)
  }
  static func gradle(_ files: ProjectFiles) -> JavaWrapper? {
    read("gradle/wrapper/gradle-wrapper.properties", prefix: "gradle-", files)
  }

  /// `distributionUrl=https\://services.gradle.org/distributions/gradle-8.2.1-bin.zip`
  private static func read(_ path: String, prefix: String, _ files: ProjectFiles) -> JavaWrapper? {
    guard let text = (try? files.text(path)) ?? nil, let found = JavaVersions.property("distributionUrl", in: text)
    else { return nil }
    let url = found.value.filter { $0 != "\\" }
    let name = JavaPaths.name(url)
    guard name.hasPrefix(prefix), name.hasSuffix(".zip"), !url.contains(where: \.isWhitespace), url.hasPrefix("http")
    else { return nil }
    let version = name.dropFirst(prefix.count).prefix { $0.isNumber || $0 == "." }
    let sum = JavaVersions.property("distributionSha256Sum", in: text)?.value
    return JavaWrapper(
      path: path, line: found.line, version: String(version), url: url,
      sha256: sum.flatMap { $0.utf8.count == 64 && $0.utf8.allSatisfy(isHex) ? $0 : nil })
  }

  private static func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }

  var major: Int? { version.split(separator: ".").first.flatMap { Int($0) } }
}
