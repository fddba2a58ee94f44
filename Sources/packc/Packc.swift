internal import Glibc
internal import PackCore

/// The entry: arguments → one command → exit code.
@main
enum Packc {
  static func main() {
    Interruption.install()
    exit(CommandLineTool(arguments: Array(CommandLine.arguments.dropFirst())).run().rawValue)
  }
}
