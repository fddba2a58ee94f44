internal import PackCore

/// Where the program listens, as its settings and its own source say. launchSettings.json is for the developer's machine.
struct DotnetEvidence {
  struct Port: Equatable {
    var number: Int
    /// `src/Api/Program.cs:12`
    var source: String
    var isLoopback: Bool
    /// The key of the settings that says so; a variable of the environment can say it otherwise.
    var key: String?
  }
  private let files: ProjectFiles
  private let directory: String

  private static let maximumSources = 300

  init(in directory: String, _ files: ProjectFiles) {
    self.files = files
    self.directory = directory
  }

  // MARK: Settings

  /// `Kestrel:Endpoints` and `Urls` of appsettings.json and appsettings.Production.json; the second counts more.
  func settings() throws -> [Port] {
    var found: [Port] = []
    for name in ["appsettings.Production.json", "appsettings.json"] where found.isEmpty {
      let path = ProjectPath.join(directory, name)
      guard let text = try files.text(path) else { continue }
      let document = try JSONParser.parse(JSONWithComments.plain(Array(text.utf8)), name: path)
      let endpoints = Self.value(document, "Kestrel").flatMap { Self.value($0, "Endpoints")?.object } ?? [:]
      for name in endpoints.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        let key = "Kestrel__Endpoints__\(name)__Url"
        let url = endpoints[name].flatMap { Self.value($0, "Url")?.string } ?? ""
        guard let port = Self.port(url, "\(path): Kestrel.Endpoints.\(name)", key: key) else { continue }
        found.append(port)
      }
      guard found.isEmpty, let urls = Self.value(document, "Urls")?.string else { continue }
      found = urls.split(separator: ";").compactMap { Self.port(String($0), "\(path): Urls", key: "URLS") }
    }
    return found
  }

  /// Keys of .NET's configuration do not heed case.
  private static func value(_ object: JSONValue, _ name: String) -> JSONValue? {
    object.object?.sorted { $0.key < $1.key }.first { $0.key.lowercased() == name.lowercased() }?.value
  }

  /// `http://localhost:5000`; https needs a certificate, which nobody gives it here.
  private static func port(_ url: String, _ source: String, key: String?) -> Port? {
    guard url.hasPrefix("http://") else { return nil }
    let authority = url.dropFirst("http://".count).prefix { $0 != "/" }
    guard let colon = authority.lastIndex(of: ":"), let number = Int(authority[authority.index(after: colon)...]),
      (1...65535).contains(number)
    else { return nil }
    let host = authority[..<colon]
    return Port(
      number: number, source: source, isLoopback: ["localhost", "127.0.0.1", "[::1]"].contains(host), key: key)
  }

  // MARK: Source

  /// Files of source in the project's own directories.
  private func sources() -> [String] {
    var found: [String] = []
    var level = [directory]
    for depth in 0...2 {
      var next: [String] = []
      for directory in level {
        for name in files.names(directory) where !name.hasPrefix(".") && found.count < Self.maximumSources {
          let path = ProjectPath.join(directory, name)
          if [".cs", ".fs", ".vb"].contains(where: { name.hasSuffix($0) }) {
            found.append(path)
          } else if depth < 2, !name.contains("."), !["bin", "obj", "wwwroot", "node_modules"].contains(name),
            next.count < Self.maximumSources, files.isDirectory(path)
          {
            next.append(path)
          }
        }
      }
      level = next
    }
    return found
  }

  struct Found {
    var ports: [Port] = []
    /// `Program.cs:3` where the variable PORT is read.
    var readsPort: String?
  }

  /// The calls that open a port: Kestrel's, HttpListener's, TcpListener's.
  func source() throws -> Found {
    var found = Found()
    for path in sources() {
      guard let text = try files.text(path) else { continue }
      for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
        let line = line.drop { $0 == " " || $0 == "\t" }
        if line.hasPrefix("//") || line.hasPrefix("'") || line.utf8.count > 2000 { continue }
        let place = "\(path):\(index + 1)"
        if found.readsPort == nil, line.contains("GetEnvironmentVariable(\"PORT\")") { found.readsPort = place }
        found.ports += Self.ports(line, place)
      }
    }
    var seen: Set<Int> = []
    found.ports = found.ports.filter { seen.insert($0.number).inserted }
    return found
  }

  private static let callsWithURL = ["UseUrls(", "Urls.Add(", ".Run(", ".RunAsync(", "Prefixes.Add("]
  private static let callsWithNumber: [(name: String, isLoopback: Bool)] = [
    ("ListenAnyIP(", false), ("ListenLocalhost(", true), ("Listen(IPAddress.Any,", false),
    ("Listen(IPAddress.IPv6Any,", false), ("Listen(IPAddress.Loopback,", true), ("TcpListener(IPAddress.Any,", false),
    ("TcpListener(IPAddress.Loopback,", true),
  ]

  private static func ports(_ line: Substring, _ place: String) -> [Port] {
    if callsWithURL.contains(where: line.contains) {
      return line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }
        .flatMap { $0.element.split(whereSeparator: { $0 == ";" || $0 == "," }) }
        .compactMap { port(String($0), place, key: nil) }
    }
    return callsWithNumber.compactMap { call in
      guard let range = line.firstRange(of: call.name) else { return nil }
      let digits = line[range.upperBound...].drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits), (1...65535).contains(number) else { return nil }
      return Port(number: number, source: place, isLoopback: call.isLoopback, key: nil)
    }
  }
}
