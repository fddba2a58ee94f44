internal import PackCore
internal import Packs

/// What calls of Java's own library and of common frameworks give back, and what they say of the program.
struct JavaCalls {
  let facts: JavaFacts
  init(_ facts: JavaFacts) { self.facts = facts }

  /// Methods that give back what they were given, or themselves.
  private static let passing: Set<String> = [
    "java/lang/String.valueOf", "java/lang/String.trim", "java/lang/String.intern", "java/lang/String.strip",
    "java/lang/Object.toString",
    "java/lang/String.toString", "java/lang/Integer.parseInt", "java/lang/Integer.valueOf",
    "java/lang/Integer.intValue",
    "java/lang/Long.parseLong", "java/lang/Short.parseShort", "java/lang/Integer.toString", "java/util/Optional.of",
    "java/util/Optional.ofNullable", "java/util/Optional.get", "java/util/Objects.toString", "java/net/URI.create",
    "java/net/URI.toURL",
    "java/net/URI.toString", "java/net/URL.toString", "java/net/URL.toURI", "java/net/URL.toExternalForm",
    "java/io/File.toPath",
    "java/io/File.getPath", "java/io/File.toString", "java/io/File.getAbsolutePath", "java/io/File.getAbsoluteFile",
    "java/nio/file/Path.toFile", "java/nio/file/Path.toString", "java/nio/file/Path.normalize",
    "java/nio/file/Path.toAbsolutePath",
    "java/util/Optional.filter", "java/lang/CharSequence.toString", "kotlin/text/StringsKt.toInt",
    "kotlin/text/StringsKt.toIntOrNull",
    "java/lang/Number.intValue", "okhttp3/HttpUrl.parse", "okhttp3/HttpUrl.get", "java/net/InetAddress.getByName",
  ]
  private static let requiring: Set<String> = [
    "java/util/Objects.requireNonNull", "java/util/Optional.orElseThrow",
    "com/google/common/base/Preconditions.checkNotNull",
    "org/apache/commons/lang3/Validate.notNull", "org/springframework/util/Assert.notNull",
    "org/springframework/util/Assert.hasText",
  ]
  /// What an object is made of.
  private static let holders: Set<String> = [
    "java/io/File", "java/net/URL", "java/net/URI", "java/lang/StringBuilder", "java/lang/StringBuffer",
    "java/lang/Integer", "java/lang/String",
  ]
  private static let everything: [SourceKind] = SourceKind.allCases
  private static let environment: [SourceKind] = [.envRequired, .envOptional]

  func result(of call: ClassCall, _ run: inout ClassRun) -> ClassValue {
    var call = call
    let receiver = call.receiver
    call.receiver = receiver.map { Self.held($0, run) }
    let raw = call.arguments
    call.arguments = raw.map { Self.held($0, run) }
    if call.member.name == "<init>" { made(call, receiver, &run) }
    facts.give(raw.map { $0.object == nil ? $0 : .unknown }, to: call.member)
    look(call, run)
    opens(call)
    return known(call, receiver, &run)
  }

  private static func held(_ value: ClassValue, _ run: ClassRun) -> ClassValue {
    guard let type = value.type, holders.contains(type), let parts = run.elements(value), let first = parts.first else {
      return value
    }
    return first
  }

  private func made(_ call: ClassCall, _ object: ClassValue?, _ run: inout ClassRun) {
    guard let object, let place = object.object, run.objects.indices.contains(place) else { return }
    let arguments = call.arguments
    let text: ClassValue =
      switch (call.member.owner, call.member.type) {
      case ("java/lang/StringBuilder", "()V"), ("java/lang/StringBuffer", "()V"), ("java/lang/StringBuilder", "(I)V"):
        .text("")
      case ("java/io/File", _) where arguments.count == 2: Self.path(arguments[0], arguments[1])
      case ("java/net/URI", _) where arguments.count > 1, ("java/net/URL", _) where arguments.count > 1: .unknown
      default: arguments.first ?? .unknown
      }
    if Self.holders.contains(call.member.owner) { run.objects[place] = [text] }
  }

  private static func path(_ parent: ClassValue, _ name: ClassValue) -> ClassValue {
    if parent.isNull { return name }
    if name.only?.hasPrefix("/") == true { return name }
    return parent.followed(by: .text("/")).followed(by: name)
  }

  // MARK: Results

