internal import PackCore

/// The projects of a solution: `.sln` ("Solution (.sln) file", learn.microsoft.com) or `.slnx`, which is XML.
struct SolutionFile {
  let path: String
  /// Files of projects that MSBuild builds for .NET, relative to the packc project, in their order.
  private(set) var projects: [String] = []

  static let extensions = ["csproj", "fsproj", "vbproj"]
  /// More are not looked at.
  static let maximumProjects = 2000

  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    if path.hasSuffix(".slnx") { try readXML(bytes) } else { try readText(bytes) }
  }

  static func isProject(_ name: String) -> Bool {
    extensions.contains { name.utf8.count > $0.utf8.count + 1 && name.lowercased().hasSuffix(".\($0)") }
  }

  private mutating func add(_ path: String) {
    guard Self.isProject(path), projects.count < Self.maximumProjects,
      let resolved = ProjectPath.resolve(path, from: ProjectPath.directory(of: self.path)), !projects.contains(resolved)
    else { return }
    projects.append(resolved)
  }

  private func wrong(_ line: Int, _ text: String) -> Failure {
    Failure(
      "bad_solution", text, hint: "`dotnet sln \(path) list` says the same; `dotnet new sln` writes a new one",
      at: SourceLocation(path: path, line: line), exit: .badInput)
  }

  // MARK: .slnx

  private mutating func readXML(_ bytes: [UInt8]) throws {
    let root = try XMLElement.parse(bytes, path: path)
    guard root.name == "Solution" else {
      throw wrong(root.line, "the element <\(root.name)> stands where <Solution> is expected")
    }
    for element in root.children {
      for project in element.name == "Folder" ? element.all("Project") : [element] where project.name == "Project" {
        guard let path = project.attributes["Path"] else { throw wrong(project.line, "<Project> has no Path") }
        add(path)
      }
    }
  }

  // MARK: .sln

  private mutating func readText(_ bytes: [UInt8]) throws {
    let text = String(
      decoding: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
    let header = "Microsoft Visual Studio Solution File"
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard let first = lines.firstIndex(where: { line in line.contains { !$0.isWhitespace } }) else {
      throw wrong(1, "it is empty, and a solution begins with \"\(header), Format Version 12.00\"")
    }
    guard lines[first].hasPrefix(header) else {
      throw wrong(first + 1, "a solution begins with \"\(header), Format Version 12.00\"")
    }
    var open: Int?
    for (index, line) in lines.enumerated() {
      let line = line.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("Project(") {
        if let open { throw wrong(open, "the Project that begins here has no EndProject") }
        open = index + 1
        try take(line, index + 1)
      } else if line.hasPrefix("EndProject"), !line.hasPrefix("EndProjectSection") {
        guard open != nil else { throw wrong(index + 1, "EndProject without a Project") }
        open = nil
      }
    }
    if let open { throw wrong(open, "the Project that begins here has no EndProject") }
  }

  /// `Project("{TYPE}") = "NAME", "PATH", "{ID}"`
  private mutating func take(_ line: Substring, _ number: Int) throws {
    let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
    // Every second piece is between quotes: type, name, path, id.
    guard quoted.count == 9, quoted[2].contains("=") else {
      throw wrong(number, "a project's line is: Project(\"{TYPE}\") = \"NAME\", \"PATH\", \"{ID}\"")
    }
    add(String(quoted[5]))
  }
}
