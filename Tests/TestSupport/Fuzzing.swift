internal import Glibc

/// How long property tests go on: a few seconds with a fixed seed in `make test`, much longer with a new one in
/// `make fuzz`, which picks the tests with `Fuzz`, `Random` or `Mutated` in their names.
public enum Fuzzing {
  /// `count`, times PACKC_FUZZ_FACTOR.
  public static func rounds(_ count: Int) -> Int { count * (number("PACKC_FUZZ_FACTOR").map { Int($0) } ?? 1) }

  /// `fixed`, or PACKC_FUZZ_SEED. Say it in the messages of the assertions.
  public static func seed(_ fixed: UInt64) -> UInt64 { number("PACKC_FUZZ_SEED") ?? fixed }

  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}
