internal import Glibc
internal import PackCore

/// The parts of the adapter that are no phase of the protocol.
enum BuildpackMain {
  /// `packc-packs buildpack build GROUP SOURCE WORK CACHE`, and `packc-packs buildpack describe DIRECTORY`, which checks
  /// the buildpacks of a pack and prints what they are as JSON. nil for anything else.
  static func run(_ arguments: [String]) -> Int32? {
    do {
      switch arguments.first {
      case "build" where arguments.count == 5:
        let places = arguments.dropFirst().map { HostPath($0) }
        let context = try HostContext.current()
        try BuildpackBuild(group: places[0], source: places[1], output: places[2], cache: places[3], context: context)
          .run()
        return 0
      case "describe" where arguments.count == 2:
        try describe(HostPath(arguments[1]))
        return 0
      default: return nil
      }
    } catch let failure as Failure {
      complain("packc: \(failure.description)")
    } catch {
      complain("packc: \(error)")
    }
    return 1
  }

  private static func describe(_ root: HostPath) throws {
    let set = try BuildpackSet(root: root)
    let json: JSONValue = [
      "buildpacks": .array(
        set.all.map {
          [
            "id": .string($0.id), "version": .string($0.version), "api": .string($0.api.description),
            "composite": .bool(!$0.order.isEmpty),
          ]
        }),
      "groups": .array(
        set.groups.map { .array($0.map { ["id": .string($0.buildpack.id), "optional": .bool($0.optional)] }) }),
    ]
    let bytes = CanonicalJSON.encodePretty(json)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }

  private static func complain(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
