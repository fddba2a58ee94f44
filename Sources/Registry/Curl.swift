internal import CCurl

/// libcurl in this process.
enum Curl {
  /// - Throws: `missing_library` when it cannot be opened.
  static func open() throws {
    guard ccurl_open() == 0 else { throw RegistryFailure.noLibrary() }
  }
}
