internal import PackCore
internal import Packs

/// Maven or Gradle of the host. Their programs are scripts, so a library says which one it is.
struct JavaBuildTool {
  let command: HostPath
  let version: String
  /// The library that is most of it.
  let identity: HostPath

  static func gradle(_ context: HostContext) -> JavaBuildTool? {
    for (command, libraries) in places("gradle", variables: ["GRADLE_HOME"], context) {
      for name in ["gradle-core-", "gradle-base-services-", "gradle-core-api-"] {
        guard let library = find(name, in: libraries), let version = version(in: library.name, after: name) else {
          continue
        }
        return JavaBuildTool(command: command, version: version, identity: library)
      }
    }
    return nil
  }

  /// Debian's libraries are without versions; then Maven itself is asked.
  static func maven(_ context: HostContext, jdk: JavaToolchain) throws -> JavaBuildTool? {
    for (command, libraries) in places("mvn", variables: ["MAVEN_HOME", "M2_HOME"], context) {
      guard let library = find("maven-core-", in: libraries) else { continue }
      let identity = FileSystem.resolve(library) ?? library
      if let version = version(in: library.name, after: "maven-core-") {
        return JavaBuildTool(command: command, version: version, identity: identity)
      }
      let version = try askMaven(command, context, jdk)
      return JavaBuildTool(command: command, version: version, identity: identity)
    }
    return nil
  }

  private static func askMaven(_ command: HostPath, _ context: HostContext, _ jdk: JavaToolchain) throws -> String {
    let run = ToolRun(environment: [
      "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
      "LANG": "C.UTF-8", "JAVA_HOME": jdk.home.description, "MAVEN_SKIP_RC": "1",
      "MAVEN_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData",
    ])
    let answer = try run.output([command.description, "-B", "--version"])
    let words = (answer.text ?? "").split(whereSeparator: \.isWhitespace)
    guard let place = words.firstIndex(of: "Maven"), place + 1 < words.count else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(command) does not say its version: \(answer.errors)",
        hint: "install Maven again: `apt-get install --reinstall maven`")
    }
    return String(words[place + 1].prefix { $0.isNumber || $0 == "." })
  }

  /// The program by its real path, and the directory of its libraries.
  private static func places(_ name: String, variables: [String], _ context: HostContext) -> [(HostPath, HostPath)] {
    let named = variables.compactMap { context.variable($0).map { HostPath($0) / "bin" / name } }
    return (named + [context.findTool(name)].compactMap { $0 }).compactMap { command in
      guard FileSystem.isExecutableFile(command), let real = FileSystem.resolve(command) else { return nil }
      return (real, real.parent.parent / "lib")
    }
  }

  private static func find(_ prefix: String, in directory: HostPath) -> HostPath? {
    ((try? DirectoryWalk.names(in: directory)) ?? []).lazy.map { String(decoding: $0, as: UTF8.self) }
      .first { $0.hasPrefix(prefix) && $0.hasSuffix(".jar") && $0.dropFirst(prefix.count).first?.isNumber == true }
      .map { directory / $0 }
  }

  /// `maven-core-3.9.6.jar` → `3.9.6`
  private static func version(in name: String, after prefix: String) -> String? {
    let middle = name.dropFirst(prefix.count).dropLast(4)
    return middle.allSatisfy { $0.isNumber || $0 == "." } ? String(middle) : nil
  }
}
