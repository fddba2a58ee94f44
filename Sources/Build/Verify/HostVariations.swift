internal import Glibc
internal import Images
internal import PackCore

/// What this host can give a second build otherwise, and what it cannot.
struct HostVariations {
  /// The values of one condition in an ordinary build and in one that varies it.
  struct Values {
    var first: String
    var second: String
    /// Where it is varied for some programs only.
    var note = ""
  }

  let locale: String
  let timeZone: String
  let umask: mode_t
  /// The numbers of the processors that a build with fewer of them may use; nil when there is only one.
  let cpus: [Int]?
  let clock: [String: String]
  let order: SourceOrder
  private(set) var possible: [Variation: Values] = [:]
  private(set) var impossible: [Variation: String] = [:]

  /// libfaketime's own variables: 400 days and some hours ahead, so that date, weekday, year and clock time differ; what
  /// programs measure stays true.
  private static let shift = 400 * 86_400 + 5 * 3600 + 1234
  /// The longest time by which a clock of these builds is off. Seconds.
  static let farthest = Int64(shift)

  /// - Parameter bytes: of the project, which has to find room on another file system.
  init(_ context: HostContext, sandboxed: Bool, bytes: Int64, work: HostPath) {
    locale = Self.otherLocale(context)
    timeZone = FileSystem.exists("/usr/share/zoneinfo/Pacific/Kiritimati") ? "Pacific/Kiritimati" : "<+14>-14"
    let own = Glibc.umask(0)
    _ = Glibc.umask(own)
    umask = own == 0o002 ? 0o022 : 0o002
    let allowed = AllowedProcessors.now()
    cpus = allowed.count > 1 ? Array(allowed.dropLast()) : nil
    clock = Self.clock()
    order = Self.otherOrder(context, bytes: bytes, work: work)

    let usual = StepConditions()
    possible[.path] = Values(
      first: sandboxed ? "the project, shown at \(usual.places.source)" : "the project",
      second: "a copy elsewhere" + (sandboxed ? ", shown at \(Self.places.source)" : ""))
    possible[.home] = Values(
      first: sandboxed ? usual.places.home.description : "a private one",
      second: sandboxed ? Self.places.home.description : "another private one")
    possible[.user] = Values(
      first: "\(usual.user)\(sandboxed ? " (\(usual.identity.number))" : "")",
      second: "\(Self.user)\(sandboxed ? " (\(Self.number))" : "")", note: sandboxed ? "" : "by USER and LOGNAME only")
    possible[.locale] = Values(
      first: usual.locale, second: locale,
      note: locale == "POSIX" ? "no other language is installed here, so only the character set differs (ASCII)" : "")
    possible[.timezone] = Values(first: usual.timeZone, second: timeZone)
    possible[.umask] = Values(first: Self.octal(own), second: Self.octal(umask))
    if sandboxed {
      possible[.hostname] = Values(first: usual.identity.hostname, second: Self.hostname)
    } else {
      impossible[.hostname] = "without bubblewrap a step sees the host's own"
    }
    if let cpus {
      possible[.cpus] = Values(
        first: String(allowed.count), second: String(cpus.count),
        note: "by sched_setaffinity(2); /proc/cpuinfo is the host's")
    } else {
      impossible[.cpus] = "there is only one here"
    }
    possible[.time] = Values(
      first: "the clock", second: clock.isEmpty ? "the clock, at least 2 s later" : "the clock, 400 days ahead",
      note: clock.isEmpty
        ? "only by what passes between the builds; libfaketime (apt-get install faketime) sets the clock ahead"
        : "by libfaketime: a static program and Rust's compiler see the true clock, a second later or more")
    if order == .byName {
      impossible[.order] = "no place here lists files in another order (a tmpfs that allows programs, with room)"
    } else {
      possible[.order] = Values(
        first: "as \(work) lists them", second: "as \(order.place ?? work) lists them, written from the last name on",
        note: "of the project's own files")
    }
  }

  // MARK: - What the other build has

  static let places: Sandbox.Places = {
    var places = Sandbox.Places(below: "/packc/second/checkout")
    places.home = "/packc/another-home"
    return places
  }()
  static let user = "somebody"
  static let number = 1042
  static let hostname = "another-host"

