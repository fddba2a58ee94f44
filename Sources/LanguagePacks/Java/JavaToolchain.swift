internal import PackCore
internal import Packs

/// A JDK of the host, by its real directory.
struct JavaToolchain {
  let home: HostPath
  /// `17.0.15`
  let version: String
  let feature: Int
  /// `Debian`, as its release file says.
  let vendor: String

  /// jlink, jdeps and programs of one source file are what packc makes an image with.
  static let oldest = 11

  var java: HostPath { home / "bin/java" }

  /// Host files whose identity is that of the JDK.
  var tools: [String] {
    ["bin/java", "bin/jlink", "bin/javac", "release", "lib/modules", "jmods/java.base.jmod"].map { home / $0 }
      .filter { FileSystem.exists($0) }.map(\.description)
  }

  /// JAVA_HOME first, then what PATH starts, then what lies where distributions put them.
  static func all(_ context: HostContext) -> [JavaToolchain] {
    var homes = [context.variable("JAVA_HOME").map { HostPath($0) }]
    homes += ["javac", "java"].map { context.findTool($0).flatMap(FileSystem.resolve).map { $0.parent.parent } }
    let installed = ((try? DirectoryWalk.names(in: "/usr/lib/jvm")) ?? []).map { "/usr/lib/jvm" / HostPath(bytes: $0) }
    homes += installed.map { Optional($0) }
    var out: [JavaToolchain] = []
    for home in homes.compactMap({ $0 }).compactMap(FileSystem.resolve) {
      guard let found = JavaToolchain(home), !out.contains(where: { $0.home == found.home }) else { continue }
      out.append(found)
    }
    return out
  }

  /// nil when the directory holds no JDK.
  private init?(_ home: HostPath) {
    guard FileSystem.isExecutableFile(home / "bin/javac"), FileSystem.isExecutableFile(home / "bin/java"),
      let bytes = (try? FileSystem.readIfPresent(home / "release", limit: 1 << 16)) ?? nil
    else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    func value(_ key: String) -> String? {
      JavaVersions.property(key, in: text).map { $0.value.filter { $0 != "\"" } }
    }
    guard let version = value("JAVA_VERSION"), let feature = JavaVersions.feature(version) else { return nil }
    self.home = home
    self.version = version
    self.feature = feature
    vendor = value("IMPLEMENTOR") ?? ""
  }

  // MARK: Which one

  /// The first that meets what is asked; in debug, when none does, the first of all with a warning.
  static func choose(
    _ wishes: [JavaWish], among all: [JavaToolchain], mode: BuildMode, _ notes: PackNotes
  ) throws -> JavaToolchain {
    guard let first = all.first else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "there is no JDK: no javac in PATH, JAVA_HOME or /usr/lib/jvm",
        hint: "`apt-get install openjdk-\(wishes.first?.version ?? 17)-jdk-headless`, or set JAVA_HOME")
    }
    let usable = all.filter { $0.feature >= oldest && $0.hasLinker }
    if let fitting = usable.first(where: { jdk in wishes.allSatisfy { jdk.meets($0) } }) { return fitting }
    let refusal = mismatch(wishes, all, usable)
    guard mode == .debug, let any = usable.first else { throw refusal }
    notes.warn(refusal.message, hint: refusal.hint)
    return any.feature >= first.feature ? any : first
  }

  func meets(_ wish: JavaWish) -> Bool { wish.isExact ? feature == wish.version : feature >= wish.version }

  /// From 24 on a JDK may come without jmods, and links from its own image (JEP 493).
  private var hasLinker: Bool {
    FileSystem.isExecutableFile(home / "bin/jlink")
      && (FileSystem.exists(home / "jmods/java.base.jmod") || feature >= 24)
  }

  private static func mismatch(_ wishes: [JavaWish], _ all: [JavaToolchain], _ usable: [JavaToolchain]) -> PackRefusal {
    let here = all.map { "\($0.version) (\($0.home))" }.joined(separator: ", ")
    let failing = wishes.first { wish in !usable.contains { $0.meets(wish) } } ?? wishes.first
    guard let wish = failing else {
      return PackRefusal(
        .toolchainMissing, "toolchain_version",
        "packc makes an image's runtime with jlink of a JDK \(oldest) or newer, with its jmods; the host has \(here)",
        hint: "`apt-get install openjdk-17-jdk-headless`, or set JAVA_HOME")
    }
    let hint =
      wish.version < oldest
      ? "packc needs JDK \(oldest) or newer (jlink): ask for one of those there, or try the host's with --debug"
      : "`apt-get install openjdk-\(wish.version)-jdk-headless` or `sdk install java \(wish.version)-tem`, and set "
        + "JAVA_HOME to it; or change what \(wish.location.path) asks for"
    return PackRefusal(
      .toolchainMissing, "toolchain_version",
      "\(wish.location.path) asks for Java \(wish.asked), and the host has \(here)", hint: hint, at: wish.location)
  }
}
