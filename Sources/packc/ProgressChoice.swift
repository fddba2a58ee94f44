internal import PackCore

/// Which progress the flags and the terminal ask for.
struct ProgressChoice {
  private let style: ProgressOutput.Style
  private let color: ColorChoice
  private let context: HostContext

  init(_ values: [String: [String]], _ context: HostContext) throws {
    self.context = context
    // A tree shows a few lines of each step; whoever asks for all of them gets them one by one.
    let usual: ProgressOutput.Style = values["verbose"] != nil ? .plain : .auto
    style = values["quiet"] != nil ? .quiet : try Self.choice("progress", values) ?? usual
    color = try Self.choice("color", values) ?? .auto
  }

  func start() -> ProgressOutput { ProgressOutput.reporter(style: style, color: color, context: context) }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ flag: String, _ values: [String: [String]]
  ) throws -> Choice? {
    guard let text = values[flag]?.last else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let known = Choice.allCases.map(\.rawValue)
    throw Failure(
      "wrong_usage", "--\(flag) \(text): expected one of \(known.joined(separator: ", "))",
      hint: Suggestion.nearest(to: text, in: known).map { "did you mean \($0)?" }, exit: .usage)
  }
}
