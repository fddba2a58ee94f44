internal import Glibc
public import PackCore

/// Lines of JSON that are only added to: what happened, when. At a size it becomes `….1`, in the place of an older one.
public struct EventLog: Sendable {
  public let path: HostPath
  private let limit: Int64
  public init(_ path: HostPath, limit: Int64 = 4 << 20) {
    self.path = path
    self.limit = limit
  }

  /// One write(2) a line, so that lines of several processes do not mix. A line that cannot be written is not worth
  /// stopping anything for.
  public func add(_ fields: [String: JSONValue]) {
    let line = CanonicalJSON.encode(.object(fields.merging(["time": .integer(WallClock.now())]) { $1 })) + [0x0a]
    if let status = try? FileSystem.status(path), status.size > limit {
      try? FileSystem.rename(path, to: path.parent / "\(path.name).1")
    }
    guard let file = try? Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600) else { return }
    try? file.write(line)
  }

  /// The last lines, oldest first; what is no line of ours (torn by a full disk) is left out.
  public func last(_ count: Int) -> [JSONValue] {
    var lines: [ArraySlice<UInt8>] = []
    for file in [path.parent / "\(path.name).1", path] {
      guard let bytes = try? FileSystem.readIfPresent(file, limit: 64 << 20) else { continue }
      lines += bytes.split(separator: 0x0a).suffix(count)
    }
    return lines.suffix(count).compactMap { try? JSONParser.parse(Array($0)) }
  }
}
