internal import CGuestWire
public import PackCore

/// What the guest's init is told in the initrd (`/.packc/config`; the bytes are described in `CGuestWire.h`).
public struct GuestConfiguration: Hashable, Sendable {
  /// argv; a first word without a slash is looked up in the program's PATH.
  public var arguments: [String]
  public var environment: [String: String]
  public var directory: RootPath
  public var user: UInt32
  public var group: UInt32
  public var hostname: String
  /// What the program may write besides /tmp: each a tmpfs of its own, owned by the user.
  public var writable: [RootPath]
  public var volumes: [GuestVolume]
  public var network: GuestNetwork
  /// Every system call that the program makes, by its number; nil when that is not known: then none is refused.
  public var systemCalls: Set<UInt32>?
  public var mode: BuildMode
  /// Where the program's root is; with a disk, the initrd has packc's own files alone.
  public var root = RootForm.initrd

  public init(
    arguments: [String], environment: [String: String], directory: RootPath = .root, user: UInt32 = 65532,
    group: UInt32 = 65532, hostname: String = "packc", writable: [RootPath] = [], volumes: [GuestVolume] = [],
    network: GuestNetwork = .qemuUser, systemCalls: Set<UInt32>? = nil, mode: BuildMode = .release
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.user = user
    self.group = group
    self.hostname = hostname
    self.writable = writable
    self.volumes = volumes
    self.network = network
    self.systemCalls = systemCalls
    self.mode = mode
  }

  /// The largest core dump of a program in debug mode, which lies in the machine's memory until its end.
  private static let coreLimit = 1 << 30

  /// The file's bytes; `modules` are the paths of the kernel modules in the initrd, in the order of loading. Throws for
  /// what the guest could not take.
  ///
  /// - Parameter hasNetwork: false for a kernel without one, so that the init does not wait for the device.
  func encode(modules: [String], hasNetwork: Bool = true) throws -> [UInt8] {
    try check(modules)
    var records: [(Int, [UInt8])] = [(WIRE_CONFIG_VERSION, Array("1".utf8))]
    func add(_ letter: Int, _ text: some StringProtocol) { records.append((letter, Array(text.utf8))) }
    for argument in arguments { add(WIRE_CONFIG_ARGUMENT, argument) }
    for (key, value) in environment.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      add(WIRE_CONFIG_ENVIRONMENT, "\(key)=\(value)")
    }
    records.append((WIRE_CONFIG_DIRECTORY, [0x2f] + directory.bytes))
    add(WIRE_CONFIG_USER, String(user))
    add(WIRE_CONFIG_GROUP, String(group))
    add(WIRE_CONFIG_HOSTNAME, hostname)
    let network = hasNetwork ? network : GuestNetwork.none
    add(WIRE_CONFIG_ADDRESS, network.address)
    if !network.gateway.isEmpty { add(WIRE_CONFIG_GATEWAY, network.gateway) }
    if !network.nameserver.isEmpty { add(WIRE_CONFIG_NAMESERVER, network.nameserver) }
    for module in modules { add(WIRE_CONFIG_MODULE, module) }
    for path in Set(writable).sorted() { records.append((WIRE_CONFIG_WRITABLE, [0x2f] + path.bytes)) }
    for volume in volumes { records.append((WIRE_CONFIG_VOLUME, volume.record)) }
    if root == .erofs { add(WIRE_CONFIG_ROOT_DISK, "1") }
    if mode == .debug {
      add(WIRE_CONFIG_CORE, String(Self.coreLimit))
      add(WIRE_CONFIG_WRITABLE_ROOT, "1")
      add(WIRE_CONFIG_VERBOSE, "1")
    }
    add(WIRE_CONFIG_END, "")
    return try Self.join(records)
  }

  private static func join(_ records: [(Int, [UInt8])]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for (letter, value) in records {
      guard !value.contains(0) else { throw KernelFailure.badConfiguration("an argument or variable holds a NUL") }
      guard value.count < WIRE_PAYLOAD_LIMIT else {
        throw KernelFailure.badConfiguration("an argument or variable is longer than \(WIRE_PAYLOAD_LIMIT) bytes")
      }
      bytes += [UInt8(letter), UInt8(ascii: "=")] + value + [0]
    }
    guard bytes.count < WIRE_CONFIG_LIMIT else {
      throw KernelFailure.badConfiguration("arguments and environment together are longer than a megabyte")
    }
    return bytes
  }

  private func check(_ modules: [String]) throws {
    guard let program = arguments.first, !program.isEmpty else {
      throw KernelFailure.badConfiguration("the image names no program to start", hint: "set the entry point")
    }
    guard arguments.count <= WIRE_STRINGS_LIMIT / 2, environment.count <= WIRE_STRINGS_LIMIT / 2 else {
      throw KernelFailure.badConfiguration("there are more than \(WIRE_STRINGS_LIMIT / 2) arguments or variables")
    }
    guard writable.count <= 64, modules.count <= 64 else {
      throw KernelFailure.badConfiguration("there are more than 64 writable paths or kernel modules")
    }
    for key in environment.keys where key.isEmpty || key.contains("=") {
      throw KernelFailure.badConfiguration("\"\(key)\" is not the name of an environment variable")
    }
    for path in writable + volumes.map(\.mount)
    where path.isRoot || Self.kernelDirectories.contains(where: path.isInside) {
      throw KernelFailure.badConfiguration(
        "\(path.absolute) cannot be a writable path of its own", hint: "name a directory such as /data")
    }
    try GuestVolume.check(volumes)
    guard hostname.utf8.count <= 64 else {
      throw KernelFailure.badConfiguration("the host name \"\(hostname)\" is longer than 64 bytes")
    }
  }

  private static let kernelDirectories: [RootPath] = [
    RootPath(literal: "proc"), RootPath(literal: "sys"), RootPath(literal: "dev"),
  ]
}
