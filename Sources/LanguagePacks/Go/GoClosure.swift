internal import PackCore
internal import Packs

/// The closure of a main package as `go list` sees it.
struct GoClosure {
  /// Files of the project's own modules, relative to the project.
  var sources: [String] = []
  /// Files that are compiled into the program by `//go:embed`, relative to the project.
  var embedded: Set<String> = []
  /// Packages beside the standard library's that need a C compiler.
  var cgoPackages: [String] = []
  /// Packages that were not there to be looked at.
  var missing: [String] = []
  var isIncomplete: Bool { !missing.isEmpty }

  /// `packages`: what `go build` is given. `isFetched`: the modules are not there yet, so that go may know nothing at all
  /// (before `go 1.17` a go.mod does not name all of them); then the project's own source is read without it.
  init(
    of program: GoPrograms.Program, packages: [String], _ toolchain: GoToolchain, _ programs: GoPrograms,
    platform: Platform, flags: [String], isFetched: Bool
  ) throws {
    let (files, modules) = (programs.files, programs.modules)
    var environment = GoToolchain.environment(
      toolchain.context, cache: toolchain.cache, workspace: modules.work != nil)
    environment["CGO_ENABLED"] = "1"
    environment["GOARCH"] = platform.architecture.rawValue
    let fields = "ImportPath,Dir,Standard,CgoFiles,GoFiles,EmbedFiles,Module,Incomplete,Error"
    let argv =
      [toolchain.go.description, "list", "-e", "-deps", "-json=\(fields)"] + flags + packages
    guard let root = try Self.place(files, toolchain.context) else { return }
    environment["PWD"] = root.description
    let answer = try ToolRun(environment: environment, directory: root).output(argv)
    guard let text = answer.text else {
      if isFetched {
        read(program, programs)
        return
      }
      throw PackRefusal(
        .projectError, "go_list", "go cannot read the project: \(answer.errors)",
        hint: "`go list -deps \(packages.joined(separator: " "))` shows the same; `go mod tidy` repairs go.mod")
    }
    for document in Self.documents(text) { take(try JSONParser.parse(document, name: "go list"), root: root) }
    if isFetched, sources.isEmpty { read(program, programs) }
    sources.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    cgoPackages.sort()
  }

  /// Where go is asked: the project, or a link to it when its path holds a line break or the like, which go takes for no
  /// directory of a package. (In the sandbox the path is always the same.)
  private static func place(_ files: ProjectFiles, _ context: HostContext) throws -> HostPath? {
    guard let root = files.realRoot, root.bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      return files.realRoot
    }
    let directory = try FileSystem.createTemporaryDirectory(
      in: HostPath(context.variable("TMPDIR") ?? "/tmp"), prefix: "go-project")
    try FileSystem.createLink(directory / "project", to: root.bytes)
    return directory / "project"
  }

  /// The source of the program and of the project's packages that it imports, as text.
  private mutating func read(_ program: GoPrograms.Program, _ programs: GoPrograms) {
    missing = ["all"]
    var seen: Set<String> = [program.directory]
    var open = [program.directory]
    while let directory = open.popLast(), sources.count < 5000 {
      for (path, text) in programs.sources(in: directory) {
        sources.append(path)
        let imports = text.imports
        if imports.contains("C") { cgoPackages.append(directory.isEmpty ? program.module : directory) }
        for next in imports.compactMap({ GoListening.directory(of: $0, programs.modules) })
        where seen.insert(next).inserted { open.append(next) }
      }
    }
    sources.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    cgoPackages = Set(cgoPackages).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `go list` prints documents one after the other; each ends with a brace at the start of a line.
  private static func documents(_ text: String) -> [[UInt8]] {
    var documents: [[UInt8]] = []
    var current: [UInt8] = []
    for line in text.utf8.split(separator: 0x0a) {
      current += line
      current.append(0x0a)
      if line.elementsEqual([UInt8(ascii: "}")]) {
        documents.append(current)
        current = []
      }
    }
    return documents
  }

  private mutating func take(_ package: JSONValue, root: HostPath) {
    guard package["Standard"]?.bool != true else { return }
    if package["Error"] != nil { missing.append(package["ImportPath"]?.string ?? "") }
    if !(package["CgoFiles"]?.array ?? []).isEmpty, let path = package["ImportPath"]?.string {
      cgoPackages.append(path)
    }
    let isOwn = package["Module"]?["Main"]?.bool ?? (package["ImportPath"] == "command-line-arguments")
    guard isOwn, let directory = package["Dir"]?.string,
      let base = HostPath(directory).relative(to: root)
    else { return }
    func paths(_ key: String) -> [String] {
      (package[key]?.array ?? []).compactMap(\.string).compactMap { name in
        RootPath(name).map { base.appending($0).description }
      }
    }
    sources += paths("GoFiles") + paths("CgoFiles")
    embedded.formUnion(paths("EmbedFiles"))
  }
}
