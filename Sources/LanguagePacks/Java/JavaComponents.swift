internal import PackCore

/// The files that a Java build takes from repositories, without what can be no part of a program: descriptions (poms and
/// metadata), the build tool itself and, by Maven's convention for their names, plugins. What plugins need in turn cannot
/// be told from the program's libraries.
enum JavaComponents {
  static func list(_ packages: [JavaDependencies.Package]) -> [SoftwareComponent] {
    var list = ComponentList()
    for package in packages where !package.isDistribution {
      let parts = package.name.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, !isPlugin(parts[1]) else { continue }
      for (file, digest) in zip(package.files, package.sha256) {
        guard let kind = kind(of: file, parts[1], package.version) else { continue }
        let url = PackageURL.maven(
          parts[0], parts[1], package.version, classifier: kind.classifier, type: kind.type)
        list.add(
          url.with("repository_url", repository(package)), name: package.name,
          hashes: IntegrityText.hashes("SHA-256", hex: digest), evidence: ["packc.lock"])
      }
    }
    return list.sorted
  }

  private static func isPlugin(_ artifact: String) -> Bool {
    artifact.hasSuffix("-maven-plugin") || artifact.hasPrefix("maven-") && artifact.hasSuffix("-plugin")
  }

  /// `guava-31.1.jar`, `netty-4.1-linux-x86_64.jar`; nil for descriptions, and for names that are not of the package.
  private static func kind(of file: String, _ artifact: String, _ version: String)
    -> (classifier: String?, type: String)?
  {
    let prefix = "\(artifact)-\(version)"
    guard file.hasPrefix(prefix), let dot = file.lastIndex(of: "."),
      dot >= file.index(file.startIndex, offsetBy: prefix.count)
    else { return nil }
    let type = String(file[file.index(after: dot)...])
    guard !["pom", "module", "xml", "sha1", "sha256", "asc", "md5"].contains(type) else { return nil }
    let rest = file[file.index(file.startIndex, offsetBy: prefix.count)..<dot]
    if rest.isEmpty { return (nil, type) }
    guard rest.hasPrefix("-"), rest.count > 1 else { return nil }
    return (String(rest.dropFirst()), type)
  }

  private static let central = [
    "https://repo.maven.apache.org/maven2", "https://repo1.maven.org/maven2", "http://repo.maven.apache.org/maven2",
    "https://repo.maven.apache.org/maven2/", "https://repo1.maven.org/maven2/",
  ]

  /// nil for Maven Central and for what stands in its place.
  private static func repository(_ package: JavaDependencies.Package) -> String? {
    package.repository.flatMap { $0.hasPrefix("http") && !central.contains($0) ? PackageURL.publicAddress($0) : nil }
  }
}