  /// The usual conditions of a step but for these.
  func conditions(_ varied: Set<Variation>) -> StepConditions {
    var conditions = StepConditions()
    if varied.contains(.path) {
      let home = conditions.places.home
      conditions.places = Self.places
      conditions.places.home = home
    }
    if varied.contains(.home) { conditions.places.home = Self.places.home }
    if varied.contains(.user) { (conditions.user, conditions.identity.number) = (Self.user, Self.number) }
    if varied.contains(.hostname) { conditions.identity.hostname = Self.hostname }
    if varied.contains(.locale) { conditions.locale = locale }
    if varied.contains(.timezone) { conditions.timeZone = timeZone }
    if varied.contains(.time) { conditions.clock = clock }
    if varied.contains(.order) { conditions.sourceOrder = order }
    return conditions
  }

  // MARK: - What there is

  /// Another language's UTF-8, as sorting, number formats and messages differ then; POSIX is always there.
  private static func otherLocale(_ context: HostContext) -> String {
    guard let tool = context.findTool("locale") else { return "POSIX" }
    let answer = try? ProcessRunner().run(
      Command([tool.description, "-a"], environment: ["PATH": "/usr/bin:/bin"], timeout: 10))
    let names = (answer?.outputText ?? "").split(separator: "\n").map(String.init)
    return names.filter { name in
      let lower = name.lowercased()
      return (lower.hasSuffix(".utf8") || lower.hasSuffix(".utf-8")) && !lower.hasPrefix("c.")
        && !lower.hasPrefix("en_")
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.first ?? "POSIX"
  }

  private static func clock() -> [String: String] {
    let places: [HostPath] = [
      "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime",
      "/usr/lib64/faketime", "/usr/local/lib/faketime",
    ]
    guard let library = places.lazy.map({ $0 / "libfaketimeMT.so.1" }).first(where: { FileSystem.exists($0) }) else {
      return [:]
    }
    return [
      "LD_PRELOAD": library.description, "FAKETIME": "+\(shift)s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
      // Without it a JVM takes seven times as long, in locks of libfaketime around each wait.
      "FAKETIME_FORCE_MONOTONIC_FIX": "0", "NO_FAKE_STAT": "1",
    ]
  }

  /// A place whose listing of the same names is another than that of `work`.
  private static func otherOrder(_ context: HostContext, bytes: Int64, work: HostPath) -> SourceOrder {
    guard let usual = listing(in: work, reversed: false) else { return .byName }
    let candidates = ["/dev/shm", context.variable("XDG_RUNTIME_DIR") ?? "", "/run", "/tmp"].filter {
      $0.hasPrefix("/")
    }
    for place in candidates.map({ HostPath($0) }) + [work] where hasRoom(place, for: bytes) {
      if let other = listing(in: place, reversed: true), other != usual {
        return .reversed(place: place == work ? nil : place)
      }
    }
    return .byName
  }

  /// Twice the project's size, and programs of it can be started there.
  private static func hasRoom(_ place: HostPath, for bytes: Int64) -> Bool {
    var status = statvfs()
    guard place.withCString({ statvfs($0, &status) }) == 0, place.withCString({ access($0, W_OK) }) == 0 else {
      return false
    }
    let isNoExec = status.f_flag & 8 != 0  // ST_NOEXEC of <sys/statvfs.h>, which has it with _GNU_SOURCE only
    return !isNoExec && Int64(clamping: status.f_bavail) * Int64(status.f_frsize) / 2 > bytes * 2 + (64 << 20)
  }

  /// The order in which a new directory lists some names.
  private static func listing(in place: HostPath, reversed: Bool) -> [String]? {
    guard let probe = try? WorkDirectory(in: place, prefix: "packc-order") else { return nil }
    let names = (0..<24).map { "name-\($0)" }
    for name in reversed ? names.reversed() : names {
      guard (try? FileSystem.createDirectory(probe.path / name)) != nil else { return nil }
    }
    guard let stream = probe.path.withCString({ opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { found.append(name) }
    }
    return withExtendedLifetime(probe) { found }
  }

  private static func octal(_ mask: mode_t) -> String {
    let text = String(mask, radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }
}

/// The conditions that a child has from this process itself; put back when `body` ends.
enum ProcessConditions {
  static func with<T>(umask mask: mode_t?, processors: [Int]?, _ body: () throws -> T) rethrows -> T {
    let before = mask.map { Glibc.umask($0) }
    let allowed = processors == nil ? nil : AllowedProcessors.now()
    if let processors { AllowedProcessors.set(processors) }
    defer {
      if let before { _ = Glibc.umask(before) }
      if let allowed { AllowedProcessors.set(allowed) }
    }
    return try body()
  }
}
