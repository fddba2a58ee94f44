internal import ELF
public import OCI
public import PackCore

/// Why a file is in an image: the layer, what put it there, whose it is, who needs it, and its size.
public struct FileReason: Sendable {
  public let path: RootPath
  /// `runtime`, `dependencies`, `application`, or what another builder's history says.
  public let layer: String
  public let layerDigest: Digest
  public let file: ImageFiles.File
  public let owner: FileOwner?
  /// `artifact:${work}/server`, `host:/usr/lib/…`, as build.json has it; nil for an image without one.
  public let origin: String?
  /// The step that made it.
  public let step: String?
  /// Programs and libraries of the image that name it (DT_NEEDED, PT_INTERP), by path; links to it count for it.
  public let neededBy: [String]

  /// One sentence.
  public var reason: String {
    if let step { return "the step \"\(step)\" made it" }
    if case .directory = file.entry.kind {
      return origin == "declared writable" ? "the program may write here" : "it holds what is below"
    }
    let need =
      neededBy.isEmpty
      ? nil
      : "the dynamic loader loads it for \(neededBy.prefix(3).joined(separator: ", "))"
        + (neededBy.count > 3 ? " and \(neededBy.count - 3) more" : "")
    switch origin?.split(separator: ":", maxSplits: 1).map(String.init) {
    case let parts? where parts.first == "source": return "the project's own file \(parts.last ?? "")"
    case let parts? where parts.first == "host":
      return need ?? "the runtime needs it; it comes from this host's \(parts.last ?? "")"
    case let parts? where parts.first == "packc": return "packc makes it for every image"
    default: break
    }
    if let need { return need }
    return owner.map { "it belongs to \($0.name)" } ?? "the image does not say"
  }
}

extension FileReason {
  /// `docs/schema/commands.schema.json`, `why`.
  public var json: JSONValue {
    JSONValue(compact: [
      "path": .string(path.absolute), "layer": .string(layer), "layer_digest": JSONValue(layerDigest),
      "file": file.state, "owner": owner?.json, "origin": origin.map(JSONValue.string),
      "step": step.map(JSONValue.string), "needed_by": JSONValue(strings: neededBy), "reason": .string(reason),
    ])
  }

  public var text: String {
    var rows = [["path", path.absolute], ["why", reason], ["layer", "\(layer)  \(layerDigest.short)"]]
    if let step { rows.append(["step", step]) }
    rows.append(["package", owner.map { "\($0.kind.rawValue) \($0.name) \($0.version)" } ?? "none that is known"])
    if let origin { rows.append(["from", origin]) }
    for user in neededBy.prefix(8) { rows.append([user == neededBy.first ? "needed by" : "", user]) }
    if case .link(let target) = file.entry.kind { rows.append(["link to", String(decoding: target, as: UTF8.self)]) }
    if file.isFile { rows.append(["size", ByteText.text(file.entry.size)]) }
    rows.append(["mode", "\(file.entry.octalMode)  \(file.entry.uid):\(file.entry.gid)"])
    return TextTable.lines(rows.map { [$0[0], TerminalText.safe($0[1])] })
  }
}
