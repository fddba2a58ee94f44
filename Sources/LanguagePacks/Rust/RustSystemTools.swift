internal import PackCore

/// Packages whose build scripts need a program of the host, by Cargo.lock.
struct RustSystemTools {
  private let lock: CargoLock?
  private let context: HostContext

  init(_ lock: CargoLock?, _ context: HostContext) {
    self.lock = lock
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
    guard let lock else { return }
    for need in Self.needs where !lock.packages(named: need.package).isEmpty {
      guard !need.unless.contains(where: { !lock.packages(named: $0).isEmpty }), context.findTool(need.tool) == nil
      else {
        continue
      }
      notes.warn(
        "Cargo.lock has \(need.package), whose build may need \(need.tool), which is not in PATH",
        hint: "apt-get install \(need.packages)")
    }
  }
}
