internal import PackCore

/// Packages whose build scripts need a program of the host, by Cargo.lock.
struct RustSystemTools {
  /// Names of the packages that the program needs.
  private let packages: Set<String>
  private let context: HostContext

  init(_ lock: CargoLock?, of package: String, _ context: HostContext) {
    packages = Set(lock?.closure(of: package).map(\.name) ?? [])
    self.context = context
  }

  /// The package, the program, and what brings it; not when one of `unless` is there too.
  private static let needs: [(package: String, tool: String, packages: String, unless: [String])] = [
    ("openssl-sys", "pkg-config", "pkg-config libssl-dev", ["openssl-src"]),
    ("pq-sys", "pg_config", "libpq-dev", ["pq-src"]),
    ("mysqlclient-sys", "pkg-config", "pkg-config libmysqlclient-dev", []),
    ("cmake", "cmake", "cmake", []), ("prost-build", "protoc", "protobuf-compiler", ["protoc-bin-vendored", "protox"]),
    ("protobuf-codegen", "protoc", "protobuf-compiler", ["protoc-bin-vendored"]),
    ("nasm-rs", "nasm", "nasm", []), ("rdkafka-sys", "make", "make", []),
  ]

  /// Only a warning: the package may belong to another platform or to a feature that is off.
  func warn(_ notes: PackNotes) {
    for need in Self.needs where packages.contains(need.package) {
      guard !need.unless.contains(where: packages.contains), context.findTool(need.tool) == nil else { continue }
      notes.warn(
        "Cargo.lock has \(need.package), whose build may need \(need.tool), which is not in PATH",
        hint: "apt-get install \(need.packages)")
    }
  }
}
