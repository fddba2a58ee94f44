internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// A directory of its own for one test, with what it takes to boot a C program: Debian's kernel (imported once into a
/// cache that all tests share), the guest's init of this build, a compiler.
final class Workshop {
  let directory: HostPath
  let context: HostContext
  /// Those of this host's architecture.
  static let machines: [QEMUMachine] = [.microvm, .q35]
  let events = Locked<[ProgressEvent]>([])

  init() throws {
    directory = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packc-runner-test")
    var context = try HostContext.current()
    context.environment["XDG_CACHE_HOME"] = try Self.sharedCache().description
    self.context = context
  }
  deinit { try? FileSystem.removeTree(directory) }

  var reporter: Reporter { Reporter { [events] event in events.withLock { $0.append(event) } } }
  var notes: [String] { events.withLock { $0 }.compactMap { if case .note(let text) = $0 { text } else { nil } } }
  var warnings: [(text: String, hint: String?)] {
    events.withLock { $0 }.compactMap { if case .warning(let text, let hint) = $0 { (text, hint) } else { nil } }
  }

  /// PACKC_TEST_CACHE, or `packc-test` in the user's cache directory.
  static func sharedCache() throws -> HostPath {
    let context = try HostContext.current()
    return try context.variable("PACKC_TEST_CACHE").map { HostPath($0) }
      ?? context.cacheDirectory().parent / "packc-test"
  }
  static func kernel() throws -> KernelCatalog.Kernel {
    try KernelCatalog(cache: try sharedCache()).defaultOrDebian(try HostContext.current(), reporter: .silent)
  }
  /// For `.erofs` one that can take its root from a disk.
  static func kernel(for root: RootForm) throws -> KernelCatalog.Kernel {
    let catalog = KernelCatalog(cache: try sharedCache())
    return try root == .erofs ? catalog.withRootDisk(try kernel(), try HostContext.current()) : kernel()
  }
  /// Of the release build, which is the only one.
  static func guestInit() throws -> HostPath {
    let sources = HostPath(#filePath).parent.parent.parent
    return sources / ".build/release/guest-init"
  }

  /// A static program of C source, as `musl-gcc -static` makes it.
  func compile(_ source: String) throws -> HostPath {
    let file = directory / "program.c"
    try FileSystem.writeAtomically(Array(source.utf8), to: file)
    let result = try ProcessRunner().run(
      Command(
        ["musl-gcc", "-static", "-O1", "-o", "program", "program.c"],
        environment: ["PATH": "/usr/bin:/bin"], directory: directory))
    XCTAssertTrue(result.succeeded, result.errorText)
    return directory / "program"
  }

  struct Options {
    var arguments = ["/app/program"]
    var environment: [String: String] = [:]
    var ports: [GuestPort] = []
    var writable: [RootPath] = []
    var volumes: [GuestVolume] = []
    var network = GuestNetwork.qemuUser
    var systemCalls: Set<UInt32>?
    var cwd = RootPath.root
    var mode = BuildMode.release
    /// Bytes of a file that is in the image besides the program.
    var ballast = 0
    var root = RootForm.initrd
    var egress: [String]?
  }

  /// An image of the program at /app/program.
  func image(of program: HostPath, _ options: Options = Options()) throws -> HostPath {
    var root = RootFilesystem()
    let status = try XCTUnwrap(try FileSystem.status(program))
    try root.insert(
      .init(
        path: RootPath(literal: "app/program"), content: .host(program, status), mode: 0o755, layer: .application,
        origin: "test"))
    let ballast = (0..<options.ballast).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try root.insert(
      .init(
        path: RootPath(literal: "etc/ballast"), content: .bytes(ballast), mode: 0o644, uid: 65532, layer: .runtime,
        origin: "test"))
    let configuration = GuestConfiguration(
      arguments: options.arguments, environment: options.environment, directory: options.cwd, hostname: "workshop",
      writable: options.writable, volumes: options.volumes, network: options.network, systemCalls: options.systemCalls,
      mode: options.mode)
    let base = GuestBase(
      initFile: try Self.guestInit(), configuration: configuration, kernel: try Self.kernel(for: options.root))
    let segments = root.layers().map {
      InitrdSegment(key: Digest(of: Array("\(directory)\($0.role)".utf8)), layer: $0)
    }
    let place = directory / "unikernel"
    var parts = UnikernelImage.Parts(base: base, segments: segments, ports: options.ports)
    parts.root = options.root
    parts.egress = options.egress
    _ = try UnikernelImage.write(parts, to: place, cache: directory / "segments")
    return place
  }

  func image(_ source: String, _ options: Options = Options()) throws -> HostPath {
    try image(of: try compile(source), options)
  }

  /// What a run gave: its outcome and the program's output.
  func run(_ request: RunRequest, signals: SignalSource = .none) throws -> (outcome: RunOutcome, output: String) {
    let file = directory / "output"
    let output = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC)
    let outcome = try UnikernelRunner(context, reporter: reporter, output: output.raw, signals: signals).run(request)
    return (outcome, String(decoding: try FileSystem.read(file), as: UTF8.self))
  }

  /// The failure of a run that must fail.
  func failure(_ request: RunRequest) throws -> Failure {
    do {
      let (outcome, output) = try run(request)
      throw XCTSkip("the run ended with \(outcome), output: \(output)")
    } catch let failure as Failure {
      return failure
    }
  }
}

/// Two ends of a pipe.
final class Pipe: Sendable {
  private let reading: Int32
  let writing: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  func closeWriting() { close(writing) }

  /// Waits for bytes; empty at the end.
  func read(_ capacity: Int = 1) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: capacity)
    let count = Glibc.read(reading, &buffer, capacity)
    return Array(buffer.prefix(max(0, count)))
  }
}

extension SignalSource {
  static let none = SignalSource(descriptor: { -1 }, take: { 0 }, number: { 2 })

  /// One that a test rings: each byte in the pipe is a SIGINT.
  static func pipe() throws -> (source: SignalSource, ring: @Sendable () -> Void) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    let (reading, writing) = (ends[0], ends[1])
    _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    let source = SignalSource(
      descriptor: { reading },
      take: {
        var bytes = [UInt8](repeating: 0, count: 16)
        return max(0, read(reading, &bytes, bytes.count))
      }, number: { SIGINT })
    return (
      source,
      {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
      }
    )
  }
}
