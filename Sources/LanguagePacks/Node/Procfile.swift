/// The lines of a Procfile.
enum Procfile {
  static func web(_ text: String) -> (command: String, number: Int)? {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(200).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      guard trimmed.hasPrefix("web:") else { continue }
      let command = trimmed.dropFirst(4).filter { $0 != "\r" }.drop { $0 == " " || $0 == "\t" }
      return command.isEmpty ? nil : (String(command), index + 1)
    }
    return nil
  }
}
