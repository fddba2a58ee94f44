internal import PackCore

/// What is asked of a program to know that it works.
public enum HealthSpec: Hashable, Sendable, CustomStringConvertible {
  /// GET of `path`: 200 to 399 is well.
  case http(path: String, port: UInt16?)
  /// It takes a connection and keeps it.
  case tcp(port: UInt16?)

  /// `http:/healthz`, `http:8080/healthz`, `tcp`, `tcp:8080`
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let rest = parts.count == 2 ? parts[1] : ""
    switch parts[0] {
    case "tcp" where parts.count == 1: self = .tcp(port: nil)
    case "tcp":
      guard let port = UInt16(rest), port > 0 else { throw DeployFailure.badHealth(text) }
      self = .tcp(port: port)
    case "http":
      let slash = rest.firstIndex(of: "/") ?? rest.endIndex
      let path = slash == rest.endIndex ? "/" : String(rest[slash...])
      guard path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw DeployFailure.badHealth(text) }
      if slash == rest.startIndex || rest.isEmpty {
        self = .http(path: path, port: nil)
      } else {
        guard let port = UInt16(rest[..<slash]), port > 0 else { throw DeployFailure.badHealth(text) }
        self = .http(path: path, port: port)
      }
    default: throw DeployFailure.badHealth(text)
    }
  }

  public var port: UInt16? {
    switch self {
    case .http(_, let port), .tcp(let port): port
    }
  }

  public var description: String {
    switch self {
    case .http(let path, let port): "http:" + (port.map { "\($0)" } ?? "") + path
    case .tcp(let port): "tcp" + (port.map { ":\($0)" } ?? "")
    }
  }
}
