import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What is read of Rust source: literals, servers, ports, files that are opened.
final class RustSourceTests: XCTestCase {
  func testLiterals() throws {
    let source = RustSourceText(
      """
      // "a comment" /* "and" */
      /* "another /* nested */ one" */
      #[template(path = "page.html")]
      struct Page<'a> { name: &'a str }
      mod api;
      mod inline { fn f() {} }
      fn main() {
          let quote = '"'; let escaped = '\\''; let letter = 'é';
          let text = "a\\"b\\
              c";
          let raw = r#"C:\\a "quoted""#;
          let bytes = b"bytes";
          include_str!("page.html");
          open(8_080u16, concat!(env!("DIR"), "/x"));
      }
      #[cfg(test)]
      mod tests { fn t() { "in a test"; } }
      #[cfg(not(test))]
      fn last() { "at the end"; }
      """)
    let values = source.literals.map(\.value)
    XCTAssertEqual(
      values,
      ["page.html", "a\"bc", "C:\\a \"quoted\"", "bytes", "page.html", "8080", "DIR", "/x", "at the end"])
    XCTAssertEqual(source.literals.map(\.line), [3, 9, 11, 12, 13, 14, 14, 14, 19])
    XCTAssertEqual(source.literals[0].attribute, "template")
    XCTAssertEqual(source.literals[4].calls, ["include_str!"])
    XCTAssertEqual(source.literals[6].calls, ["open", "concat!", "env!"])
    XCTAssertEqual(source.modules, ["api"])
  }

