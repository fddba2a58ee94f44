import Codec
import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What class files say of a program. Whole programs with what a person found in them: Tests/Fixtures/facts-truth.
final class JavaFactsTests: XCTestCase {
  private static let fixtures = HostPath(#filePath).parent.parent / "Fixtures/facts-truth"
  private static func jar(_ name: String) -> HostPath { fixtures / "\(name)/project/\(name).jar" }

  private func classes(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    let jar = try JarReader(bytes)
    let found = jar.entries.filter { $0.name.hasSuffix(".class") }
    return try Dictionary(uniqueKeysWithValues: found.map { ($0.name, try jar.read($0)) })
  }

  private func facts(_ bench: Workbench, outputs: [HostPath] = [], jar: String? = nil) throws -> [String: SourceFact] {
    let files = ProjectFiles(root: bench.project)
    let found = try JavaClasses(outputs: outputs, jar: jar, manifest: "pom.xml", files)
    let facts = JavaFacts(found, settings: JavaSettings(found, files)).list()
    return Dictionary(facts.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static let imports = "import java.io.*; import java.net.*; import java.nio.file.*; import java.util.*;"

  /// Compiles each body as members of a class of its own, and reads each as a program.
  private func compiled(_ bodies: [String], _ files: [String: String] = [:]) throws -> [[String: SourceFact]] {
    let shop = try Workbench()
    let sources = bodies.enumerated().map { "package p\($0);\n\(Self.imports)\npublic class Main {\n\($1)\n}\n" }
    for (index, source) in sources.enumerated() { try shop.write(source, "source/p\(index)/Main.java") }
    let paths = sources.indices.map { "\(shop.root)/source/p\($0)/Main.java" }
    let result = try Tools.run("javac", ["--release", "11", "-proc:none", "-d", "\(shop.root)/classes"] + paths)
    XCTAssertTrue(result.succeeded, result.errorText)
    return try sources.enumerated().map { index, source in
      let bench = try Workbench()
      try bench.write(source, "project/src/main/java/p\(index)/Main.java")
      for (path, text) in files { try bench.write(text, "project/\(path)") }
      for name in try DirectoryWalk.names(in: shop.root / "classes/p\(index)").map({ HostPath(bytes: $0) }) {
        try FileSystem.createDirectory(bench.project / "p\(index)")
        try FileSystem.writeAtomically(
          FileSystem.read(shop.root / "classes/p\(index)" / name), to: bench.project / "p\(index)" / name,
          durable: false)
      }
      return try facts(bench)
    }
  }

  func testConstantsAtCalls() throws {
    typealias Row = (body: String, kind: String, values: [String], closed: ContractFact.Closure)
    let rows: [Row] = [
      ("void a() { System.getenv(\"A\"); System.getenv().get(\"B\"); }", "env-optional", ["A", "B"], .closed),
      ("void a(String n) { System.getenv(n); }", "env-optional", [], .open),
      (
        "void a() { b(\"A\"); b(\"B\"); } private void b(String n) { System.getenv(n); }", "env-optional", ["A", "B"],
        .closed
      ),
      ("void a() { new HashMap<>(System.getenv()); }", "env-optional", [], .open),
      ("void a() { Optional.of(\"A\").map(System::getenv); }", "env-optional", [], .open),
      ("void a() { if (System.getenv(\"A\") == null) throw new RuntimeException(); }", "env-required", ["A"], .closed),
      ("void a() { String v = System.getenv(\"A\"); if (v == null) System.exit(1); }", "env-required", ["A"], .closed),
      ("void a() throws Exception { new ServerSocket(81); }", "ports", ["81/tcp"], .closed),
      ("void a() throws Exception { for (int p = 1; p < 9; p++) new ServerSocket(p); }", "ports", [], .open),
      (
        "void a(boolean b) throws Exception { new ServerSocket(b ? 81 : 82); }", "ports", ["81/tcp", "82/tcp"], .closed
      ),
      (
        "void a(String x) { URI.create(\"https://a.example/\" + x); URI.create(\"/\" + x); }", "egress", ["a.example"],
        .closed
      ),
      ("void a(String x) { URI.create(\"https://\" + x); }", "egress", [], .open),
      ("String u = \"https://a.example\"; void a() { URI.create(u); }", "egress", ["a.example"], .closed),
      ("void a() throws Exception { String u = \"https://a.example\"; System.out.println(u); }", "egress", [], .open),
      ("void a() throws Exception { new FileWriter(new File(\"/a\", \"b\")); }", "writes", ["/a/b"], .closed),
      ("void a(String x) throws Exception { Files.createFile(Path.of(\"a\", x)); }", "writes", [], .open),
      ("void a() throws Exception { new URI(\"https\", \"a.example\", \"/\", null); }", "egress", [], .open),
      (
        "void a() throws Exception { new DatagramPacket(new byte[1], 1, InetAddress.getByName(\"a\"), 1); }", "egress",
        [],
        .open
      ),
      ("void a() throws Exception { new PrintStream(\"a\"); new PrintStream(System.out); }", "writes", ["a"], .closed),
      ("void a() throws Exception { Runtime.getRuntime().exec(\"ls\"); }", "writes", [], .unknown),
      ("void a() throws Exception { Class.forName(System.getProperty(\"x\")); }", "routes", [], .unknown),
    ]
    for (row, facts) in zip(rows, try compiled(rows.map(\.body))) {
      let found = try XCTUnwrap(facts[row.kind])
      XCTAssertEqual(found.values, row.values, row.body)
      XCTAssertEqual(found.closed, row.closed, "\(row.body): \(found.caveats)")
    }
  }

  func testEvidenceIsTheSource() throws {
    let found = try compiled(["void a() {\n System.getenv(\"A\");\n}"])[0]
    let path = RootPath(literal: "src/main/java/p0/Main.java")
    XCTAssertEqual(found["env-optional"]?.evidence, [.init(path: path, line: 5)])
  }

  func testSettings() throws {
    let yaml = """
      server:
        port: ${PORT:8081}
      spring:
        datasource:
          url: "jdbc:postgresql://u:p@db:5432/x"   # its password is nobody's business
        redis: {host: cache}
      api.url: https://a.example
      """
    let found = try compiled([""], ["src/main/resources/application.yml": yaml])[0]
    XCTAssertEqual(found["ports"]?.values, ["8081/tcp"])
    XCTAssertEqual(found["egress"]?.values, ["a.example", "db:5432"])
    XCTAssertEqual(found["env-optional"]?.values, ["PORT"])
  }

  /// The jar of a build.
  func testOutputsOfABuild() throws {
    let bench = try Workbench()
    try bench.write("", "project/src/main/java/ledger/Settings.java")
    try FileSystem.createDirectory(bench.root / "app")
    try FileSystem.writeAtomically(
      FileSystem.read(Self.jar("java-ledger")), to: bench.root / "app/app.jar", durable: false)
    let found = try facts(bench, outputs: [bench.root / "app"])
    // The other classes of its package are the program's, too: a generator may have made them.
    XCTAssertEqual(found["env-required"]?.values, ["LEDGER_OWNER", "RATES_TOKEN"])
    let paths = found["env-required"]?.evidence.map(\.path.description) ?? []
    XCTAssertTrue(paths.contains("src/main/java/ledger/Settings.java"), "\(paths)")
  }

  func testWithoutClasses() throws {
    let bench = try Workbench()
    try bench.write("<project/>", "project/pom.xml")
    for (kind, fact) in try facts(bench) { XCTAssertEqual(fact.closed, .unknown, kind) }
  }

  /// Broken classes are refused with a sentence, or read as another program: never a crash, never more time than they are worth.
  func testMutatedClasses() throws {
    let seed = Fuzzing.seed(22)
    var random = SeededRandom(seed: seed)
    let good = try ["java-ledger", "java-catalog"].flatMap { try classes(FileSystem.read(Self.jar($0))) }
      .sorted { $0.key < $1.key }.map(\.value)
    var refused = 0
    for round in 0..<Fuzzing.rounds(1500) {
      var bytes = good[round % good.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 16 {
        let place = Int.random(in: 8..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        case 2: bytes.insert(contentsOf: [0xff, 0xff, 0xff, 0xff], at: place)
        default: bytes = Array(bytes.prefix(max(9, place)))
        }
      }
      do {
        let file = try ClassFile(bytes[...])
        let listener = Deaf()
        for method in file.methods {
          var run = ClassRun(file, method, parameters: [], listener)
          _ = run?.run()
          XCTAssertLessThanOrEqual(run?.objects.count ?? 0, 5000, "seed \(seed) round \(round)")
        }
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "seed \(seed) round \(round): \(failure)")
        refused += 1
      }
    }
    XCTAssertGreaterThan(refused, 100)
  }

  func testMutatedJars() throws {
    let seed = Fuzzing.seed(23)
    var random = SeededRandom(seed: seed)
    let good = try FileSystem.read(Self.jar("java-ledger"))
    var read = 0
    for round in 0..<Fuzzing.rounds(800) {
      var bytes = good
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if round % 5 == 0 { bytes = Array(bytes.suffix(Int.random(in: 0..<bytes.count, using: &random))) }
      do {
        let jar = try JarReader(bytes)
        for entry in jar.entries { _ = try jar.read(entry) }
        read += 1
      } catch let failure as Failure {
        XCTAssertFalse(failure.message.isEmpty, "seed \(seed) round \(round)")
      }
    }
    XCTAssertGreaterThan(read, 0)
  }

  /// Hears nothing.
  private final class Deaf: ClassRun.Listener {
    func call(_ call: ClassCall, _ run: inout ClassRun) -> ClassValue { .unknown }
    func field(_ member: ClassPool.Member) -> ClassValue { .unknown }
    func store(_ value: ClassValue, to member: ClassPool.Member) {}
    func result(_ value: ClassValue, of method: ClassPool.Member) {}
    func reference(_ member: ClassPool.Member, captured: [ClassValue], at place: ClassCall.Place) {}
    func required(_ variable: String, at place: ClassCall.Place) {}
  }
}
