public import PackCore

/// What `packc run --oci` asks for: an unpacked root file system and what the image's config says.
public struct ContainerRequest: Sendable {
  /// The unpacked root. The runtime makes the mount points that are missing in it.
  public var root: HostPath
  /// The `guest-init` executable, which is the container's first process and starts the program.
  public var initFile: HostPath
  public var arguments: [String]
  public var environment: [String: String]
  public var directory: RootPath
  public var user: UInt32
  public var group: UInt32
  /// Besides /tmp.
  public var writable: [RootPath]
  public var mode: BuildMode

  public init(
    root: HostPath, initFile: HostPath, arguments: [String], environment: [String: String], directory: RootPath = .root,
    user: UInt32 = 65532, group: UInt32 = 65532, writable: [RootPath] = [], mode: BuildMode = .release
  ) {
    self.root = root
    self.initFile = initFile
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.user = user
    self.group = group
    self.writable = writable
    self.mode = mode
  }
}

/// `config.json` of an OCI runtime bundle (runtime-spec, config.md and config-linux.md). The container shares the host's
/// network; its root is read-only; the program has no capability and cannot gain one.
struct ContainerConfig {
  let request: ContainerRequest
  /// Ids of the caller when it is not root: then a user namespace maps root of the container to the caller, the one
  /// mapping that an ordinary user may make, and the program runs as that.
  let rootless: (user: UInt32, group: UInt32)?
  /// Files of the host that are shown in the container: resolv.conf and hosts.
  let hostFiles: [HostPath]
  /// In the /dev of the container, which is nobody's: the root stays as it is.
  private static let initPlace = "/dev/packc-init"

  private var user: UInt32 { rootless == nil ? request.user : 0 }
  private var group: UInt32 { rootless == nil ? request.group : 0 }

  var json: JSONValue {
    [
      "ociVersion": "1.0.2", "hostname": "packc", "process": process, "mounts": .array(mounts), "linux": linux,
      "root": ["path": .string(request.root.description), "readonly": .bool(request.mode == .release)],
    ]
  }

  private var process: JSONValue {
    let variables = request.environment.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let none: JSONValue = []
    return [
      "terminal": false, "cwd": .string(request.directory.absolute),
      "args": JSONValue(strings: [Self.initPlace, "container"] + request.arguments),
      "env": JSONValue(strings: variables.map { "\($0.key)=\($0.value)" }), "noNewPrivileges": true,
      "user": ["uid": .integer(Int64(user)), "gid": .integer(Int64(group))],
      "capabilities": [
        "bounding": none, "effective": none, "permitted": none, "inheritable": none, "ambient": none,
      ],
    ]
  }

  private var mounts: [JSONValue] {
    func mount(_ type: String, _ source: String, _ target: String, _ options: [String]) -> JSONValue {
      [
        "type": .string(type), "source": .string(source), "destination": .string(target),
        "options": JSONValue(strings: options),
      ]
    }
    var mounts = [
      mount("proc", "proc", "/proc", ["nosuid", "noexec", "nodev"]),
      mount("tmpfs", "tmpfs", "/dev", ["nosuid", "noexec", "strictatime", "mode=755", "size=65536k"]),
      mount("devpts", "devpts", "/dev/pts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
      mount("tmpfs", "shm", "/dev/shm", ["nosuid", "noexec", "nodev", "mode=1777"]),
      // A new sysfs belongs to a new network namespace; this one is the host's.
      mount("none", "/sys", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"]),
      mount("tmpfs", "tmpfs", "/tmp", ["nosuid", "nodev", "mode=1777"]),
    ]
    for path in request.writable.sorted() {
      mounts.append(
        mount("tmpfs", "tmpfs", path.absolute, ["nosuid", "nodev", "mode=0755", "uid=\(user)", "gid=\(group)"]))
    }
    mounts.append(mount("bind", request.initFile.description, Self.initPlace, ["bind", "nosuid", "nodev", "ro"]))
    for file in hostFiles {
      mounts.append(mount("bind", file.description, file.description, ["bind", "nosuid", "nodev", "noexec", "ro"]))
    }
    return mounts
  }

  private var linux: JSONValue {
    var namespaces = ["mount", "pid", "ipc", "uts"]
    var linux: [String: JSONValue] = [
      "maskedPaths": JSONValue(strings: [
        "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug",
        "/sys/firmware",
      ]),
      "readonlyPaths": JSONValue(strings: [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
      ]),
    ]
    if let rootless {
      namespaces.append("user")
      func mapping(_ id: UInt32) -> JSONValue { [["containerID": 0, "hostID": .integer(Int64(id)), "size": 1]] }
      linux["uidMappings"] = mapping(rootless.user)
      linux["gidMappings"] = mapping(rootless.group)
    }
    linux["namespaces"] = .array(namespaces.map { ["type": .string($0)] })
    return .object(linux)
  }
}