  private func known(_ call: ClassCall, _ receiver: ClassValue?, _ run: inout ClassRun) -> ClassValue {
    let subject = call.receiver ?? call.arguments.first ?? .unknown
    if let variable = variable(call) { return variable }
    if Self.passing.contains(call.name) { return call.receiver ?? call.arguments.first ?? .unknown }
    if Self.requiring.contains(call.name) {
      for variable in subject.variables { facts.required(variable, at: call.place) }
      return subject
    }
    switch call.name {
    case "java/lang/StringBuilder.append", "java/lang/StringBuffer.append":
      let joined = subject.followed(by: call.arguments.first ?? .unknown)
      guard let place = receiver?.object, run.objects.indices.contains(place), let receiver else { return joined }
      run.objects[place] = [joined]
      return receiver
    case "java/lang/StringBuilder.toString", "java/lang/StringBuffer.toString": return subject
    case "java/lang/String.concat": return subject.followed(by: call.arguments[0])
    case "java/lang/String.format", "java/lang/String.formatted":
      return formatted(call.receiver ?? call.arguments.first ?? .unknown)
    case "java/util/Optional.orElse", "java/util/Objects.requireNonNullElse":
      return (call.receiver ?? call.arguments.first ?? .unknown).or(call.arguments.last ?? .unknown)
    case "java/util/Optional.orElseGet", "java/util/Optional.map": return subject.opened
    case "java/nio/file/Path.of", "java/nio/file/Paths.get": return joinedPath(call, run)
    case "java/nio/file/Path.resolve": return Self.path(subject, call.arguments.first ?? .unknown)
    case "java/util/List.of", "java/util/Set.of", "java/util/Arrays.asList":
      return call.arguments.count == 1 ? call.arguments[0] : .unknown
    default: return facts.result(of: call)
    }
  }

  private func formatted(_ format: ClassValue) -> ClassValue {
    guard let text = format.only else { return .unknown }
    guard let percent = text.firstIndex(of: "%") else { return format }
    return ClassValue(beginnings: [String(text[..<percent])], beginsWhole: true)
  }

  private func joinedPath(_ call: ClassCall, _ run: ClassRun) -> ClassValue {
    guard let first = call.arguments.first else { return .unknown }
    guard call.arguments.count > 1 else { return first }
    guard let more = run.elements(call.arguments[1]) else { return .unknown }
    return more.reduce(first) { $0.followed(by: .text("/")).followed(by: $1) }
  }

  // MARK: Environment

  private func variable(_ call: ClassCall) -> ClassValue? {
    let isGetenv = call.name == "java/lang/System.getenv"
    if isGetenv, call.arguments.isEmpty { return ClassValue(type: "environment") }
    if isGetenv || call.member.owner.hasSuffix("/Dotenv") && call.member.name == "get" {
      return named(call, call.arguments.first, fallback: call.arguments.dropFirst().first)
    }
    if call.receiver?.type == "environment" {
      guard ["get", "getOrDefault", "containsKey"].contains(call.member.name) else {
        facts.gap(Self.environment, "the environment is used as a whole", at: call.place)
        return .unknown
      }
      return named(call, call.arguments.first, fallback: call.arguments.dropFirst().first)
    }
    if call.arguments.contains(where: { $0.type == "environment" }) {
      facts.gap(Self.environment, "the environment is handed on", at: call.place)
    }
    if call.member.owner.hasPrefix("org/springframework/core/env/"),
      ["getProperty", "getRequiredProperty"].contains(call.member.name)
    {
      return property(call)
    }
    return nil
  }

  private func named(_ call: ClassCall, _ name: ClassValue?, fallback: ClassValue?) -> ClassValue {
    guard let name, !name.texts.isEmpty || name.isWhole else {
      facts.gap(Self.environment, "the name of a variable is no constant", at: call.place)
      return .unknown
    }
    for text in name.texts { facts.reads(text, at: call.place) }
    if !name.isWhole { facts.gap(Self.environment, "the name of a variable is no constant", at: call.place) }
    var value = fallback.map { $0.opened } ?? .unknown
    if fallback == nil { value.variables = Set(name.texts) }
    return value
  }

  private func property(_ call: ClassCall) -> ClassValue {
    guard let name = call.arguments.first?.only else {
      facts.gap(Self.environment, "the name of a property is no constant", at: call.place)
      return .unknown
    }
    if JavaSettings.isVariable(name) {
      facts.reads(name, at: call.place)
      if call.member.name == "getRequiredProperty" { facts.required(name, at: call.place) }
    }
    return facts.settings.value(name) ?? call.arguments.dropFirst().first?.opened ?? .unknown
  }

