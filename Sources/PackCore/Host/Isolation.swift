/// What stands around commands on this host: asked once, at the first command, for packs and steps alike.
public final class Isolation: Sendable {
  public enum Kind: String, CaseIterable, Sendable { case bubblewrap, landlock, none }

  private enum Means: Sendable {
    case bubblewrap(Bubblewrap)
    case landlock(Landlock)
    case none
  }
  private enum State {
    case unknown(HostContext, Reporter)
    case known(Means)
  }
  private let state: Locked<State>

  /// Asks for one kind in the place of the best that works.
  public static let variable = "PACKC_SANDBOX"

  /// Warns `reporter` once when it is not bubblewrap, and not before somebody asks.
  public init(context: HostContext, reporter: Reporter) { state = Locked(.unknown(context, reporter)) }

  private init(_ known: Means) { state = Locked(.known(known)) }

  /// Everything sees the host as it is.
  public static let none = Isolation(Means.none)

  private var means: Means {
    state.withLock { state in
      switch state {
      case .known(let known): return known
      case .unknown(let context, let reporter):
        let found = Self.find(context, reporter)
        state = .known(found)
        return found
      }
    }
  }

  public var bubblewrap: Bubblewrap? {
    if case .bubblewrap(let found) = means { found } else { nil }
  }
  public var landlock: Landlock? {
    if case .landlock(let found) = means { found } else { nil }
  }
  /// For records.
  public var kind: Kind {
    switch means {
    case .bubblewrap: .bubblewrap
    case .landlock: .landlock
    case .none: .none
    }
  }

  private static func find(_ context: HostContext, _ reporter: Reporter) -> Means {
    let asked = context.variable(variable)
    let wanted = asked.flatMap(Kind.init)
    if let asked, wanted == nil {
      reporter.warn(
        "\(variable)=\(asked) is not known, and has no effect",
        hint: "one of " + Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if wanted == nil || wanted == .bubblewrap, let found = Bubblewrap.find(context) { return .bubblewrap(found) }
    let missing = wanted == nil || wanted == .bubblewrap ? "bubblewrap does not work here" : "\(variable) says so"
    let hint = "apt-get install bubblewrap, and allow user namespaces"
    if wanted != Kind.none, let found = Landlock.find(context) {
      reporter.warn(
        "\(missing): Landlock holds packs and steps to what is theirs, but they see the host's real paths, and outputs "
          + "may hold those", hint: hint)
      return .landlock(found)
    }
    reporter.warn(
      "\(missing): packs and steps see the host's real paths, files and network, and outputs may hold those paths",
      hint: hint)
    return .none
  }
}
