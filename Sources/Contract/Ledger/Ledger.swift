internal import Glibc
public import PackCore

/// The ledger of a project's releases and deployments: one line each, with the digest of the line before, so that a line
/// that was changed, removed or put in between is found. Whoever can write the file can write all of it anew: the chain
/// alone proves nothing against them, and a signed head does.
///
///     DIRECTORY/proofs.jsonl                 {"contract": …, "event": …, "image": …, "name": …, "previous": …, …}
///     DIRECTORY/contracts/<hex>.json         each contract once, by the digest of its canonical form
///     DIRECTORY/head.dsse.json               the signed head, where there is a key
public struct Ledger: Sendable {
  /// More bytes are not read.
  private static let sizeLimit = 64 << 20

  public struct Entry: Hashable, Sendable {
    public enum Event: String, Sendable, CaseIterable { case release, deployment }
    public var event: Event
    /// The application's.
    public var name: String
    /// Of the image.
    public var image: Digest?
    /// Of the contract's canonical form.
    public var contract: Digest
    /// Of a release against the one of the same name before, of a deployment against what it replaced.
    public var verdict: Verdict
    /// Seconds since 1970, by the clock of the machine.
    public var time: Int64
    /// Of the line before; nil in the first.
    public var previous: Digest?
    /// Of this line.
    public fileprivate(set) var digest: Digest

    public var json: JSONValue {
      JSONValue(compact: [
        "event": .string(event.rawValue), "name": .string(name), "image": image.map { JSONValue($0) },
        "contract": JSONValue(contract), "verdict": .string(verdict.rawValue), "time": .integer(time),
        "previous": previous.map { JSONValue($0) },
      ])
    }
  }

  /// What the file says, and what was wrong at its end.
  public struct Contents: Sendable {
    /// The oldest first.
    public var entries: [Entry] = []
    /// Bytes of a last line that was cut while it was written; `append` takes them away.
    public var tornBytes = 0
    /// Nil where nobody has signed. Entries behind it nobody vouches for.
    public var head: LedgerHead?
    /// Of the bytes that are whole.
    fileprivate var wholeBytes = 0
  }

  public let directory: HostPath
  public init(directory: HostPath) { self.directory = directory }

  private var file: HostPath { directory / "proofs.jsonl" }
  private var headFile: HostPath { directory / "head.dsse.json" }
  private func contract(_ digest: Digest) -> HostPath { directory / "contracts" / "\(digest.hex).json" }

  /// Reads and checks the whole chain, also against its signed head; whose signature that is, the caller has to ask.
  /// - Throws: `bad_ledger` with the line that is not what the next one says, or not what was signed.
  public func read() throws -> Contents {
    // The head first: an entry that is added meanwhile is not missed.
    let head = try FileSystem.readIfPresent(headFile, limit: LedgerHead.sizeLimit).map {
      try LedgerHead(parsing: $0, name: headFile.description)
    }
    var contents = try chain()
    if let head {
      guard head.entries <= contents.entries.count else {
        throw bad(contents.entries.count + 1, "it is missing; \(head.entries) lines were signed")
      }
      guard contents.entries[head.entries - 1].digest == head.digest else {
        throw bad(head.entries, "it is not the line that was signed")
      }
      contents.head = head
    }
    return contents
  }

