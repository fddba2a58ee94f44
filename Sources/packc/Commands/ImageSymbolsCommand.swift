internal import Glibc
internal import Images
internal import PackCore

/// `packc image symbols`: what a release build stripped, for who has a core dump or a trace.
enum ImageSymbolsCommand {
  static let definition = CommandDefinition(
    "image symbols", summary: "find the debug symbols of an image, for a core dump or a trace", operands: "[IMAGE]",
    count: 0...1,
    flags: [
      Flag("build-id", value: "HEX", help: "only those of this build-id; its first digits are enough"),
      Flag("core", value: "FILE", help: "only those of the programs in this core dump"),
      Flag("trace", value: "FILE|-", help: "only those of this text's frames, and function and line of each"),
      Flag("output", value: "DIR", help: "write them to DIR/.build-id, where debuggers look"),
    ],
    details: """
      A trace is what glibc's backtrace, a sanitizer, systemd-coredump, Go, gdb or the kernel wrote: lines with
      PROGRAM(+0x12), (PROGRAM+0x12), function+0x12/0x40, build-ids, or /proc/PID/maps. Function and line are found by
      addr2line, if it is on PATH.
      \(ImageFlags.ownBuild)\(ImageFlags.references)
      """
  ) { invocation in
    let locator = try ImageFlags.locator(invocation)
    let question = SymbolQuestion(try subject(invocation), directory: invocation.path(flag: "output"))
    let image = try locator.locate(invocation.operands.first)
    let answer = try SymbolAnswer(
      question, of: image, context: invocation.context, temporary: invocation.context.cacheDirectory() / "run")
    try invocation.output.write(answer.json) { answer.text }
    return .done
  }

  private static func subject(_ invocation: Invocation) throws -> SymbolQuestion.Subject {
    let given = ["build-id", "core", "trace"].filter(invocation.has)
    guard given.count < 2 else {
      throw Failure(
        "wrong_usage", "\(given.map { "--\($0)" }.joined(separator: " and ")) exclude each other",
        hint: "ask one thing at a time", exit: .usage)
    }
    if let digits = invocation.string("build-id") { return .buildID(digits) }
    if let file = invocation.string("core") { return .core(invocation.typedPath(file)) }
    guard let file = invocation.string("trace") else { return .all }
    if file == "-" { return .trace(try standardInput(), name: "standard input") }
    let path = invocation.typedPath(file)
    return .trace(try FileSystem.read(path, limit: 64 << 20), name: path.description)
  }

  /// A little more than a trace may have, so that a longer one is seen to be too long.
  private static func standardInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 17 << 20 {
      let count = chunk.withUnsafeMutableBytes { read(0, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR {
        try Interruption.check()
        continue
      }
      guard count >= 0 else { throw Failure.system("read standard input", errno: errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
