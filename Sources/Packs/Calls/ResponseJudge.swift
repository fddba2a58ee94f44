internal import PackCore

/// Whether what a pack left and how it ended is an answer by the rules. The host and the conformance suite ask the same
/// judge.
struct ResponseJudge {
  /// A rule that was broken.
  struct Violation: Error {
    enum Kind: CaseIterable {
      case end, missing, notRegular, tooLarge, document, fields, requestID, disagreement
    }
    var kind: Kind
    var text: String
  }

  struct Verdict {
    var exit: PackExit
    /// nil when the pack ended with an error code or 100, and left no document.
    var response: PackResponse?
  }

  let phase: PackPhase
  let requestID: String

  func judge(_ end: CommandResult.End, _ path: HostPath) throws(Violation) -> Verdict {
    guard case .exited(let number) = end, let code = PackExit(rawValue: number),
      code != .notApplicable || phase == .detect
    else { throw Violation(kind: .end, text: "it ended with \(end)") }
    guard let bytes = try read(path) else {
      if code == .ok { throw Violation(kind: .missing, text: "exit code 0, and no response was written") }
      return Verdict(exit: code, response: nil)
    }
    let response = try parse(bytes)
    guard response.requestID == requestID else {
      throw Violation(kind: .requestID, text: "its response answers another request (request_id)")
    }
    guard response.status == code.status else {
      throw Violation(
        kind: .disagreement, text: "its status is \(response.status.rawValue), and its exit code \(code.rawValue)")
    }
    return Verdict(exit: code, response: response)
  }

  /// nil when there is no file.
  private func read(_ path: HostPath) throws(Violation) -> [UInt8]? {
    do {
      guard let status = try FileSystem.status(path) else { return nil }
      guard status.kind == .file else { throw Violation(kind: .notRegular, text: "its response is not a regular file") }
      guard status.size <= PackProtocol.responseLimit else {
        throw Violation(
          kind: .tooLarge,
          text: "its response has \(status.size) bytes; the limit is \(PackProtocol.responseLimit)")
      }
      return try FileSystem.read(path, limit: PackProtocol.responseLimit)
    } catch let violation as Violation {
      throw violation
    } catch {
      throw Violation(kind: .notRegular, text: "its response cannot be read: \(error)")
    }
  }

  private func parse(_ bytes: [UInt8]) throws(Violation) -> PackResponse {
    let json: JSONValue
    do {
      json = try JSONParser.parse(bytes, name: "response", limits: .init(bytes: PackProtocol.responseLimit))
    } catch {
      throw Violation(kind: .document, text: "its response is wrong: \(error)")
    }
    do {
      return try PackResponse(JSONReader(json))
    } catch {
      throw Violation(kind: .fields, text: "its response is wrong: \(error)")
    }
  }
}
