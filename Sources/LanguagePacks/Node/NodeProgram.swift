internal import PackCore
internal import Packs

/// One thing of a project that can be started.
struct NodeProgram {
  /// The package's directory; empty for the project's own.
  var directory: String
  var manifest: NodeManifest?
  var launch: NodeLaunch
  /// The file and the rule that say so: `package.json:7 (scripts.start)`.
  var source: String
  /// What was looked at before, and why it is not that.
  var notes: [String] = []
  /// Somebody wrote that this is started, as opposed to a file of the usual name.
  var isStated = true
  /// What `--app` takes for it; its directory when that is nil.
  var app: String?

  var label: String {
    switch launch.kind {
    case .file(let path): "node \(path)"
    case .tool(let tool): ([tool.name] + launch.arguments.compactMap(\.literal).prefix(2)).joined(separator: " ")
    case .bin(let name): name
    case .member(let name, let line): "\(name): \(line)"
    case .nxProject(let name): "nx serve \(name)"
    case .nest: "node dist/main.js"
    case .bun(let line): line
    case .unusable: "nothing"
    }
  }
}

/// What a package turns out to be.
enum NodeFinding {
  case program(NodeProgram)
  /// Files that a browser loads: `builder` leaves them in `output`, and nothing of the project serves them.
  case site(builder: String, output: String)
  /// A script says what starts, and it cannot be started like that.
  case unusable(NodeLaunch.Reason, source: String)
  case nothing
}

extension NodeLaunch.Reason {
  /// What people run while they write code says nothing of production.
  var isDevelopment: Bool { if case .development = self { true } else { false } }
}