  private func chain() throws -> Contents {
    guard let bytes = try FileSystem.readIfPresent(file, limit: Self.sizeLimit) else { return Contents() }
    var contents = Contents()
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(bytes[start..<end])
      let number = contents.entries.count + 1
      let entry = try entry(line, number)
      guard entry.previous == contents.entries.last?.digest else {
        throw bad(number == 1 ? 1 : number - 1, "it is not the line that line \(number) was written after")
      }
      contents.entries.append(entry)
      start = end + 1
    }
    contents.wholeBytes = start
    contents.tornBytes = bytes.count - start
    return contents
  }

  private func entry(_ line: [UInt8], _ number: Int) throws -> Entry {
    do {
      let reader = JSONReader(
        try JSONParser.parse(line, name: file.description, limits: JSONParser.Limits(bytes: 1 << 20, depth: 4)))
      let event = try reader.required("event")
      let verdict = try reader.required("verdict")
      guard let known = Entry.Event(rawValue: try event.string()) else { throw event.failure("no event") }
      guard let judged = Verdict(rawValue: try verdict.string()) else { throw verdict.failure("no verdict") }
      let entry = Entry(
        event: known, name: try reader.required("name").string(), image: try reader.optional("image")?.digest(),
        contract: try reader.required("contract").digest(), verdict: judged,
        time: try reader.required("time").integer(), previous: try reader.optional("previous")?.digest(),
        digest: Digest(of: line))
      guard CanonicalJSON.encode(entry.json) == line else {
        throw reader.failure("it has more in it than packc writes")
      }
      return entry
    } catch let failure as Failure where !failure.isInterruption {
      throw bad(number, failure.message)
    }
  }

  private func bad(_ line: Int, _ why: String) -> Failure {
    Failure(
      "bad_ledger", "line \(line) of \(file) was changed: \(why)",
      hint: "find out who did; a copy from a backup is checked in the same way",
      at: SourceLocation(path: file.description, line: line), exit: .badInput)
  }

  /// The contract of an entry, checked against its digest.
  public func document(of entry: Entry) throws -> ContractDocument { try document(entry.contract) }

  func document(_ digest: Digest) throws -> ContractDocument {
    let path = contract(digest)
    let document = try ContractDocument(
      parsing: FileSystem.read(path, limit: ContractDocument.sizeLimit), name: path.description)
    guard document.digest == digest else {
      throw Failure(
        "bad_ledger", "\(path) is not the contract that the ledger names", hint: "find out who changed it",
        exit: .badInput)
    }
    return document
  }

  /// Adds a line; others that append meanwhile wait. It is on the disk when this returns.
  /// - Parameters:
  ///   - verdict: nil for the one against the last entry of the same event and name.
  ///   - time: seconds since 1970.
  /// - Returns: the entry, and whether a line that was cut had to go first.
  public func append(
    _ event: Entry.Event, name: String, image: Digest?, _ document: ContractDocument, verdict: Verdict? = nil,
    time: Int64
  ) throws -> (entry: Entry, repaired: Bool) {
    try exclusively {
      let contents = try read()
      func judged() throws -> Verdict {
        let before = contents.entries.last { $0.event == event && $0.name == name }
        return ContractComparison(before: try before.map(self.document), after: document).verdict
      }
      var entry = Entry(
        event: event, name: name, image: image, contract: document.digest, verdict: try verdict ?? judged(),
        time: time, previous: contents.entries.last?.digest, digest: document.digest)
      let line = CanonicalJSON.encode(entry.json)
      entry.digest = Digest(of: line)
      // The contract first: a line never names one that is not there.
      try keep(document)
      try write(line + [UInt8(ascii: "\n")], after: contents)
      return (entry, contents.tornBytes > 0)
    }
  }

  /// Signs what stands in the ledger now. The head before it goes.
  public func signHead(with key: SigningKey) throws {
    try exclusively {
      let entries = try read().entries
      guard let last = entries.last else { return }
      let head = try LedgerHead(entries: entries.count, digest: last.digest, key: key)
      try FileSystem.writeAtomically(CanonicalJSON.encodePretty(head.envelope.json), to: headFile)
    }
  }

  /// Writes a contract down; under the lock.
  func keep(_ document: ContractDocument) throws {
    try FileSystem.createDirectory(directory / "contracts")
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(document.json), to: contract(document.digest))
  }

  /// Others that write meanwhile wait.
  func exclusively<T>(_ body: () throws -> T) throws -> T {
    try FileSystem.createDirectory(directory)
    let lock = try Descriptor.open(directory / "lock", O_RDWR | O_CREAT)
    try lock.lockExclusively(directory / "lock")
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  private func write(_ line: [UInt8], after contents: Contents) throws {
    let output = try Descriptor.open(file, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
    if contents.tornBytes > 0 { try output.truncate(to: Int64(contents.wholeBytes)) }
    try output.write(line)
    try output.sync()
    try output.close()
    try FileSystem.syncDirectory(directory)
  }

  /// The last deployment under a name: of this image where one has it, else of any. A rollback runs an image again that is
  /// not the last one.
  func deployed(_ name: String, image: Digest?) throws -> Entry? {
    let entries = try read().entries.filter { $0.event == .deployment && $0.name == name }
    return image.flatMap { image in entries.last { $0.image == image } } ?? entries.last
  }

  /// `HEAD`, `HEAD~2`, or the first digits of a contract's, an image's or a line's digest.
  /// - Throws: `no_proof`.
  public func find(_ text: String, in contents: Contents) throws -> Entry {
    let entries = contents.entries
    if text == "HEAD", let last = entries.last { return last }
    if text.hasPrefix("HEAD~"), let back = Int(text.dropFirst(5)), back >= 0, back < entries.count {
      return entries[entries.count - 1 - back]
    }
    let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
    let found = entries.filter { entry in
      digits.utf8.count >= 6
        && [entry.contract, entry.image, entry.digest].contains { $0?.hex.hasPrefix(digits) == true }
    }
    guard let last = found.last else {
      throw Failure(
        "no_proof", "the ledger has no entry \(text)",
        hint: "`packc proofs list` shows what there is; write HEAD~N, or six digits of a digest", exit: .badInput)
    }
    guard Set(found.map(\.contract)).count == 1 else {
      throw Failure(
        "ambiguous_digest", "\(text) begins the digests of several entries", hint: "write more digits", exit: .badInput)
    }
    return last
  }
}
