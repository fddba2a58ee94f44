internal import OCI
internal import PackCore

extension RegistryClient {
  /// What an answer that is no success means.
  /// - Parameters:
  ///   - what: was asked for: `manifest team/shop:1`.
  ///   - hint: the next step when it is not there.
  func failure(_ response: HTTPResponse, _ what: String, missing hint: String? = nil) -> Failure {
    Self.failure(response, what, missing: hint, host: host, authorizer: authorizer)
  }

  static func failure(
    _ response: HTTPResponse, _ what: String, missing hint: String? = nil, host: String, authorizer: Authorizer
  ) -> Failure {
    let words = Self.words(response).map(authorizer.redacted)
    switch response.status {
    case 401:
      return RegistryFailure.unauthorized(host, what, hasCredential: authorizer.hasCredential, words)
    case 403: return RegistryFailure.denied(host, what, words)
    case 404 where !response.isHTML:
      return RegistryFailure.notFound(
        "\(host) has no \(what)",
        hint: hint ?? "check the spelling; some registries say so, too, when you may not see it: "
          + "`packc image login \(host)`", words)
    case 429:
      return RegistryFailure.busy(host, what, wait: RetryPolicy.retryAfter(response.headers), words)
    case 500...599: return RegistryFailure.serverError(host, what, response.status, words)
    case _ where response.isHTML: return RegistryFailure.html(response)
    case 200..<300:
      return RegistryFailure.answer(response.url, "the status \(response.status) makes no sense here (\(what))")
    default: return RegistryFailure.refused(host, what, response.status, words)
    }
  }

  /// The registry's own words (distribution spec, "Error Codes"), made safe for a terminal and short.
  static func words(_ response: HTTPResponse) -> String? {
    guard !response.body.isEmpty, !response.isHTML else { return nil }
    let limits = JSONParser.Limits(bytes: 1 << 20, depth: 16, lastKeyWins: true)
    let errors = (try? JSONParser.parse(response.body, limits: limits))?["errors"]?.array ?? []
    let list = errors.prefix(4).compactMap { error -> String? in
      let parts = [error["code"]?.string, error["message"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
      return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
    let text = list.isEmpty ? String(decoding: response.body.prefix(1024), as: UTF8.self) : list.joined(separator: "; ")
    return plain(text)
  }

  /// Printable characters of one line, at most 300.
  static func plain(_ text: String) -> String? {
    let words = text.prefix(2048).unicodeScalars.split { $0.value < 0x21 || $0.properties.isWhitespace }
    let line = words.map { word in
      String(
        String.UnicodeScalarView(word.filter { !(0x7f..<0xa0).contains($0.value) && !$0.properties.isBidiControl }))
    }.joined(separator: " ")
    guard !line.isEmpty else { return nil }
    return line.count > 300 ? String(line.prefix(300)) + "…" : line
  }
}
