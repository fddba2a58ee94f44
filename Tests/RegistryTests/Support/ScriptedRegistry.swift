import Glibc
import OCI
import PackCore
import XCTest

@testable import Registry

/// A registry in memory that keeps to the distribution spec, and faults where a test wants them.
final class ScriptedRegistry: Sendable {
  struct Settings: Sendable {
    /// Bearer tokens: `nil` lets everybody in.
    var token: (user: String, password: String)?
    var basic: String?
    var hasReferrers = true
    var hasRanges = true
    var mounts = true
    /// Requests with a token that are served before it runs out.
    var tokenLasts = Int.max
    /// Bytes of a request's body that a proxy lets through.
    var bodyLimit = Int.max
    /// Before the registry's own answer; nil leaves it.
    var fault: (@Sendable (SeenRequest, Int) -> ScriptedAnswer?)?
    /// Changes the registry's own answer.
    var spoil: (@Sendable (SeenRequest, ScriptedAnswer) -> ScriptedAnswer)?
  }
  private struct State {
    var blobs: [String: [String: [UInt8]]] = [:]
    var manifests: [String: [String: (type: String, bytes: [UInt8])]] = [:]
    var uploads: [String: [UInt8]] = [:]
    var count = 0
    var issued = 0
    var uses = 0
  }
  private let state = Locked(State())
  let settings: Settings
  private let box = Locked<ScriptedServer?>(nil)

  init(_ settings: Settings = Settings()) throws {
    self.settings = settings
    let server = try ScriptedServer { [unowned self] in self.answer($0) }
    box.withLock { $0 = server }
  }

  var server: ScriptedServer { box.withLock { $0! } }
  var host: String { server.host }
  func stop() { server.stop() }

  func blob(_ repository: String, _ digest: Digest) -> [UInt8]? {
    state.withLock { $0.blobs[repository]?[digest.description] }
  }
  func manifest(_ repository: String, _ name: String) -> [UInt8]? {
    state.withLock { $0.manifests[repository]?[name]?.bytes }
  }
  func add(_ repository: String, blob: [UInt8]) {
    state.withLock { $0.blobs[repository, default: [:]][Digest(of: blob).description] = blob }
  }
  func add(_ repository: String, _ name: String, _ type: MediaType, _ bytes: [UInt8]) {
    state.withLock { state in
      state.manifests[repository, default: [:]][name] = (type.description, bytes)
      state.manifests[repository, default: [:]][Digest(of: bytes).description] = (type.description, bytes)
    }
  }

  private func answer(_ request: SeenRequest) -> ScriptedAnswer {
    let number = state.withLock { state in
      state.count += 1
      return state.count - 1
    }
    if let fault = settings.fault?(request, number) { return fault }
    var answer = authorized(request) ?? serve(request)
    if let spoil = settings.spoil { answer = spoil(request, answer) }
    return answer
  }

  // MARK: who asks

