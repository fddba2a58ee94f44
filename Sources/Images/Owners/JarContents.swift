internal import Codec
internal import PackCore

/// What Maven has left in a jar: `META-INF/maven/GROUP/ARTIFACT/pom.properties` of the artifact itself, and of those that
/// were packed into it, as their files or as jars of their own (`BOOT-INF/lib`, `WEB-INF/lib`).
public struct JarContents: Sendable {
  public struct Artifact: Hashable, Sendable {
    public var group: String
    public var name: String
    public var version: String
    /// As the pom says it, in SPDX's words where those are known.
    public var license: String?

    var owner: FileOwner { FileOwner(kind: .java, name: "\(group):\(name)", version: version) }
  }

  /// The artifact that the file is named after; nil when none is.
  public private(set) var own: Artifact?
  /// Of the file itself: as the artifact's pom or its manifest says.
  public private(set) var license: String?
  /// All, `own` among them, sorted.
  public private(set) var artifacts: [Artifact] = []

  private static let mostArtifacts = 2000
  /// Bytes of one of Maven's descriptions.
  private static let largestText = 1 << 20
  /// Bytes of the jars in a jar, together.
  private static let mostPacked = 256 << 20

  /// - Parameter name: the file's, without `.jar`.
  init(_ jar: JarReader, name: String) {
    var found = Set(Self.artifacts(of: jar))
    own = found.filter { $0.isNamed(name) }.min()
    license = own?.license ?? Self.manifestLicense(jar)
    var budget = Self.mostPacked
    for entry in jar.entries where entry.name.hasSuffix(".jar") && found.count < Self.mostArtifacts {
      budget -= entry.size
      guard budget >= 0 else { break }
      // One that cannot be read says nothing.
      guard let bytes = try? jar.read(entry), let packed = try? JarReader(bytes) else { continue }
      found.formUnion(Self.artifacts(of: packed))
    }
    artifacts = found.sorted()
  }

  // MARK: Descriptions

  private static func artifacts(of jar: JarReader) -> [Artifact] {
    let (start, end) = ("META-INF/maven/", "/pom.properties")
    var poms: [String: JarReader.Entry] = [:]
    for entry in jar.entries where entry.name.hasPrefix(start) && entry.name.hasSuffix("/pom.xml") {
      poms[String(entry.name.dropLast("/pom.xml".utf8.count))] = entry
    }
    return jar.entries.lazy.filter { $0.name.hasPrefix(start) && $0.name.hasSuffix(end) }.prefix(mostArtifacts)
      .compactMap { entry in
        guard let text = text(entry, of: jar), var artifact = artifact(text) else { return nil }
        artifact.license = poms[String(entry.name.dropLast(end.utf8.count))].flatMap { self.text($0, of: jar) }
          .flatMap(PackageLicenses.maven)
        return artifact
      }
  }

  private static func text(_ entry: JarReader.Entry, of jar: JarReader) -> [UInt8]? {
    entry.size <= largestText ? try? jar.read(entry) : nil
  }

  /// `groupId=org.example`, one a line; names and versions are letters, digits and a few signs.
  private static func artifact(_ properties: [UInt8]) -> Artifact? {
    var values: [String: String] = [:]
    for line in properties.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      let text = String(decoding: line, as: UTF8.self)
      guard let cut = text.firstIndex(of: "=") else { continue }
      values[trimmed(text[..<cut])] = trimmed(text[text.index(after: cut)...])
    }
    guard let group = values["groupId"], let name = values["artifactId"], let version = values["version"],
      [group, name, version].allSatisfy(isPlain)
    else { return nil }
    return Artifact(group: group, name: name, version: version)
  }

  private static func trimmed(_ text: Substring) -> String {
    text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
  }

  private static func isPlain(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
          || "._-+".utf8.contains($0)
      }
  }

  /// OSGi's `Bundle-License` in the manifest, whose long lines go on after a space.
  private static func manifestLicense(_ jar: JarReader) -> String? {
    guard let entry = jar.entries.first(where: { $0.name == "META-INF/MANIFEST.MF" }),
      let bytes = text(entry, of: jar)
    else { return nil }
    return PackageLicenses.manifest(bytes)
  }
}

extension JarContents.Artifact: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    [a.group, a.name, a.version, a.license ?? ""].lexicographicallyPrecedes(
      [b.group, b.name, b.version, b.license ?? ""])
  }

  /// `guava-31.1`, `guava`, `netty-4.1-linux-x86_64`
  fileprivate func isNamed(_ stem: String) -> Bool {
    stem == name || stem == "\(name)-\(version)" || stem.hasPrefix("\(name)-\(version)-")
  }
}
