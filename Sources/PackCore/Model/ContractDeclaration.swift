/// A value and the place where it was written.
public struct Located<Value: Sendable>: Sendable {
  public var value: Value
  public var location: SourceLocation
  public init(_ value: Value, at location: SourceLocation) {
    self.value = value
    self.location = location
  }
}

extension Located: Equatable where Value: Equatable {}

/// What the author of a program says of it (`unik.yaml`, section `contract`): facts at level declared.
/// A list that was not written is nil, which is not the same as an empty one: `[]` says "nothing".
public struct ContractDeclaration: Equatable, Sendable {
  /// `api.example.com:443`
  public var egress: [Located<String>]?
  public var requiredEnvironment: [Located<String>]?
  public var optionalEnvironment: [Located<String>]?
  /// Sorted by name; a property that is not written is unknown.
  public var properties: [Located<DeclaredProperty>]
  public var waivers: [Located<Waiver>]

  public init(
    egress: [Located<String>]? = nil, requiredEnvironment: [Located<String>]? = nil,
    optionalEnvironment: [Located<String>]? = nil, properties: [Located<DeclaredProperty>] = [],
    waivers: [Located<Waiver>] = []
  ) {
    self.egress = egress
    self.requiredEnvironment = requiredEnvironment
    self.optionalEnvironment = optionalEnvironment
    self.properties = properties
    self.waivers = waivers
  }
}

/// `read-only: true`
public struct DeclaredProperty: Hashable, Sendable {
  public enum Name: String, Sendable, CaseIterable {
    case idempotent
    case readOnly = "read-only"
    case retrySafe = "retry-safe"
    case stateless
  }
  public var name: Name
  public var holds: Bool
  public init(name: Name, holds: Bool) {
    self.name = name
    self.holds = holds
  }
}

/// One finding of one security gate that the author accepts, with the reason and the last day on which it counts.
public struct Waiver: Hashable, Sendable {
  public var gate: SecurityGate
  /// Absolute path in the image; nil waives the whole gate.
  public var path: RootPath?
  public var reason: String
  /// The waiver counts up to and with this day (UTC); nil has no end.
  public var until: CalendarDate?
  public init(gate: SecurityGate, path: RootPath?, reason: String, until: CalendarDate?) {
    self.gate = gate
    self.path = path
    self.reason = reason
    self.until = until
  }
}

/// The checks that a release image has to pass, by the names that `unik.yaml` and the reports use.
public enum SecurityGate: String, Sendable, CaseIterable {
  case noShell = "no-shell"
  case noPackageManager = "no-package-manager"
  case noSetuid = "no-setuid"
  case noFileCapability = "no-file-capability"
  case nonRootUser = "non-root-user"
  case noWorldWritable = "no-world-writable"
  case noSecretFile = "no-secret-file"
  case noWritableCode = "no-writable-code"
  case noWritableRunpath = "no-writable-runpath"
  case ownedFiles = "owned-files"
}

/// A day of the Gregorian calendar, `2027-01-01`.
public struct CalendarDate: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let year: Int
  public let month: Int
  public let day: Int

  /// Nil unless `text` is `YYYY-MM-DD` and that day exists.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let numbers = parts.map { $0.reduce(0) { 10 * $0 + Int($1 - 0x30) } }
    year = numbers[0]
    month = numbers[1]
    day = numbers[2]
    guard year >= 1, (1...12).contains(month), day >= 1, day <= Self.days(in: month, year) else { return nil }
  }

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  private static func days(in month: Int, _ year: Int) -> Int {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  public var description: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  public static func < (a: CalendarDate, b: CalendarDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }
}
