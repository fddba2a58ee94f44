internal import Images
internal import PackCore

/// `packc image gc`: frees what nobody needs of packc's cache.
enum ImageGCCommand {
  static let definition = CommandDefinition(
    "image gc", summary: "free what no image and no recent build needs",
    flags: [
      Flag("grace", value: "HOURS", help: "keep blobs without a name so long (default: 24)"),
      Flag("keep", value: "DAYS", help: "keep what a build may use again so long after its last use (default: 30)"),
      Flag("max-size", value: "SIZE", help: "of what builds may use again, longest unused first: 500M, 10G"),
      Flag("dry-run", help: "only say what would go"),
    ],
    details: """
      Safe at any time, beside builds and pulls. Images that have a name stay (`packc image list`), and so do packs,
      kernels, and the caches of the languages' own tools.
      """
  ) { invocation in
    var policy = CacheCollector.Policy()
    if let hours = try invocation.number("grace", in: 0...87_600) {
      policy.grace = Int64(hours * Double(CacheCollector.Policy.hour))
    }
    if let days = try invocation.number("keep", in: 0...3650) {
      policy.keep = Int64(days * 24 * Double(CacheCollector.Policy.hour))
    }
    policy.maximumSize = try invocation.string("max-size").map(size)
    policy.dryRun = invocation.has("dry-run")
    let result = try CacheCollector(
      cache: try invocation.context.cacheDirectory(), policy: policy, reporter: invocation.reporter
    ).collect()
    try invocation.output.write(result.json) { text(result) }
    return .done
  }

  /// Bytes: a number, or one with k, M, G or T behind it (powers of 1000, as packc prints sizes).
  private static func size(_ text: String) throws -> Int64 {
    let units: [Character: Int64] = ["k": 1000, "K": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard let number = Int64(digits), number >= 0, !digits.hasPrefix("+"),
      case let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1), !overflow
    else {
      throw Failure(
        "wrong_usage", "--max-size \(text): expected bytes, or a number with k, M, G or T", hint: "write 500M or 10G",
        exit: .usage)
    }
    return bytes
  }

  private static func text(_ result: CollectionResult) -> String {
    var table = ""
    for (what, tally) in result.removed.sorted(by: { $0.key < $1.key }) {
      table += "  \(what)  \(tally.count)  \(BuildSummary.bytes(tally.size))\n"
    }
    return "\(result.dryRun ? "would free" : "freed") \(BuildSummary.bytes(result.freed))\n\(table)"
      + "kept \(count(result.images, "image")), \(count(result.blobs.count, "blob")), "
      + "\(BuildSummary.bytes(result.blobs.size))\n"
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
