/// What a script starts, as far as it can be started without a shell.
struct NodeLaunch {
  enum Kind {
    /// `node FILE`, relative to `directory`.
    case file(String)
    /// A known command of a package.
    case tool(NodeTool)
    /// Another command that a package of the project brings.
    case bin(String)
    /// The script of another package of the project: its name or directory, and the line to start there.
    case member(String, line: String)
    /// `nx serve NAME`; empty for the default project.
    case nxProject(String)
    /// Nest's own runner, which compiles and starts what `nest build` leaves.
    case nest
    case bun(String)
    case unusable(Reason)
  }
  enum Reason {
    /// A server for people who write code, or a tool that is no server.
    case development(String)
    /// Another language's program.
    case foreign(String)
    /// It needs a shell.
    case shell(String, because: String)
    /// Several programs at once.
    case several(String)
    /// Nothing that node or a package of the project brings.
    case unknown(String)
    /// `start` that starts itself, or a script that does not exist.
    case script(String)
  }
  var kind: Kind
  /// Where it starts, relative to the package: `cd api && node .`.
  var directory = ""
  /// Flags of node itself.
  var flags: [String] = []
  var arguments: [ShellLine.Word] = []
  var environment: [(name: String, value: ShellLine.Word)] = []
  /// Commands before or after it that make files: they belong into the build.
  var builds: [String] = []
  /// Commands before or after it that are not run: migrations, messages.
  var leftOut: [String] = []
  /// Wrappers that were looked through: `nodemon`.
  var without: [String] = []

  /// A program that really starts, whatever else lies around it.
  var isServing: Bool {
    switch kind {
    case .file, .nest, .bin, .member, .nxProject, .bun: true
    case .tool(let tool): tool.role != .development
    case .unusable: false
    }
  }
  var isFilesOnly: Bool { if case .tool(let tool) = kind { tool.role == .files } else { false } }
}
