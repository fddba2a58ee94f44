internal import Glibc
internal import PackCore
internal import Packs

/// `packc-packs PACK PHASE`: one executable for the first-party packs. Each of them speaks the protocol like anybody's.
public enum LanguagePackMain {
  /// A new language takes its line here and its directory in `packs.d`.
  private static func pack(named name: String) -> (any LanguagePack)? {
    switch name {
    case "buildpack": BuildpackPack()
    case "dotnet": DotnetPack()
    case "go": GoPack()
    case "java": JavaPack()
    case "node": NodePack()
    case "python": PythonPack()
    case "rust": RustPack()
    case "unik": UnikPack()
    default: nil
    }
  }

  /// Returns the exit code of the protocol.
  public static func run(_ arguments: [String]) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    if arguments.count > 2, arguments[1] == "buildpack", let code = BuildpackMain.run(Array(arguments.dropFirst(2))) {
      return code
    }
    guard arguments.count == 3, let pack = pack(named: arguments[1]) else {
      complain("usage: packc-packs PACK PHASE < request.json")
      return PackExit.badRequest.rawValue
    }
    do throws(PackRefusal) {
      let request = try PackRequest(readInput())
      guard request.phase.rawValue == arguments[2] else {
        throw PackRefusal(.badRequest, "bad_request", "the phase of the request is not the one of the command line")
      }
      return answer(request, pack).rawValue
    } catch {
      complain(error.message)
      return error.exit.rawValue
    }
  }

  private static func answer(_ request: PackRequest, _ pack: any LanguagePack) -> PackExit {
    let notes = PackNotes()
    do {
      var result: JSONValue?
      switch request.phase {
      case .detect: result = try pack.detect(request)?.json
      case .plan:
        guard pack.buildsForOthers || request.platform == .host else {
          throw PackRefusal.otherPlatform(CommandLine.arguments[1], request.platform)
        }
        let plan = try pack.plan(request, notes)
        let body: [String: JSONValue] = ["result": plan.json, "requires": JSONValue(strings: plan.neededFeatures)]
        return respond(request, body, .ok, notes)
      case .facts: result = ["facts": .array(try pack.facts(request).map(\.json))]
      case .sbom: result = ["components": .array(try pack.components(request).map(\.json))]
      }
      return respond(request, result.map { ["result": $0] } ?? [:], result == nil ? .notApplicable : .ok, notes)
    } catch {
      let refusal = Self.refusal(error)
      return respond(request, ["error": refusal.json], refusal.exit, notes)
    }
  }

  /// A file of the project that cannot be read is the project's fault, in the words of whoever found it.
  private static func refusal(_ error: any Error) -> PackRefusal {
    if let refusal = error as? PackRefusal { return refusal }
    guard let failure = error as? Failure else { return PackRefusal(.internalError, "internal", "\(error)") }
    let exit: PackExit = failure.exit == .toolchain ? .toolchainMissing : .projectError
    return PackRefusal(exit, failure.code, failure.message, hint: BrokenFile.hint(failure), at: failure.location)
  }

  private static func respond(
    _ request: PackRequest, _ body: [String: JSONValue], _ exit: PackExit, _ notes: PackNotes
  ) -> PackExit {
    var response = body
    response["protocol"] = .string(PackProtocol.version)
    response["request_id"] = .string(request.id)
    response["status"] = .string(exit.status.rawValue)
    response["diagnostics"] = .array(notes.json)
    do {
      try FileSystem.writeAtomically(CanonicalJSON.encode(.object(response)), to: request.response, durable: false)
      return exit
    } catch {
      complain("\(error)")
      return .internalError
    }
  }

  private static func readInput() throws(PackRefusal) -> [UInt8] {
    let input = Descriptor(owning: dup(0))
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    do {
      while true {
        let count = try chunk.withUnsafeMutableBytes { try input.read(into: $0) }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
        if bytes.count > PackProtocol.responseLimit { break }
      }
    } catch {
      throw PackRefusal(.badRequest, "bad_request", "the request cannot be read: \(error)")
    }
    throw PackRefusal(.badRequest, "bad_request", "the request is too large")
  }

  private static func complain(_ text: String) {
    let bytes = Array("packc-packs: \(text)\n".utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