  private func authorized(_ request: SeenRequest) -> ScriptedAnswer? {
    if request.path == "/token" { return token(request) }
    let header = request.headers["authorization"]
    if let basic = settings.basic, header != "Basic " + Base64.encode(Array(basic.utf8)) {
      return ScriptedAnswer(401, [("WWW-Authenticate", "Basic realm=\"scripted\"")])
    }
    guard settings.token != nil else { return nil }
    let isGood = state.withLock { state in
      guard header == "Bearer token-\(state.issued)" else { return false }
      state.uses += 1
      return state.uses <= settings.tokenLasts
    }
    guard !isGood else { return nil }
    let challenge =
      "Bearer realm=\"http://\(host)/token\",service=\"scripted\",scope=\"repository:x:pull\",error=\"invalid_token\""
    return ScriptedAnswer(401, [("WWW-Authenticate", challenge)], Array(#"{"errors":[{"code":"UNAUTHORIZED"}]}"#.utf8))
  }

  private func token(_ request: SeenRequest) -> ScriptedAnswer {
    guard let (user, password) = settings.token else { return ScriptedAnswer(404) }
    let basic = "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
    let refreshes = String(decoding: request.body, as: UTF8.self).contains("refresh_token=\(password)")
    guard request.headers["authorization"] == basic || (request.method == "POST" && refreshes) || user.isEmpty else {
      return ScriptedAnswer(401, json: #"{"details":"incorrect username or password"}"#)
    }
    let number = state.withLock { state in
      state.issued += 1
      state.uses = 0
      return state.issued
    }
    return ScriptedAnswer(200, json: #"{"token":"token-\#(number)","expires_in":60}"#)
  }

  // MARK: the API

  private func serve(_ request: SeenRequest) -> ScriptedAnswer {
    if request.path == "/v2/" { return ScriptedAnswer(200, json: "{}") }
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count >= 4, parts[0] == "v2" else { return ScriptedAnswer(404) }
    if let place = parts.lastIndex(of: "uploads"), place >= 3 {
      return upload(
        request, parts[1..<(place - 1)].joined(separator: "/"), parts.count > place + 1 ? parts[place + 1] : nil)
    }
    let repository = parts[1..<(parts.count - 2)].joined(separator: "/")
    let name = parts[parts.count - 1]
    switch parts[parts.count - 2] {
    case "blobs": return blob(request, repository, name)
    case "manifests": return manifest(request, repository, name)
    case "referrers" where settings.hasReferrers: return referrers(repository, name)
    case "tags": return tags(request, repository)
    default: return ScriptedAnswer(404, [], Array("404 page not found".utf8))
    }
  }

  private func blob(_ request: SeenRequest, _ repository: String, _ digest: String) -> ScriptedAnswer {
    guard let bytes = state.withLock({ $0.blobs[repository]?[digest] }) else {
      return ScriptedAnswer(404, json: #"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}"#)
    }
    let type = ("Content-Type", "application/octet-stream")
    guard settings.hasRanges, let range = request.headers["range"], request.method == "GET",
      let first = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
    else { return ScriptedAnswer(200, [type], bytes) }
    guard first < bytes.count else { return ScriptedAnswer(416) }
    return ScriptedAnswer(
      206, [type, ("Content-Range", "bytes \(first)-\(bytes.count - 1)/\(bytes.count)")], Array(bytes[first...]))
  }

  private func manifest(_ request: SeenRequest, _ repository: String, _ name: String) -> ScriptedAnswer {
    if request.method == "PUT" {
      let type = request.headers["content-type"] ?? ""
      state.withLock { state in
        state.manifests[repository, default: [:]][name] = (type, request.body)
        state.manifests[repository, default: [:]][Digest(of: request.body).description] = (type, request.body)
      }
      var headers = [("Docker-Content-Digest", Digest(of: request.body).description)]
      let subject = (try? JSONParser.parse(request.body))?["subject"]?["digest"]?.string
      if settings.hasReferrers, let subject { headers.append(("OCI-Subject", subject)) }
      return ScriptedAnswer(201, headers)
    }
    guard let (type, bytes) = state.withLock({ $0.manifests[repository]?[name] }) else {
      return ScriptedAnswer(404, json: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
    }
    return ScriptedAnswer(
      200, [("Content-Type", type), ("Docker-Content-Digest", Digest(of: bytes).description)], bytes)
  }

  private func referrers(_ repository: String, _ digest: String) -> ScriptedAnswer {
    let all = state.withLock { $0.manifests[repository] ?? [:] }
    let found = all.filter { key, value in
      key == Digest(of: value.bytes).description
        && (try? JSONParser.parse(value.bytes))?["subject"]?["digest"]?.string == digest
    }
    let list = found.values.compactMap { type, bytes in
      MediaType(type).map { BlobDescriptor(mediaType: $0, digest: Digest(of: bytes), size: Int64(bytes.count)) }
    }
    return ScriptedAnswer(
      200, [("Content-Type", MediaType.imageIndex.description)],
      CanonicalJSON.encode(ImageIndex(manifests: list).json))
  }

  /// Two a page.
  private func tags(_ request: SeenRequest, _ repository: String) -> ScriptedAnswer {
    let names = state.withLock { $0.manifests[repository] ?? [:] }.keys.filter { !$0.contains(":") }.sorted()
    let rest = names.filter { $0 > request.query["last"] ?? "" }
    var headers = [("Content-Type", "application/json")]
    if rest.count > 2 {
      headers.append(("Link", "</v2/\(repository)/tags/list?n=2&last=\(rest[1])>; rel=\"next\""))
    }
    let json: JSONValue = ["name": .string(repository), "tags": JSONValue(strings: rest.prefix(2))]
    return ScriptedAnswer(200, headers, CanonicalJSON.encode(json))
  }

  // MARK: uploads

  private func upload(_ request: SeenRequest, _ repository: String, _ session: String?) -> ScriptedAnswer {
    if request.body.count > settings.bodyLimit { return ScriptedAnswer(413) }
    guard let session else { return begin(request, repository) }
    return state.withLock { state in
      guard let known = state.uploads[session] else { return ScriptedAnswer(404) }
      let place = "/v2/\(repository)/blobs/uploads/\(session)?state=\(known.count)"
      switch request.method {
      case "GET":
        return ScriptedAnswer(204, [("Location", place), ("Range", "0-\(max(0, known.count - 1))")])
      case "PATCH":
        if let range = request.headers["content-range"], Int(range.prefix { $0 != "-" }) != known.count {
          return ScriptedAnswer(416, [("Location", place), ("Range", "0-\(max(0, known.count - 1))")])
        }
        state.uploads[session] = known + request.body
        // What was cut is kept, and nobody hears the answer.
        let count = known.count + request.body.count
        return ScriptedAnswer(
          202, [("Location", place + "&more=1"), ("Range", "0-\(max(0, count - 1))")])
      case "PUT":
        let bytes = known + request.body
        let isWhole = request.body.count == Int(request.headers["content-length"] ?? "") ?? 0
        guard isWhole else {
          state.uploads[session] = bytes
          return ScriptedAnswer(500)
        }
        guard request.query["digest"] == Digest(of: bytes).description else {
          state.uploads[session] = nil
          return ScriptedAnswer(400, json: #"{"errors":[{"code":"DIGEST_INVALID","message":"wrong"}]}"#)
        }
        state.uploads[session] = nil
        state.blobs[repository, default: [:]][Digest(of: bytes).description] = bytes
        return ScriptedAnswer(201, [("Docker-Content-Digest", Digest(of: bytes).description)])
      default: return ScriptedAnswer(405)
      }
    }
  }

  private func begin(_ request: SeenRequest, _ repository: String) -> ScriptedAnswer {
    state.withLock { state in
      if settings.mounts, let digest = request.query["mount"], let from = request.query["from"],
        let bytes = state.blobs[from]?[digest]
      {
        state.blobs[repository, default: [:]][digest] = bytes
        return ScriptedAnswer(201)
      }
      let session = "s\(state.uploads.count)-\(state.count)"
      state.uploads[session] = []
      // Relative, without a leading path, as the spec allows.
      return ScriptedAnswer(202, [("Location", "/v2/\(repository)/blobs/uploads/\(session)?state=x")])
    }
  }
}
