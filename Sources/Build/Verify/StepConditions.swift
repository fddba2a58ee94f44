internal import PackCore

/// What a step finds around it that could be otherwise on another host; the same in every build but those of `verify`.
struct StepConditions: Sendable {
  /// Where things lie in the sandbox.
  var places = Sandbox.Places(below: "/packc")
  var identity = Bubblewrap.Identity()
  /// USER and LOGNAME.
  var user = "packc"
  /// LANG and LC_ALL.
  var locale = "C.UTF-8"
  /// TZ.
  var timeZone = "UTC"
  /// Variables that give programs another clock; none, and they have the host's.
  var clock: [String: String] = [:]
  var sourceOrder = SourceOrder.byName
}

extension Sandbox.Places {
  /// Inside the namespace, the same on every machine.
  init(below root: HostPath) {
    self.init(
      source: root / "source", work: root / "work", cache: root / "cache", pack: root / "pack",
      libexec: "/packc/libexec", home: "/packc/home", temporary: "/tmp")
  }
}

/// In which order the copy of a project is written, and where: what readdir(3) answers comes of both.
enum SourceOrder: Hashable, Sendable {
  case byName
  /// The last name first; in a directory of another file system, if there is one.
  case reversed(place: HostPath?)

  var isReversed: Bool { self != .byName }
  var place: HostPath? { if case .reversed(let place) = self { place } else { nil } }
}
