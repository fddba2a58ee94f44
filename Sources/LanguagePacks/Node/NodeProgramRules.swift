internal import Config
internal import PackCore
internal import Packs

/// The rules by which one package is read, in this order. The first that speaks decides.
struct NodeProgramRules {
  let files: ProjectFiles
  let project: NodeProject
  let paths: NodeModulePath

  init(_ project: NodeProject) {
    self.project = project
    files = project.files
    paths = NodeModulePath(files: project.files, ignored: NodeIgnored(project.files))
  }

  func find(_ manifest: NodeManifest?, in directory: String) throws -> NodeFinding {
    if let found = try procfile(manifest, in: directory) { return found }
    var unusable: NodeFinding?
    if let manifest {
      switch scripts(manifest) {
      case .program(let program):
        // `next start` does not start what `output: "export"` leaves.
        if case .tool(let tool) = program.launch.kind, tool.name == "next", isStaticExport(manifest) {
          return served("next", "out", manifest)
        }
        return .program(program)
      case let other: unusable = other
      }
      if let program = try moon(manifest) ?? framework(manifest) { return .program(program) }
      if let site = site(manifest) { return site }
    }
    if case .unusable(let reason, _)? = unusable, !reason.isDevelopment { return unusable ?? .nothing }
    if let program = file(manifest, in: directory) { return .program(program) }
    return unusable ?? .nothing
  }

  // MARK: Procfile

  private func procfile(_ manifest: NodeManifest?, in directory: String) throws -> NodeFinding? {
    guard let line = try WebLine(files, in: directory) else { return nil }
    let scripts = manifest.map(NodeScripts.init)
    let launch = scripts?.launch(line: line.command) ?? NodeScripts(scripts: [:]).launch(line: line.command)
    let source = "\(directory.isEmpty ? "" : "\(directory)/")\(line.place) (web)"
    if case .unusable(let reason) = launch.kind { return .unusable(reason, source: source) }
    return .program(NodeProgram(directory: directory, manifest: manifest, launch: launch, source: source))
  }

  // MARK: Scripts

  /// Names under which the command for production stands when `start` is for people who write code.
  private static let startNames = ["start", "start:prod", "start:production", "prod", "production"]
  private static let fileNames = ["serve", "server", "preview"]

  private func scripts(_ manifest: NodeManifest) -> NodeFinding {
    let scripts = NodeScripts(manifest)
    var unusable: NodeFinding = .nothing
    var notes: [String] = []
    var fallback: NodeProgram?
    for name in Self.startNames + Self.fileNames {
      guard let launch = scripts.launch(name) else { continue }
      let source = "\(manifest.place("scripts", name)) (scripts.\(name))"
      let program = NodeProgram(
        directory: manifest.directory, manifest: manifest, launch: launch, source: source, notes: notes)
      if case .unusable(let reason) = launch.kind {
        if case .nothing = unusable, Self.startNames.contains(name) { unusable = .unusable(reason, source: source) }
        if name == "start" { notes.append("scripts.start is for development") }
        guard reason.isDevelopment else { break }
        continue
      }
      if Self.fileNames.contains(name), !launch.isFilesOnly || isVitePreview(launch) { continue }
      // A watcher or Nest's compiler is what is left when no script is for production.
      if case .nest = launch.kind, fallback == nil {
        fallback = program
        continue
      }
      if name == "start", !launch.without.isEmpty,
        Self.startNames.dropFirst().contains(where: { manifest.scripts[$0] != nil })
      {
        fallback = program
        continue
      }
      return .program(program)
    }
    if let fallback { return .program(fallback) }
    return unusable
  }

  /// Vite's own preview shows a build to its author; only `start` makes it what runs.
  private func isVitePreview(_ launch: NodeLaunch) -> Bool {
    if case .tool(let tool) = launch.kind { tool.name == "vite" || tool.name == "astro" } else { false }
  }

  /// Tasks of moon stand in a file beside package.json.
  private func moon(_ manifest: NodeManifest) throws -> NodeProgram? {
    guard let path = NodeModulePath.join(manifest.directory, "moon.yml"), files.isFile(path),
      let text = try files.text(path), let moon = try YAMLText.json(Array(text.utf8), path: path)
    else { return nil }
    for task in ["start", "serve"] {
      guard let command = moon["tasks"]?[task]?["command"] else { continue }
      let line = command.string ?? (command.array ?? []).compactMap(\.string).joined(separator: " ")
      var launch = NodeScripts(manifest).launch(line: line)
      guard launch.isServing else { continue }
      for build in ["build", "compile"] {
        if let made = moon["tasks"]?[build]?["command"]?.string { launch.builds.append(made) }
      }
      return NodeProgram(
        directory: manifest.directory, manifest: manifest, launch: launch, source: "\(path) (tasks.\(task))")
    }
    return nil
  }

  // MARK: Frameworks

