internal import PackCore

extension UnikFile.Build {
  init(_ node: YAMLNode, _ reader: NodeReader) {
    guard let section = reader.section(node, "build", keys: UnikKeys.build) else { return }
    if let node = section["command"] { readCommand(node, reader) }
    if let node = section["env"] { environment = reader.environment(node, "build.env") ?? [:] }
    if let node = section["network"] { network = reader.bool(node, "build.network") ?? false }
    if let node = section["inputs"] { inputs = reader.list(node, "build.inputs", reader.projectPath) }
  }

  private mutating func readCommand(_ node: YAMLNode, _ reader: NodeReader) {
    guard case .mapping = node.content else {
      command = Self.commandLine(node, "build.command", reader)
      return
    }
    guard let section = reader.section(node, "build.command", keys: UnikKeys.command) else { return }
    command = section["release"].flatMap { Self.commandLine($0, "build.command.release", reader) }
    debugCommand = section["debug"].flatMap { Self.commandLine($0, "build.command.debug", reader) }
    if section["release"] == nil {
      reader.report(
        node.mark, "build.command: the command for release is missing", hint: "add release: next to debug:")
    }
  }

  private static func commandLine(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> Command? {
    if case .sequence(let items) = node.content {
      let argv = reader.list(node, name) { node, name in reader.text(node, name) } ?? []
      if argv.count == items.count, argv.first?.isEmpty ?? true {
        reader.report(node.mark, "\(name): a command needs a program", hint: "write [make, release] or make release")
        return nil
      }
      return .argv(argv)
    }
    guard let text = reader.text(node, name, or: "a command line or a list of arguments") else { return nil }
    guard text.contains(where: { !$0.isWhitespace }) else {
      reader.report(node.mark, "\(name): the command is empty", hint: "write for example make release")
      return nil
    }
    return .shell(text)
  }
}

extension UnikFile.Run {
  init(_ node: YAMLNode, _ reader: NodeReader) {
    guard let section = reader.section(node, "run", keys: UnikKeys.run) else { return }
    if let node = section["args"] { arguments = reader.list(node, "run.args") { reader.text($0, $1) } }
    if let node = section["env"] { environment = reader.environment(node, "run.env") ?? [:] }
    if let node = section["ports"] { readPorts(node, reader) }
    if let node = section["writable"] { writable = reader.list(node, "run.writable", Self.writablePath(reader)) ?? [] }
    if let node = section["health"] { health = Self.health(node, reader) }
    if let node = section["memory"] { memory = Self.size(node, "run.memory", reader) }
    if let node = section["cpus"] { cpus = reader.integer(node, "run.cpus", in: 1...256) }
    if let node = section["rootfs"] { root = reader.word(node, "run.rootfs", Root.self) }
    if let node = section["volumes"] { readVolumes(node, reader) }
    if let node = section["restart"] { restart = Self.restart(node, reader) }
  }

  private mutating func readPorts(_ node: YAMLNode, _ reader: NodeReader) {
    for (port, mark) in reader.list(
      node, "run.ports",
      { node, name in
        reader.value(
          node, name, "a port (8080, 8080/tcp or 53/udp, from 1 to 65535)",
          hint: {
            $0.contains(":")
              ? "name the port of the program; the host's is for `packc run --publish HOSTPORT:PORT`"
              : "write for example 8080/tcp"
          }, Port.init(_:)
        ).map { ($0, node.mark) }
      }) ?? []
    {
      if ports.contains(port) {
        reader.report(mark, "run.ports: \(port) stands twice", hint: "remove one of them")
      } else {
        ports.append(port)
      }
    }
  }

  private static func writablePath(_ reader: NodeReader) -> (YAMLNode, String) -> RootPath? {
    { node, name in
      guard let path = reader.imagePath(node, name) else { return nil }
      guard !path.isRoot else {
        reader.report(node.mark, "\(name): the whole image cannot be writable", hint: "name the directory: /data")
        return nil
      }
      return path
    }
  }

  private static func health(_ node: YAMLNode, _ reader: NodeReader) -> Health? {
    guard let section = reader.section(node, "run.health", keys: UnikKeys.health) else { return nil }
    let port = { (key: String) in
      section[key].flatMap { reader.integer($0, "run.health.\(key)", in: 1...65535) }.map { UInt16($0) }
    }
    switch (section["http"], section["tcp"]) {
    case (let http?, nil):
      let path = reader.value(
        http, "run.health.http", "a path (/healthz)", hint: { "begin it with \"/\": /\($0)" },
        { text in
          text.hasPrefix("/") && text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }) ? text : nil
        })
      return path.map { .http(path: $0, port: port("port")) }
    case (nil, .some):
      if let extra = section["port"] {
        reader.report(extra.mark, "run.health: \"port\" belongs to \"http\"", hint: "write only tcp: PORT")
      }
      return port("tcp").map { .tcp(port: $0) }
    default:
      reader.report(
        node.mark, "run.health: expected either \"http\" or \"tcp\"",
        hint: "write {http: /healthz, port: 8080} or {tcp: 8080}")
      return nil
    }
  }

  private static let smallest = ByteSize(bytes: 1 << 20)

  private static func size(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> ByteSize? {
    let size = reader.value(
      node, name, "a size (128Mi, 1Gi; or bytes)",
      hint: { ByteSize.guess($0).map { "did you mean \"\($0)\"?" } ?? "write for example 128Mi" }, ByteSize.init(_:))
    guard let size else { return nil }
    guard size >= smallest else {
      reader.report(
        node.mark, "\(name): \(size.bytes) bytes are less than \(smallest)",
        hint: size.bytes < 1 << 16 ? "did you mean \(size.bytes)Mi?" : nil)
      return nil
    }
    return size
  }

  private mutating func readVolumes(_ node: YAMLNode, _ reader: NodeReader) {
    for volume in reader.list(node, "run.volumes", { Self.volume($0, $1, reader) }) ?? [] {
      if volumes.contains(where: { $0.name == volume.name || $0.mount == volume.mount }) {
        reader.report(
          node.mark, "run.volumes: two volumes share the name or the mount of \"\(volume.name)\"",
          hint: "give each its own")
      } else {
        volumes.append(volume)
      }
    }
  }

  private static func volume(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> Volume? {
    guard let section = reader.section(node, name, keys: UnikKeys.volume) else { return nil }
    for key in UnikKeys.volume where section[key] == nil {
      reader.report(
        node.mark, "\(name): \"\(key)\" is missing", hint: "write {name: data, size: 1Gi, mount: /data}")
    }
    let volumeName = section["name"].flatMap { reader.projectName($0, "\(name).name") }
    let size = section["size"].flatMap { Self.size($0, "\(name).size", reader) }
    let mount = section["mount"].flatMap { Self.writablePath(reader)($0, "\(name).mount") }
    guard let volumeName, let size, let mount else { return nil }
    return Volume(name: volumeName, size: size, mount: mount)
  }

  private static func restart(_ node: YAMLNode, _ reader: NodeReader) -> Restart? {
    if case .scalar(let text, _) = node.content, ["no", "false", "off"].contains(text.lowercased()) {
      reader.report(node.mark, "run.restart: \"\(text)\" is not a policy", hint: "did you mean \"never\"?")
      return nil
    }
    return reader.word(node, "run.restart", Restart.self)
  }
}
