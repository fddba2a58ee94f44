import Glibc
import PackCore
import TestSupport
import XCTest

/// A Maven project built against Debian's repository, and a jar as Spring Boot packs it.
final class JavaProjectTests: XCTestCase {
  static let greeter: [String: String] = [
    "unik.yaml": "version: 1\noptions: {maven_repo: /usr/share/maven-repo}\n",
    "pom.xml": """
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion>
      <groupId>com.example</groupId>
      <artifactId>greeter</artifactId>
      <version>1.0</version>
      <properties>
        <maven.compiler.source>17</maven.compiler.source>
        <maven.compiler.target>17</maven.compiler.target>
        <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
      </properties>
      <dependencies>
        <dependency><groupId>commons-lang</groupId><artifactId>commons-lang</artifactId><version>2.6</version></dependency>
      </dependencies>
    </project>

    """,
    "src/main/java/com/example/Greeter.java": """
    package com.example;

    import com.sun.net.httpserver.HttpServer;
    import java.net.InetSocketAddress;
    import org.apache.commons.lang.StringUtils;

    public class Greeter {
      public static void main(String[] args) throws Exception {
        var server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
        var text = StringUtils.capitalize("hello from Java\\n").getBytes();
        server.createContext("/", exchange -> {
          exchange.sendResponseHeaders(200, text.length);
          exchange.getResponseBody().write(text);
          exchange.close();
        });
        server.start();
      }
    }

    """,
  ]

  static func require() throws {
    for tool in ["javac", "mvn"] { _ = try Tools.require(tool) }
    guard FileSystem.isDirectory("/usr/share/maven-repo/org/apache/maven/plugins/maven-dependency-plugin") else {
      throw XCTSkip("libmaven-dependency-plugin-java is not installed; `make deps` installs it")
    }
  }

  func testAMavenProjectBuildsWithoutANetworkAndAnswers() throws {
    try Self.require()
    let site = try Site()
    let project = try site.write(Self.greeter, to: "greeter")
    let built = try site.build(project)
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    for (what, source) in [
      ("pack", "pom.xml"), ("program", "pom.xml"), ("main class", "src/main/java/com/example/Greeter.java:8"),
      ("java version", "pom.xml:"), ("packages", "packc.lock"),
    ] {
      let found = built.decision(what)?["source"]?.string ?? "none"
      XCTAssertTrue(found.hasPrefix(source), "\(what) ← \(found)")
    }
    XCTAssertEqual(built.layers.compactMap { $0["role"]?.string }, ["runtime", "dependencies", "application"])
    try Listings.assertNoShell(built)
    let names = try Listings.names(built)
    for name in ["app/app.jar", "app/lib/commons-lang-2.6.jar", "usr/lib/jvm/java/lib/modules"] {
      XCTAssertTrue(names.contains(name), name)
    }
    let bill = try JSONParser.parse(FileSystem.read(project / ".packc/sbom.cdx.json", limit: 64 << 20))
    let components = bill["components"]?.array ?? []
    XCTAssertEqual(components.filter { $0["type"] == "file" }, [], "files without an owner")
    let library = components.first { $0["purl"]?.string == "pkg:maven/commons-lang/commons-lang@2.6" }
    XCTAssertEqual(
      library?["evidence"]?["occurrences"]?.array?.map { $0["location"] }, ["/app/lib/commons-lang-2.6.jar"])
    XCTAssertNotNil(library?["licenses"], "\(library ?? .null)")
    XCTAssertTrue(components.contains { $0["purl"] == "pkg:maven/com.example/greeter@1.0" })
    let port = try Ports.free()
    let machine = try Background(site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "Hello from Java\n")
    machine.signal(SIGTERM)
    XCTAssertEqual(try machine.end(within: 5), .exited(143), machine.output)
    // From the lock, without what was kept: the same files are fetched, and the same bytes are made.
    let again = try site.build(project, "--locked", "--no-cache")
    XCTAssertEqual(again.image, built.image)
    XCTAssertEqual(again.statuses, ["fetch": "ran", "build": "ran", "assemble": "ran"])
  }

  /// Classes below BOOT-INF and libraries as nested jars become a jar and libraries in layers of their own.
  func testAJarOfSpringBootIsTakenApart() throws {
    for tool in ["javac", "jar"] { _ = try Tools.require(tool) }
    let site = try Site()
    let work = try site.write(
      [
        "lib/greeting/Text.java":
          "package greeting;\npublic class Text { public static String of() { return \"nested\"; } }\n",
        "app/shop/Shop.java":
          "package shop;\npublic class Shop {\n  public static void main(String[] a) throws Exception {\n"
          + "    System.out.println(greeting.Text.of() + \" \" + new String(Shop.class.getResourceAsStream(\"/banner.txt\")"
          + ".readAllBytes()));\n  }\n}\n",
        "jar/BOOT-INF/classes/banner.txt": "banner",
        "jar/BOOT-INF/classpath.idx": "- \"BOOT-INF/lib/text-1.0+2.jar\"\n",
        "jar/org/springframework/boot/loader/launch/JarLauncher.class": "not needed in the image",
        "manifest": "Main-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: shop.Shop\n",
      ], to: "work")
    let project = try site.write(["unik.yaml": "version: 1\nname: shop\n"], to: "shop")
    _ = try Tools.output("javac", ["-d", "classes", "lib/greeting/Text.java"], in: work)
    try FileSystem.createDirectory(work / "jar/BOOT-INF/lib")
    _ = try Tools.output("jar", ["cf", "jar/BOOT-INF/lib/text-1.0+2.jar", "-C", "classes", "."], in: work)
    _ = try Tools.output(
      "javac", ["-cp", "classes", "-d", "jar/BOOT-INF/classes", "app/shop/Shop.java"], in: work)
    _ = try Tools.output("jar", ["cfm0", "\(project)/shop.jar", "manifest", "-C", "jar", "."], in: work)
    let built = try site.build(project, "--no-unikernel")
    let names = Set(try Listings.names(built))
    XCTAssertTrue(names.contains("app/lib/text-1.0+2.jar"))
    XCTAssertFalse(names.contains { $0.contains("BOOT-INF") })
    let result = try Background(site, ["run", "\(project)", "--oci"])
    XCTAssertEqual(try result.end(within: 30), .exited(0), result.output)
    XCTAssertTrue(result.output.contains("nested banner"), result.output)
  }
}
