internal import PackCore

/// The keys of each mapping in `unik.yaml`; the JSON Schema in `docs/schema` is tested against them.
enum UnikKeys {
  static let top = [
    "version", "name", "pack", "build", "artifact", "run", "kernel", "contract", "options",
  ]
  static let build = ["command", "env", "network", "inputs"]
  static let command = ["release", "debug"]
  static let artifact = ["path", "files", "modes", "capabilities"]
  static let run = [
    "args", "env", "ports", "writable", "health", "memory", "cpus", "rootfs", "volumes", "restart",
  ]
  static let health = ["http", "port", "tcp"]
  static let volume = ["name", "size", "mount"]
  static let contract = ["egress", "env", "properties", "waivers"]
  static let contractEnvironment = ["required", "optional"]
  static let waiver = ["gate", "path", "reason", "until"]
}

extension UnikFile {
  /// Reads `unik.yaml`. `path` is how errors name the file. Throws one `Failure` (exit code 65) whose location is the
  /// first thing that is wrong; its message lists the others.
  public static func parse(bytes: [UInt8], path: String) throws -> UnikFile {
    let reader = NodeReader(path: path)
    var file = UnikFile(path: path)
    if let root = try YAMLDocument.parse(bytes, path: path) { file.read(root, reader) }
    guard reader.issues.isEmpty else { throw ConfigFailure.invalid(path, reader.issues) }
    return file
  }

  private mutating func read(_ root: YAMLNode, _ reader: NodeReader) {
    guard let top = reader.section(root, "", keys: UnikKeys.top) else { return }
    if let node = top["version"] { checkVersion(node, reader) }
    if let node = top["name"], let value = reader.projectName(node, "name") {
      name = Located(value, at: reader.location(node.mark))
    }
    if let node = top["pack"] {
      let value = reader.value(
        node, "pack", "the name of a pack (lower-case letters, digits and dashes)",
        hint: { ProjectName(slugifying: $0).map { "did you mean \"\($0)\"?" } }, ProjectName.init(_:))
      pack = value.map { Located($0.description, at: reader.location(node.mark)) }
    }
    if let node = top["build"] { build = Build(node, reader) }
    if let node = top["artifact"] { artifact = Artifact(node, reader) }
    if let node = top["run"] { run = Run(node, reader) }
    if let node = top["kernel"] {
      let value = reader.value(
        node, "kernel", "default, the name of a kernel or sha256:<64 hex digits>",
        hint: { _ in "`packc kernel list` shows what there is" }, KernelReference.init(_:))
      kernel = value.map { Located($0, at: reader.location(node.mark)) }
    }
    if let node = top["contract"] { contract = ContractDeclaration(node, reader) }
    if let node = top["options"], let value = reader.freeMapping(node, "options") { options = value }
  }

  private func checkVersion(_ node: YAMLNode, _ reader: NodeReader) {
    guard case .scalar(let text, _) = node.content, text == "1" else {
      reader.report(node.mark, "version: this packc reads version 1, found \(node.kind)", hint: "write version: 1")
      return
    }
  }
}

extension NodeReader {
  func projectName(_ node: YAMLNode, _ name: String) -> ProjectName? {
    value(
      node, name, "a name (lower-case letters, digits and dashes, at most 63)",
      hint: { ProjectName(slugifying: $0).map { "did you mean \"\($0)\"?" } }, ProjectName.init(_:))
  }

  /// A part without a schema of packc's, as JSON. Plain words that YAML 1.1 and 1.2 read differently (`no`, `010`, …)
  /// are refused: whichever was meant, quotes or `false` say it.
  func freeMapping(_ node: YAMLNode, _ name: String) -> [String: JSONValue]? {
    guard let pairs = pairs(node, name) else { return nil }
    return Dictionary(
      pairs.compactMap { pair in free(pair.value, "\(name).\(pair.key)").map { (pair.key, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  private func free(_ node: YAMLNode, _ name: String) -> JSONValue? {
    switch node.content {
    case .sequence: return list(node, name, free).map(JSONValue.array)
    case .mapping: return freeMapping(node, name).map(JSONValue.object)
    case .scalar(_, let plain):
      if node.isNull { return .null }
      guard let text = text(node, name) else { return nil }
      return plain ? plainScalar(text, node, name) : .string(text)
    }
  }

  /// YAML 1.2, section 10.3.2 (core schema), without what 1.1 reads as something else.
  private func plainScalar(_ text: String, _ node: YAMLNode, _ name: String) -> JSONValue? {
    if let word = ["true": true, "false": false][text] { return .bool(word) }
    let ambiguous = ["yes", "no", "on", "off", "y", "n", "true", "false"].contains(text.lowercased())
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    if !ambiguous {
      guard let first = digits.utf8.first, (0x30...0x39).contains(first) || first == 0x2e else { return .string(text) }
      let leadingZero = digits.utf8.count > 1 && first == 0x30 && !digits.hasPrefix("0.")
      if !leadingZero {
        if let integer = Int64(text) { return .integer(integer) }
        let numeric = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        if numeric, let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
      }
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || "xobXOBabcdefABCDEF_:".utf8.contains($0) }) else {
        return .string(text)
      }
    }
    report(
      node.mark, "\(name): \(YAMLNode.excerpt(text)) is read differently by YAML 1.1 and 1.2",
      hint: "quote it (\"\(YAMLNode.excerpt(text))\") if it is text" + (ambiguous ? ", else write true or false" : ""))
    return nil
  }
}
