internal import Glibc

/// What an errno (errno(3)) means to a person: its text, the next step, the exit code.
enum SystemError {
  static func text(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // The XSI form: writes into the buffer, and is safe on several threads.
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func hint(_ code: Int32) -> String? {
    switch code {
    case ENOSPC, EDQUOT:
      "free some space there (packc's cache, ~/.cache/packc, may be removed at any time), then run it again"
    case EACCES, EPERM: "check the owner and the mode of that path and of its parent directories"
    case EMFILE, ENFILE: "raise the limit of open files (`ulimit -n`)"
    case EROFS: "choose a writable place with --output or XDG_CACHE_HOME"
    default: nil
    }
  }

  static func exit(_ code: Int32) -> ExitCode {
    switch code {
    case EACCES, EPERM, EROFS: .notPermitted
    case EAGAIN, EMFILE, ENFILE, ENOSPC, EDQUOT: .tryAgain
    default: .failed
    }
  }
}
