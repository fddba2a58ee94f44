public import PackCore

/// What an ELF file says of itself, read from the bytes that the kernel and the dynamic loader use: the file header, the
/// program headers and the dynamic section (System V gABI, chapters 4 and 5; gABI-GNU for the rest). Section headers are
/// not needed and may be missing.
public struct ELFFile: Hashable, Sendable {
  /// `e_type`.
  public enum Kind: String, Sendable {
    case relocatable = "REL"
    case executable = "EXEC"
    case shared = "DYN"
    case core = "CORE"
    case other = "OTHER"
  }
  /// Whether the loader makes relocated data read-only, and before or while it binds.
  public enum Relro: String, Sendable { case none, partial, full }
  /// PT_GNU_STACK: `unspecified` without one, which leaves it to the architecture's default.
  public enum Stack: String, Sendable {
    case nonExecutable = "non-executable"
    case executable
    case unspecified
  }
  /// A hint from imported symbols; unknown where there are none to look at.
  public enum Hint: String, Sendable { case present, absent, unknown }

  public var kind: Kind
  /// 32 or 64.
  public var bits: Int
  public var isLittleEndian: Bool
  public var machine: ELFMachine
  /// PT_INTERP.
  public var interpreter: String?
  /// DT_NEEDED in its order.
  public var needed: [String] = []
  public var soname: String?
  /// DT_RPATH, split at colons; ignored by loaders when there is a DT_RUNPATH.
  public var rpath: [String] = []
  public var runpath: [String] = []
  /// The loader does not look into the default directories for what this file needs (DF_1_NODEFLIB).
  public var skipsDefaultDirectories = false
  public var isPositionIndependentProgram = false
  public var relro = Relro.none
  public var stack = Stack.unspecified
  /// PT_LOAD segments that are both writable and executable.
  public var writableExecutableSegments = 0
  public var canary = Hint.unknown
  public var fortify = Hint.unknown
  /// NT_GNU_BUILD_ID in hex.
  public var buildID: String?
  /// Undefined symbols of the dynamic symbol table; nil without one.
  public var importCount: Int?
  /// It imports `iconv_open`.
  public var usesIconv = false
  /// It imports `dlopen` or `dlmopen`: what it loads later is not in `needed`.
  public var usesDlopen = false
  public var hasDynamicSection = false

  /// Can be started: EXEC, or DYN that says so (DF_1_PIE) or has an interpreter and no name of its own.
  public var isProgram: Bool {
    switch kind {
    case .executable: true
    case .shared: isPositionIndependentProgram
    default: false
    }
  }
  public var isSharedObject: Bool { kind == .shared && !isProgram }
  /// A program that needs no loader.
  public var isStatic: Bool { isProgram && interpreter == nil && needed.isEmpty }

  public func matches(_ platform: Platform) -> Bool {
    bits == 64 && isLittleEndian && machine == ELFMachine(platform.architecture)
  }
  /// `amd64`, `386 (32-bit)`, `ppc64 (big-endian)`.
  public var architectureName: String {
    machine.name + (machine.usualBits != nil && machine.usualBits != bits ? " (\(bits)-bit)" : "")
      + (isLittleEndian ? "" : " (big-endian)")
  }
}

/// `e_machine`.
public struct ELFMachine: Hashable, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public init(_ architecture: Platform.Architecture) {
    rawValue =
      switch architecture {
      case .amd64: 62
      case .arm64: 183
      }
  }

  /// Go's name where there is one.
  public var name: String { Self.known[rawValue]?.name ?? "machine \(rawValue)" }
  var usualBits: Int? { Self.known[rawValue]?.bits }

  private static let known: [UInt16: (name: String, bits: Int?)] = [
    3: ("386", 32), 8: ("mips", nil), 20: ("ppc", 32), 21: ("ppc64", 64), 22: ("s390x", 64), 40: ("arm", 32),
    43: ("sparc64", 64), 62: ("amd64", 64), 183: ("arm64", 64), 243: ("riscv64", 64), 247: ("bpf", 64),
    258: ("loong64", 64),
  ]
}
