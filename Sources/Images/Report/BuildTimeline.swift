public import PackCore

/// What a build did when, from the `timeline` of `build.json`. Never part of an image.
public struct BuildTimeline: Sendable {
  public struct Step: Hashable, Sendable {
    public let id: String
    public let title: String
    /// `ran`, `reused` or `failed`.
    public let status: String
    public let reason: String
    /// Milliseconds since the build began.
    public let start: Int64
    /// Milliseconds.
    public let duration: Int64
  }

  public let steps: [Step]
  public var end: Int64 { steps.map { $0.start + $0.duration }.max() ?? 0 }

  /// More than anybody could look at is refused.
  private static let limit = 10_000
  private static let longest: Int64 = 1 << 40

  public init(_ reader: JSONReader) throws {
    let list = try reader.array()
    guard list.count <= Self.limit else { throw reader.failure("more than \(Self.limit) steps") }
    steps = try list.map { step in
      Step(
        id: try step.required("id").string(), title: try step.optional("title")?.string() ?? "",
        status: try step.required("status").string(), reason: try step.optional("reason")?.string() ?? "",
        start: try step.required("start_ms").integer(in: 0...Self.longest),
        duration: try step.required("duration_ms").integer(in: 0...Self.longest))
    }
  }
}