  // MARK: Sites

  private func look(_ call: ClassCall, _ run: ClassRun) {
    if let rule = JavaCallTable.rules[call.name] { apply(rule, call, run) }
    // A server of one's own that extends another one's tells it the port.
    if call.member.name == "<init>", call.member.owner == "fi/iki/elonen/NanoHTTPD" { port(call, call.arguments.first) }
  }

  static func kinds(of name: String) -> [SourceKind]? {
    switch JavaCallTable.rules[name] {
    case .address, .hostAndPort: [.egress]
    case .port, .socketAddress: [.ports]
    case .route: [.routes]
    case .write, .writeReceiver, .writeSecond, .temporary: [.writes]
    case .key: [.cacheNamespaces]
    case nil: nil
    }
  }

  private func apply(_ rule: JavaCallTable.Rule, _ call: ClassCall, _ run: ClassRun) {
    let arguments = call.arguments
    switch rule {
    case .address where isInParts(call): facts.gap([.egress], "an address is made of its parts", at: call.place)
    case .address(let index):
      if arguments.indices.contains(index) { address(call, arguments[index]) }
    case .hostAndPort: host(call, arguments.first, arguments.dropFirst().first)
    case .port(let transport):
      let types = ClassType.parameters(call.member.type)
      guard let index = types.firstIndex(of: "I") ?? types.firstIndex(of: "Ljava/lang/Integer;") else { return }
      port(call, arguments[index], transport: transport)
    case .socketAddress: socketAddress(call)
    case .route(let method): route(call, method, run)
    case .write: write(call, arguments.first)
    case .writeReceiver: write(call, call.receiver)
    case .writeSecond: write(call, arguments.dropFirst().first)
    case .temporary: facts.add(.writes, "/tmp", at: call.place)
    case .key: key(call)
    }
  }

  /// `new URI(scheme, host, path, fragment)`
  private func isInParts(_ call: ClassCall) -> Bool {
    call.member.name == "<init>" && call.member.owner.hasPrefix("java/net/") && call.arguments.count > 1
  }

  private func address(_ call: ClassCall, _ value: ClassValue) {
    facts.used.formUnion(value.texts + value.beginnings)
    let found = value.texts.map { ($0, true) } + value.beginnings.map { ($0, false) }
    if !(value.isWhole || value.beginsWhole) {
      facts.gap([.egress], "the address may be another one", at: call.place)
    }
    for (text, isWhole) in found {
      switch JavaAddress.read(text, isWhole: isWhole) {
      case .host(let host): facts.add(.egress, host, at: call.place)
      case .file(let path): facts.add(.writes, path, at: call.place)
      case .none: break
      case .open: facts.gap([.egress], "the host is no constant", at: call.place)
      }
    }
  }

  private func host(_ call: ClassCall, _ host: ClassValue?, _ port: ClassValue?) {
    let types = ClassType.parameters(call.member.type)
    guard types.first == "Ljava/lang/String;", let host else {
      if types.first == "Ljava/net/InetAddress;" { facts.gap([.egress], "the host is no constant", at: call.place) }
      return
    }
    let ports = types.dropFirst().first == "I" ? port?.texts ?? [] : []
    for name in host.texts where !name.isEmpty {
      if ports.isEmpty { facts.add(.egress, name, at: call.place) }
      for number in ports { facts.add(.egress, "\(name):\(number)", at: call.place) }
    }
    if !host.isWhole || port?.isWhole == false {
      facts.gap([.egress], "the host or port may be another one", at: call.place)
    }
  }

  private func port(_ call: ClassCall, _ value: ClassValue?, transport: String = "tcp") {
    for text in value?.texts ?? [] where text != "0" { facts.add(.ports, "\(text)/\(transport)", at: call.place) }
    if value?.isWhole != true || value?.texts.contains("0") == true {
      facts.gap([.ports], "the port may be another one", at: call.place)
    }
  }

