internal import Glibc
internal import PackCore

/// Where the key of the secrets comes from: a file beside them that is made by the first secret, or a command that prints
/// it (PACKC_SECRET_KEY_COMMAND: a password manager, a TPM, a vault), so that it never lies on this host's disk.
struct SecretKey {
  let bytes: [UInt8]
  /// For errors.
  let source: String

  /// What the store notes, to tell another key from damage. It says nothing about the key.
  var identity: String { Digest(of: Array("packc secret key ".utf8) + bytes).hex.prefix(16).description }

  static let commandVariable = "PACKC_SECRET_KEY_COMMAND"

  /// - Parameter makes: whether a missing file is made.
  static func find(_ context: HostContext, file: HostPath, store: HostPath, makes: Bool) throws -> SecretKey {
    if let command = context.variable(commandVariable) { return try ask(command, context) }
    guard let status = try FileSystem.target(file) else {
      guard makes else { throw SecretFailure.noKey(file, store: store) }
      let bytes = SealedBytes.randomBytes(SealedBytes.keyLength)
      try FileSystem.writeAtomically(Array((hex(bytes) + "\n").utf8), to: file, mode: 0o600)
      return SecretKey(bytes: bytes, source: file.description)
    }
    guard status.mode & 0o077 == 0, status.uid == geteuid() || geteuid() == 0 else {
      throw SecretFailure.openKey(file)
    }
    return try SecretKey(parsing: FileSystem.read(file, limit: 4096), source: file.description)
  }

  private static func ask(_ command: String, _ context: HostContext) throws -> SecretKey {
    let result = try ProcessRunner().run(
      Command(
        ["/bin/sh", "-c", command], environment: context.environment, input: .inherit, keep: 4096, timeout: 120,
        ownGroup: false))
    guard result.succeeded else {
      throw SecretFailure.keyCommandFailed(
        result.timedOut ? "no answer in two minutes" : "\(result.end)", cause: result.errorText)
    }
    return try SecretKey(parsing: result.output, source: commandVariable)
  }

  private init(bytes: [UInt8], source: String) {
    self.bytes = bytes
    self.source = source
  }

  /// 64 hexadecimal digits and a line's end.
  init(parsing text: [UInt8], source: String) throws {
    var digits = text
    while let last = digits.last, last == 0x0a || last == 0x0d { digits.removeLast() }
    let values = digits.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == SealedBytes.keyLength * 2, !values.contains(nil) else { throw SecretFailure.badKey(source) }
    let numbers = values.compactMap { $0 }
    bytes = stride(from: 0, to: numbers.count, by: 2).map { UInt8(numbers[$0] << 4 | numbers[$0 + 1]) }
    self.source = source
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
