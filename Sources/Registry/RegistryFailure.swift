internal import CCurl
internal import PackCore

/// What speaking to a registry can say went wrong: each code once.
enum RegistryFailure {
  static func noLibrary() -> Failure {
    Failure(
      "missing_library", "registries need libcurl, which cannot be opened", hint: "apt-get install libcurl4",
      exit: .toolchain, cause: String(cString: ccurl_error()))
  }
}