  func testFuzzMutatedSourceIsRead() {
    let seed = Fuzzing.seed(20_250_305)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "\"", "'", "r#\"", "/*", "*/", "//", "\n", "#[", "]", "(", ")", "{", "}", "!", "a", "é", "\\", "1", "b'", "test",
      ";",
    ]
    for round in 0..<Fuzzing.rounds(3_000) {
      let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      let source = RustSourceText(text)
      let lines = text.count { $0 == "\n" } + 1
      XCTAssertTrue(
        source.literals.allSatisfy { (1...lines).contains($0.line) }, "seed \(seed), round \(round): \(text)")
    }
  }

  // MARK: Evidence

  /// A package with that body of main, and its only binary.
  private func package(_ main: String, _ files: [String: String] = [:], dependencies: String = "") throws
    -> (bench: Workbench, project: CargoProject, sources: RustSources, binary: CargoBinary)
  {
    let bench = try Workbench()
    try bench.write("[package]\nname = \"shop\"\n[dependencies]\n\(dependencies)\n", "project/Cargo.toml")
    try bench.write("fn main() {\n\(main)\n}\n", "project/src/main.rs")
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    let project = try XCTUnwrap(CargoProject(ProjectFiles(root: bench.project)))
    let binary = try XCTUnwrap(project.binaries(of: XCTUnwrap(project.rootMember)).first)
    return (bench, project, RustSources(project), binary)
  }

  func testPorts() throws {
    let rows: [(String, [Int], Bool)] = [
      (#"HttpServer::new(app).bind(("127.0.0.1", 8080))?"#, [8080], true),
      (#"HttpServer::new(app).bind(("0.0.0.0", 8080))?"#, [8080], false),
      (#"TcpListener::bind("0.0.0.0:3000").await"#, [3000], false), (#"TcpListener::bind("[::1]:3000")"#, [3000], true),
      (#"let addr = SocketAddr::from(([127, 0, 0, 1], 3030));"#, [3030], true),
      (#"warp::serve(routes).run(([0, 0, 0, 0], 3030)).await;"#, [3030], false),
      (#"SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000)"#, [4000], true),
      (#"SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 4000)"#, [4000], false),
      ("let port = env::var(\"PORT\")\n    .unwrap_or_else(|_| \"8000\".to_string());", [8000], false),
      (#"let port: u16 = 5_000;"#, [5000], false), (#"Config { workers: 4000, port: 7000 }"#, [7000], false),
      (#"redis::Client::open("redis://127.0.0.1:6379")"#, [], false), (#"let transport = 8086;"#, [], false),
      (#"client.connect("127.0.0.1:5432")"#, [], false),
      (#"println!("open http://localhost:8080, port 8080")"#, [], false),
      (#"let rgb = [127, 0, 0, 1, 6, 3000];"#, [], false), (#"let timeout = 8080;"#, [], false),
      (#"Server::bind("0.0.0.0:80"); let proxy = "127.0.0.1:9999";"#, [80], false),
    ]
    for (main, numbers, isLoopback) in rows {
      let found = try package(main)
      let paths = found.sources.files(of: found.binary)
      let ports = RustPorts(found.sources).find(own: paths.own, all: paths.all)
      XCTAssertEqual(ports.map(\.number), numbers, main)
      XCTAssertEqual(ports.first?.isLoopback ?? false, isLoopback, main)
    }
    let field = try package(
      "",
      [
        "src/args.rs":
          "struct Args {\n #[arg(long, default_value_t = 9000)]\n port: u16,\n #[arg(default_value_t = 5000)]\n size: u32,\n}"
      ])
    let paths = found(field)
    XCTAssertEqual(RustPorts(field.sources).find(own: paths.own, all: paths.all).map(\.number), [9000])
  }

  private func found(_ package: (bench: Workbench, project: CargoProject, sources: RustSources, binary: CargoBinary))
    -> (own: [String], all: [String])
  { package.sources.files(of: package.binary) }

  func testData() throws {
    let files = [
      "static/a.css": "", "templates/page.html": "", "config/default.toml": "", "config/production.yaml": "",
      "migrations/1.sql": "", "page.html": "", "data.json": "{}", "images/x": "", "code/mod.rs": "", "secret": "",
    ]
    let rows: [(String, [String])] = [
      (#"Files::new("/static", "./static/")"#, ["static"]), (#"Tera::new("templates/**/*")"#, ["templates"]),
      (#"include_str!("../page.html"); include_bytes!("page.html")"#, []), (#"let word = "images";"#, []),
      (#"sqlx::migrate!("./migrations")"#, []), (#"fs::read_to_string("data.json")"#, ["data.json"]),
      (#"File::with_name("config/default")"#, ["config/default.toml"]), (#"println!("data.json")"#, []),
      (#"ServeDir::new("images")"#, ["images"]), (#"open("../secret"); open("/etc/passwd"); open("src/main.rs")"#, []),
      (#"open("config/production.yaml"); read_dir("config")"#, ["config"]), (#"open("code")"#, []),
      (#"env::var("DIR").unwrap_or_else(|_| "static".into())"#, ["static"]),
    ]
    for (main, paths) in rows {
      let found = try package(main, files)
      let data = RustData(found.binary, self.found(found).all, found.sources, found.project)
      XCTAssertEqual(data.found.map(\.path), paths, main)
      XCTAssertNil(data.manifestDirectory, main)
    }
    let behind: [String] = [
      #"Tera::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/**/*"))"#,
      #"Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")"#,
      #"format!("{}/templates", env!("CARGO_MANIFEST_DIR"))"#,
    ]
    for main in behind {
      let found = try package(main, files)
      let data = RustData(found.binary, self.found(found).all, found.sources, found.project)
      XCTAssertEqual(data.found.map(\.path), ["templates"], main)
      XCTAssertEqual(data.manifestDirectory, "src/main.rs:2", main)
    }
    let compiled = try package(#"include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/page.html"))"#, files)
    XCTAssertNil(
      RustData(compiled.binary, found(compiled).all, compiled.sources, compiled.project).manifestDirectory)
    let rocket = try package("", ["Rocket.toml": ""], dependencies: "rocket = \"0.5\"")
    XCTAssertEqual(
      RustData(rocket.binary, found(rocket).all, rocket.sources, rocket.project).found.map(\.path), ["Rocket.toml"])
  }

  func testServers() throws {
    let rows: [(String, Bool)] = [
      ("TcpListener::bind(a)", true), ("axum::serve(listener, app).await", true), ("HttpServer::new(app)", true),
      ("warp::serve(routes)", true), ("rocket::build().launch()", true), ("TcpStream::connect(a)", false),
      ("println!(\"TcpListener\")", false), ("reqwest::get(url)", false), ("axum::Json(x)", false),
    ]
    for (main, listens) in rows {
      let found = try package(main)
      XCTAssertEqual(found.sources.server(found.binary) != nil, listens, main)
    }
    let library = try package("shop::run()", ["src/lib.rs": "pub fn run() { TcpListener::bind(a) }"])
    XCTAssertEqual(library.sources.server(library.binary), "src/lib.rs")
    let module = try package(
      "",
      [
        "src/main.rs": "mod http;\nfn main() {}", "src/http/mod.rs": "mod run;",
        "src/http/run.rs": "fn f() { TcpListener::bind(a) }",
      ])
    XCTAssertEqual(module.sources.server(module.binary), "src/http/run.rs")
  }
}