  /// Of a server, where it listens; of a client, where it connects: told by what else the class does.
  private func socketAddress(_ call: ClassCall) {
    let types = ClassType.parameters(call.member.type)
    if types == ["I"] { return port(call, call.arguments[0]) }
    guard types.count == 2 else { return }
    let classes = facts.classes[call.place.owner]?.file.pool.classes ?? []
    let listens = [
      "com/sun/net/httpserver/HttpServer", "com/sun/net/httpserver/HttpsServer", "java/net/ServerSocket",
      "java/nio/channels/ServerSocketChannel", "io/netty/bootstrap/ServerBootstrap",
      "java/nio/channels/AsynchronousServerSocketChannel",
    ]
    if classes.contains(where: listens.contains) { return port(call, call.arguments[1]) }
    host(call, call.arguments[0], call.arguments[1])
  }

  private func route(_ call: ClassCall, _ method: String, _ run: ClassRun) {
    let types = ClassType.parameters(call.member.type)
    guard let index = types.firstIndex(of: "Ljava/lang/String;") else {
      if !types.isEmpty, method != "*" || call.member.name == "route" {
        facts.gap([.routes], "a path is no constant", at: call.place)
      }
      return
    }
    let value = call.arguments[index]
    for text in value.texts { facts.add(.routes, "\(method) \(JavaRoute.template(text))", at: call.place) }
    if !value.isWhole || value.texts.isEmpty { facts.gap([.routes], "a path is no constant", at: call.place) }
  }

  private func write(_ call: ClassCall, _ value: ClassValue?) {
    if ClassType.parameters(call.member.type).first == "Ljava/io/FileDescriptor;"
      || ["java/io/PrintWriter.<init>", "java/io/PrintStream.<init>"].contains(call.name) && !writesFile(call)
    {
      return
    }
    if call.name == "java/io/RandomAccessFile.<init>", call.arguments.dropFirst().first?.only == "r" { return }
    for text in value?.texts ?? [] { facts.add(.writes, text, at: call.place) }
    if value?.isWhole != true || value?.texts.isEmpty == true {
      facts.gap([.writes], "the path is no constant", at: call.place)
    }
  }

  private func writesFile(_ call: ClassCall) -> Bool {
    ["Ljava/lang/String;", "Ljava/io/File;"].contains(ClassType.parameters(call.member.type).first ?? "")
  }

  private func key(_ call: ClassCall) {
    guard let value = call.arguments.first else { return }
    for text in value.texts + value.beginnings { facts.add(.cacheNamespaces, text, at: call.place) }
    if !(value.isWhole || value.beginsWhole) { facts.gap([.cacheNamespaces], "a key is no constant", at: call.place) }
  }

  // MARK: What opens a list

  private static let running: [SourceKind] = [.egress, .ports, .writes, .cacheNamespaces]

  private func opens(_ call: ClassCall) {
    switch call.name {
    case "java/lang/Runtime.exec", "java/lang/ProcessBuilder.<init>", "java/lang/ProcessBuilder.start":
      facts.doubt(Self.running, "another program is run", at: call.place)
    case "java/lang/System.load", "java/lang/System.loadLibrary", "java/lang/Runtime.loadLibrary":
      facts.doubt(Self.everything, "native code is loaded", at: call.place)
    case "java/lang/Class.forName":
      if call.arguments.first?.only.map({ facts.classes[$0.replacing(".", with: "/")] != nil }) != true {
        facts.doubt(Self.everything, "code is loaded by a name that is made at run time", at: call.place)
      }
    case "java/lang/reflect/Method.invoke", "java/lang/reflect/Constructor.newInstance",
      "java/lang/ClassLoader.loadClass", "java/util/ServiceLoader.load", "java/net/URLClassLoader.<init>",
      "javax/script/ScriptEngine.eval", "java/lang/ClassLoader.defineClass", "java/lang/reflect/Proxy.newProxyInstance":
      facts.doubt(Self.everything, "code is found at run time", at: call.place)
    case "java/nio/file/Files.newByteChannel", "java/nio/channels/FileChannel.open",
      "java/nio/channels/AsynchronousFileChannel.open", "java/io/File.renameTo",
      "java/nio/file/FileSystems.newFileSystem",
      "javax/imageio/ImageIO.write", "java/util/Formatter.<init>":
      facts.gap([.writes], "a file may be written", at: call.place)
    case "java/net/DatagramPacket.<init>":
      if call.member.type.contains("Address;") { facts.gap([.egress], "the host is no constant", at: call.place) }
    default:
      if call.member.owner == "java/lang/invoke/MethodHandles$Lookup", call.member.name.hasPrefix("find") {
        facts.doubt(Self.everything, "code is found at run time", at: call.place)
      }
    }
  }
}
