internal import ELF
internal import OCI
public import PackCore

extension SymbolAnswer {
  public var json: JSONValue {
    JSONValue(compact: [
      "image": .string(symbols.name), "symbols": .array(entries.map(json)),
      "directory": directory.map { JSONValue($0) }, "core": core.map(json), "trace": trace.map(json),
    ])
  }

  private func json(_ entry: DebugSymbols.Entry) -> JSONValue {
    JSONValue(compact: [
      "build_id": .string(entry.buildID), "source": .string(entry.source), "path": .string(entry.program.absolute),
      "program": JSONValue(entry.stripped), "digest": JSONValue(entry.file.content),
      "size": .integer(entry.file.contentSize), "blob": JSONValue(entry.file.digest),
      "compressed_size": .integer(entry.file.size), "file": directory.map { JSONValue($0 / entry.debugPath) },
    ])
  }

  private func json(_ found: CoreSymbols) -> JSONValue {
    [
      "program": .string(found.core.program), "signal": .integer(Int64(found.core.signal)),
      "architecture": .string(found.core.machine.name), "cut_off": .bool(found.core.isCutOff),
      "modules": .array(
        found.modules.map {
          JSONValue(compact: [
            "path": .string($0.module.path), "start": .string(Self.hex($0.module.start)),
            "build_id": $0.module.identity.map { .string($0.hex) }, "match": .string($0.match?.rawValue ?? "none"),
            "symbols": $0.entries.first.map { .string($0.buildID) },
          ])
        }),
      "threads": .array(
        positions.map {
          [
            "id": .integer(Int64($0.thread)), "path": .string($0.entry.program.absolute),
            "address": .string(Self.hex($0.address)), "lines": .array($0.lines.map(\.json)),
          ]
        }),
    ]
  }

  private func json(_ found: TraceSymbols) -> JSONValue {
    [
      "frames": .array(
        found.frames.map { frame in
          JSONValue(compact: [
            "line": .integer(Int64(frame.frame.line)), "text": .string(found.trace.lines[frame.frame.line - 1]),
            "match": .string(frame.match.rawValue), "build_id": frame.entry.map { .string($0.buildID) },
            "path": frame.entry.map { .string($0.program.absolute) },
            "address": frame.address.map { .string(Self.hex($0)) }, "lines": .array(frame.lines.map(\.json)),
            "problem": frame.problem.map(JSONValue.string),
          ])
        })
    ]
  }

  static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
