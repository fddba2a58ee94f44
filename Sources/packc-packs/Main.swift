internal import Glibc
internal import PackCore

@main struct Main { static func main() { exit(ExitCode.done.rawValue) } }
