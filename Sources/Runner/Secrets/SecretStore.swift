internal import Glibc
public import PackCore

/// The secrets of this user, encrypted at rest:
///
///     ROOT/secrets/store   "packc-secrets 1 KEY-IDENTITY\n", then `SealedBytes` of a JSON document, under that line
///     ROOT/secrets/key     64 hexadecimal digits, 0600; not there with PACKC_SECRET_KEY_COMMAND
///     ROOT/secrets/lock    flock(2), held while one of the two is changed
///
/// Names are in the document, too: without the key nobody sees how many secrets there are. A change writes the whole file
/// beside the old one and renames it.
public struct SecretStore {
  /// Of a value in bytes: a machine's init takes a variable of 128 KiB.
  public static let valueLimit = 64 << 10
  static let countLimit = 256
  /// Names the command that prints the key.
  public static let keyVariable = SecretKey.commandVariable
  private static let magic = "packc-secrets"
  private static let version = "1"
  private static let sizeLimit = 64 << 20

  private let context: HostContext
  private let directory: HostPath
  private var store: HostPath { directory / "store" }
  private var keyFile: HostPath { directory / "key" }

  public init(_ context: HostContext) throws {
    self.context = context
    directory = try context.stateDirectory() / "secrets"
  }

  /// Sorted.
  public func names() throws -> [String] { try read().keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// The values of these, each under the name of its variable.
  ///
  /// - Throws: `unknown_secret` for one that is not there.
  public func environment(of references: [SecretReference]) throws -> [String: String] {
    guard !references.isEmpty else { return [:] }
    let values = try read()
    var environment: [String: String] = [:]
    for reference in references {
      guard let value = values[reference.name.description] else {
        throw SecretFailure.unknown(reference.name.description, known: values.keys.sorted())
      }
      environment[reference.variable] = value
    }
    return environment
  }

  /// - Returns: true for one that replaces another.
  public func set(_ name: SecretName, _ value: [UInt8]) throws -> Bool {
    let text = try Self.checked(value)
    return try change { values in
      let replaces = values.updateValue(text, forKey: name.description) != nil
      guard values.count <= Self.countLimit else { throw SecretFailure.tooMany(Self.countLimit) }
      return replaces
    }
  }

  /// - Returns: for each whether it was there.
  public func remove(_ names: [SecretName]) throws -> [Bool] {
    guard FileSystem.exists(store) else { return names.map { _ in false } }
    return try change { values in names.map { values.removeValue(forKey: $0.description) != nil } }
  }

  /// What a variable of a program can hold.
  private static func checked(_ value: [UInt8]) throws -> String {
    guard !value.isEmpty else { throw SecretFailure.badValue("it is empty") }
    guard value.count <= valueLimit else { throw SecretFailure.badValue("it is longer than \(valueLimit >> 10) KiB") }
    guard !value.contains(0) else { throw SecretFailure.badValue("it holds a NUL, which no variable can") }
    guard let text = String(validating: value, as: UTF8.self) else {
      throw SecretFailure.badValue("it is not UTF-8 (encode it, for example with base64)")
    }
    return text
  }

  // MARK: - The file

  private func change<R>(_ body: (inout [String: String]) throws -> R) throws -> R {
    try FileSystem.createDirectory(directory.parent, mode: 0o700)
    try FileSystem.createDirectory(directory, mode: 0o700)
    let lock = try Descriptor.open(directory / "lock", O_RDWR | O_CREAT, mode: 0o600)
    while flock(lock.raw, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Failure.system("lock", directory / "lock", errno: errno) }
      try Interruption.check()
    }
    let exists = FileSystem.exists(store)
    let key = try SecretKey.find(context, file: keyFile, store: store, makes: !exists)
    var values = exists ? try read(key) : [:]
    let before = values
    let result = try body(&values)
    if values != before || !exists { try write(values, key) }
    return result
  }

  private func read() throws -> [String: String] {
    guard FileSystem.exists(store) else { return [:] }
    return try read(SecretKey.find(context, file: keyFile, store: store, makes: false))
  }

  private func read(_ key: SecretKey) throws -> [String: String] {
    let bytes = try FileSystem.read(store, limit: Self.sizeLimit)
    guard let end = bytes.firstIndex(of: 0x0a), end < 200 else {
      throw SecretFailure.damaged(store, "its first line is missing")
    }
    let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    guard head.count >= 3, head[0] == Self.magic else {
      throw SecretFailure.damaged(store, "its first line is another's")
    }
    guard head[1] == Self.version else { throw SecretFailure.newer(store, String(head[1].prefix(20))) }
    guard head[2] == key.identity else { throw SecretFailure.otherKey(store, key.source) }
    guard
      let text = SealedBytes.open(Array(bytes[(end + 1)...]), key: key.bytes, label: Array(bytes[...end]))
    else { throw SecretFailure.damaged(store, "it does not decrypt") }
    let document = JSONReader(try JSONParser.parse(text, name: "the secrets"))
    return try document.required("secrets").value.object?.compactMapValues(\.string) ?? [:]
  }

  private func write(_ values: [String: String], _ key: SecretKey) throws {
    let line = Array("\(Self.magic) \(Self.version) \(key.identity)\n".utf8)
    let text = CanonicalJSON.encode(["secrets": .object(values.mapValues { .string($0) })])
    try FileSystem.writeAtomically(
      line + SealedBytes.seal(text, key: key.bytes, label: line), to: store, mode: 0o600)
  }
}
