/// `--color`: when output is coloured.
public enum ColorChoice: String, Sendable, CaseIterable {
  case auto, always, never

  /// `auto` means on a terminal that can, unless NO_COLOR is set and not empty (no-color.org).
  public func isOn(terminal: Bool, context: HostContext) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: terminal && context.variable("NO_COLOR") == nil && context.variable("TERM") != "dumb"
    }
  }
}

/// The few colours of packc's output (ECMA-48, SGR), or none.
struct Palette: Sendable {
  let isOn: Bool

  func good(_ text: String) -> String { paint(text, "32") }
  func bad(_ text: String) -> String { paint(text, "31") }
  func caution(_ text: String) -> String { paint(text, "33") }
  func accent(_ text: String) -> String { paint(text, "36") }
  func faint(_ text: String) -> String { paint(text, "2") }

  private func paint(_ text: String, _ code: String) -> String { isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
}
