internal import OCI
internal import PackCore

/// What speaking to a registry can say went wrong: each code once.
enum RegistryFailure {
  static func noLibrary(_ cause: String) -> Failure {
    Failure(
      "missing_library", "registries need libcurl, which cannot be opened", hint: "apt-get install libcurl4",
      exit: .toolchain, cause: cause)
  }

  // MARK: the way there

  static func unreachable(_ url: HTTPURL, _ error: TransferError, attempts: Int) -> Failure {
    let count = attempts > 1 ? " after \(attempts) attempts" : ""
    return Failure(
      "registry_unreachable", "\(url) could not be read or written\(count)",
      hint: "look whether the registry runs and the network works, then run it again: what was transferred is kept",
      exit: .unavailable, cause: error.description)
  }

  static func certificate(_ url: HTTPURL, _ error: TransferError) -> Failure {
    Failure(
      "registry_certificate", "\(url.origin) has a certificate that this machine does not trust",
      hint: "give its authority with --cacert FILE, or put it into /etc/docker/certs.d/HOST[:PORT]/ca.crt",
      exit: .notPermitted, cause: error.description)
  }

  static func noTLS(_ url: HTTPURL, _ error: TransferError) -> Failure {
    Failure(
      "registry_not_https", "\(url.origin) does not speak the protocol that was tried",
      hint: "if it is a registry without TLS that you trust: --insecure-registry \(url.hostAndPort)",
      exit: .unavailable, cause: error.description)
  }

  static func insecure(_ url: HTTPURL, from: HTTPURL) -> Failure {
    Failure(
      "registry_insecure", "\(from.origin) sends packc to \(url), which is plain HTTP",
      hint: "its address is configured wrongly; nothing was sent there. A registry without TLS that you trust: "
        + "--insecure-registry \(url.hostAndPort)", exit: .notPermitted)
  }

  static func redirects(_ url: HTTPURL) -> Failure {
    Failure(
      "registry_redirects", "\(url) redirects in a circle, or more than \(HTTPClient.redirectLimit) times",
      hint: "the registry, or a proxy before it, is configured wrongly", exit: .unavailable)
  }

  static func authority(_ path: HostPath, _ problem: String) -> Failure {
    Failure(
      "bad_certificate_file", "\(path) \(problem)", hint: "a PEM file is needed: it begins with -----BEGIN CERTIFICATE",
      exit: .usage)
  }

  static func insecureHost(_ text: String) -> Failure {
    Failure(
      "bad_registry", "\"\(text)\" is no registry: HOST or HOST:PORT is expected", hint: "leave out scheme and path",
      exit: .usage)
  }

  // MARK: answers

  /// Something came that no registry says.
  static func answer(_ url: HTTPURL, _ problem: String, hint: String? = nil) -> Failure {
    Failure(
      "registry_answer", "\(url) gave an answer that packc does not take: \(problem)",
      hint: hint ?? "look whether the host is a registry; nothing of the answer was kept", exit: .badInput)
  }

  static func html(_ response: HTTPResponse) -> Failure {
    answer(
      response.url, "a web page (HTML, status \(response.status)) instead of a registry's JSON",
      hint:
        "the host may be a web site, or a proxy or login page is in between: check the reference and the proxy variables"
    )
  }

  static func unauthorized(_ host: String, _ what: String, hasCredential: Bool, _ cause: String?) -> Failure {
    let how = hasCredential ? "does not accept the name and password" : "wants a login"
    let again = hasCredential ? "check them, and " : ""
    return Failure(
      "registry_unauthorized", "\(host) \(how) (401: \(what))",
      hint: "\(again)run `packc image login \(host) -u USER` with the password or token on standard input",
      exit: .notPermitted, cause: cause)
  }

  static func denied(_ host: String, _ what: String, _ cause: String?) -> Failure {
    Failure(
      "registry_denied", "\(host) does not allow it (403: \(what))",
      hint: "ask its owner for the right, or `packc image login \(host)` as somebody who has it",
      exit: .notPermitted, cause: cause)
  }

  static func notFound(_ what: String, hint: String, _ cause: String?) -> Failure {
    Failure("not_in_registry", what, hint: hint, exit: .badInput, cause: cause)
  }

  static func busy(_ host: String, _ what: String, wait: Double?, _ cause: String?) -> Failure {
    let asked = wait.map { " and asks to wait \(Int($0)) s" } ?? ""
    return Failure(
      "registry_busy", "\(host) says it gets too many requests\(asked) (429: \(what))",
      hint: "run it again later: what was transferred is kept; a login often has a higher limit", exit: .tryAgain,
      cause: cause)
  }

  static func serverError(_ host: String, _ what: String, _ status: Int, _ cause: String?) -> Failure {
    Failure(
      "registry_error", "\(host) has a fault of its own (\(status): \(what))",
      hint: "run it again later: what was transferred is kept", exit: .unavailable, cause: cause)
  }

  static func refused(_ host: String, _ what: String, _ status: Int, _ cause: String?) -> Failure {
    Failure(
      "registry_refused", "\(host) refuses it (\(status): \(what))",
      hint: status == 413
        ? "a proxy before the registry limits the size of requests; its owner can raise the limit"
        : "the cause is in the registry's words; its owner can say more",
      exit: .failed, cause: cause)
  }

  /// What came is not what its digest and size say.
  static func damaged(_ problem: String, in name: String) -> Failure {
    Failure(
      "damaged_image", "\(name): \(problem)",
      hint: "fetch it again, or ask the registry's owner; packc kept nothing of it", exit: .badInput)
  }

  static func shrunk(_ path: HostPath) -> Failure {
    Failure(
      "file_changed", "\(path) became shorter while it was sent",
      hint: "let whatever writes to it finish, then try again",
      exit: .tryAgain)
  }

  static func wrongDigest(_ reference: RegistryReference, is digest: Digest) -> Failure {
    Failure(
      "bad_reference", "\(reference) names another digest than that of the image, \(digest)",
      hint: "leave out the digest: the registry gives the image the one of its bytes", exit: .usage)
  }

  static func contended(_ repository: String, _ tag: String) -> Failure {
    Failure(
      "registry_contended", "others write the referrers of \(repository):\(tag) at the same time, again and again",
      hint: "run it again when they are done", exit: .tryAgain)
  }

  // MARK: credentials

  static func open(_ host: String) -> Failure {
    Failure(
      "no_login_needed", "\(host) lets everybody in, so it cannot say whether the password is right; nothing was kept",
      hint: "pull and push without a login", exit: .badInput)
  }

  static func credentials(_ path: HostPath, _ problem: String, cause: String? = nil) -> Failure {
    Failure(
      "bad_docker_config", "\(path): \(problem)", hint: "mend the file, or move it away and log in again",
      exit: .badInput, cause: cause)
  }

  static func helper(_ name: String, _ problem: String, cause: String? = nil) -> Failure {
    Failure(
      "credential_helper", "the credential helper \(name) \(problem)",
      hint: "it is named by credsStore or credHelpers of docker's config.json: install it, or take the entry out",
      exit: .toolchain, cause: cause)
  }
}

extension HTTPURL {
  /// As people name a registry.
  var hostAndPort: String { String(origin.drop { $0 != ":" }.dropFirst(3)) }
}