  /// What a framework is started with when no script says so.
  private func framework(_ manifest: NodeManifest) -> NodeProgram? {
    func program(_ launch: NodeLaunch, _ package: String, _ rule: String) -> NodeProgram {
      let key = manifest.dependencies[package] == nil ? "devDependencies" : "dependencies"
      return NodeProgram(
        directory: manifest.directory, manifest: manifest, launch: launch,
        source: "\(manifest.place(key, package)) (\(rule))")
    }
    func tool(_ name: String, _ arguments: String...) -> NodeLaunch? {
      NodeTool.named(name).map { NodeLaunch(kind: .tool($0), arguments: arguments.map { .init($0) }) }
    }
    guard manifest.scripts["build"] != nil else { return nil }
    if manifest.depends(on: "next"), !isStaticExport(manifest), let launch = tool("next", "start") {
      return program(launch, "next", "next's own way to start")
    }
    for (package, file, rule) in [
      ("@sveltejs/adapter-node", "build/index.js", "what adapter-node leaves"),
      ("@astrojs/node", "dist/server/entry.mjs", "what Astro's node adapter leaves"),
      ("nitropack", ".output/server/index.mjs", "what Nitro leaves"),
      ("nuxt", ".output/server/index.mjs", "what Nuxt leaves"),
      ("@solidjs/start", ".output/server/index.mjs", "what SolidStart leaves"),
      ("@tanstack/react-start", ".output/server/index.mjs", "what TanStack Start leaves"),
    ] where manifest.depends(on: package) {
      if package == "nuxt", manifest.scripts["build"]?.contains("generate") ?? false { continue }
      return program(NodeLaunch(kind: .file(file)), package, rule)
    }
    if manifest.depends(on: "@nestjs/core") {
      return program(NodeLaunch(kind: .nest), "@nestjs/core", "what Nest leaves")
    }
    return nil
  }

  static let nextConfigurations = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs"]

  /// The `output` that next's configuration names.
  func nextOutput(in directory: String) -> (value: String, file: String)? {
    for name in Self.nextConfigurations {
      guard let path = NodeModulePath.join(directory, name), let text = try? files.text(path) else { continue }
      for value in ["standalone", "export"] {
        let squeezed = String(text.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" && $0 != "`" })
        if squeezed.contains("output:\(value)") || squeezed.contains("output=\(value)") { return (value, path) }
      }
    }
    return nil
  }
  private func isStaticExport(_ manifest: NodeManifest) -> Bool {
    nextOutput(in: manifest.directory)?.value == "export" || manifest.scripts["build"]?.contains("next export") ?? false
  }

  private func site(_ manifest: NodeManifest) -> NodeFinding? {
    guard manifest.scripts["build"] != nil else { return nil }
    if manifest.depends(on: "next"), isStaticExport(manifest) { return served("next", "out", manifest) }
    for builder in NodeTool.siteBuilders where manifest.depends(on: builder.package) {
      // A bundler also builds libraries; a page is what has a page to start from.
      let pages = ["index.html", "public/index.html", "src/index.html", "src/app.html", "src/pages", "src/index.ejs"]
      let bundler = ["vite", "webpack", "rollup", "esbuild", "parcel", "@rsbuild/core", "@rspack/cli"]
      if bundler.contains(builder.package),
        !pages.contains(where: { NodeModulePath.join(manifest.directory, $0).map { files.kind($0) != nil } ?? false })
      {
        continue
      }
      return served(builder.package, builder.output, manifest)
    }
    return nil
  }

  /// A static server among the packages is what the project names for its files.
  private func served(_ builder: String, _ output: String, _ manifest: NodeManifest) -> NodeFinding {
    guard let server = NodeTool.fileServers.first(where: { manifest.depends(on: $0.package) }) else {
      return .site(builder: builder, output: output)
    }
    let single = server.name == "serve" ? ["-s", output] : server.name == "ws" ? ["-d", output] : [output]
    let launch = NodeLaunch(kind: .tool(server), arguments: single.map { .init($0) })
    let key = manifest.dependencies[server.package] == nil ? "devDependencies" : "dependencies"
    return .program(
      NodeProgram(
        directory: manifest.directory, manifest: manifest, launch: launch,
        source:
          "\(manifest.place(key, server.package)) (the static server among the packages; \(builder) leaves \(output))"))
  }

  // MARK: Files

  /// npm starts server.js where no script says otherwise; node takes `main`, then index.js.
  private func file(_ manifest: NodeManifest?, in directory: String) -> NodeProgram? {
    func program(_ path: String, _ source: String, notes: [String] = []) -> NodeProgram {
      NodeProgram(
        directory: directory, manifest: manifest, launch: NodeLaunch(kind: .file(path)), source: source, notes: notes,
        isStated: false)
    }
    func present(_ name: String) -> Bool { paths.file(name, in: directory) != nil }
    let place = directory.isEmpty ? "" : "\(directory)/"
    if present("server.js") { return program("server.js", "\(place)server.js (npm's default)") }
    var notes: [String] = []
    if let manifest, let main = manifest.main {
      if present(main) { return program(main, "\(manifest.place("main")) (main)") }
      notes.append("main names \(main), which does not exist")
    }
    for name in ["index.js", "app.js", "main.js", "index.mjs", "server.mjs", "app.mjs", "main.mjs", "index.cjs"] {
      if present(name) {
        return program(name, "\(place)\(name) (the usual name\(notes.map { "; \($0)" }.joined()))", notes: notes)
      }
    }
    for name in ["src/index.js", "src/server.js", "src/app.js", "src/main.js"] where present(name) {
      return program(name, "\(place)\(name) (the usual name\(notes.map { "; \($0)" }.joined()))", notes: notes)
    }
    return nil
  }
}
