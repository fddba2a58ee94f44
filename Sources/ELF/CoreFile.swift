internal import Glibc
public import PackCore

/// What a core dump (core(5), ELF of type CORE, little-endian, x86-64 or arm64) says of the program that died: which files
/// were mapped where, their build-ids out of the headers that the kernel dumps with them, and where each thread stood.
/// Nothing of the memory is read but those headers.
public struct CoreFile: Sendable {
  /// A program or library that was mapped.
  public struct Module: Hashable, Sendable {
    /// As the process saw it; U+FFFD for what is not UTF-8.
    public var path: String
    /// First mapping's start and last mapping's end.
    public var start: UInt64
    public var end: UInt64
    /// What to take from an address in memory for the address in the file; nil when its headers were not dumped.
    public var bias: UInt64?
    public var identity: BuildIdentity?
    /// The first page as it was dumped, at most 4096 bytes; empty when it was not.
    public var head: [UInt8]
  }
  /// A thread, the one that died first.
  public struct Thread: Hashable, Sendable {
    public var id: Int32
    /// The next instruction.
    public var address: UInt64
  }

  public var machine: ELFMachine
  /// What ended it; 0 for a dump of a living process.
  public var signal: Int32
  /// Up to 15 bytes of its name, and up to 79 of its arguments.
  public var program: String
  public var arguments: String
  /// By address.
  public var modules: [Module]
  public var threads: [Thread]
  /// The file ends before what it should hold: a limit on the size of core dumps does that.
  public var isCutOff: Bool

  /// - Throws: `not_a_core`, `malformed_elf`; each with the file and what is wrong with it.
  public init(_ path: HostPath) throws {
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file else { throw ELFFailure.notACore(path.description, "not a regular file") }
    var reader = CoreReader(file: file, size: UInt64(max(0, status.size)), name: path.description)
    self = try reader.read()
  }

  init(
    machine: ELFMachine, signal: Int32, program: String, arguments: String, modules: [Module], threads: [Thread],
    isCutOff: Bool
  ) {
    self.machine = machine
    self.signal = signal
    self.program = program
    self.arguments = arguments
    self.modules = modules
    self.threads = threads
    self.isCutOff = isCutOff
  }

  /// The module whose mappings hold the address.
  public func module(at address: UInt64) -> Module? { modules.first { $0.start <= address && address < $0.end } }
}
