/// The layers of an image, from what changes least to what changes most. The order of the cases is the order of the
/// layers in the image and of the segments in the initrd; a new role takes its place here and nowhere else.
public enum LayerRole: String, Sendable, CaseIterable, Comparable {
  /// Interpreter, shared libraries, certificates, time zones, /etc/passwd.
  case runtime
  /// What the project depends on and does not change with its source: installed packages.
  case dependencies
  /// What the project's own source became.
  case application

  public static func < (a: LayerRole, b: LayerRole) -> Bool { a.position < b.position }
  private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
