import ELF
import PackCore

/// What a build does with one ELF file for its contract: all that its headers say, its digest, and the system calls of a
/// static program.
enum FactsWork {
  static func run(_ arguments: [String]) throws {
    let path = HostPath(arguments[0])
    guard let file = try ELFFile.readIfELF(path) else {
      throw Failure("not_an_elf", "\(path) is no ELF file", exit: .badInput)
    }
    let calls = try SystemCalls.read(path, file)
    print(
      CanonicalJSON.string(
        JSONValue(compact: [
          "digest": JSONValue(try FileSystem.digest(of: path)), "needed": JSONValue(strings: file.needed),
          "system_calls": calls.map { .integer(Int64($0.numbers.count)) },
        ])))
  }
}
