/// What `packc pack test` looks at, in the order of its report. The names are stable: scripts may filter by them, and
/// docs/pack-protocol.md explains each.
public enum ConformanceCheck: String, Sendable, CaseIterable {
  case trusted = "manifest: files that may be run"
  case manifest = "manifest: valid"
  case rules = "manifest: rules find the samples"
  case samples = "samples: one gives a plan"

  case emptyRequest = "request: empty is 65"
  case truncatedRequest = "request: cut off is 65"
  case foreignRequest = "request: not JSON is 65"
  case unknownProtocol = "request: protocol 9.9 is 76"
  case unknownRequires = "request: unknown requires is 76"
  case unknownField = "request: unknown fields are ignored"
  case unknownPhase = "phases: unknown is 65"
  case undeclaredPhases = "phases: undeclared are 65"
  case declaredPhases = "phases: declared answer"

  case exitCode = "response: exit code of the protocol"
  case written = "response: written with exit code 0"
  case regularFile = "response: a regular file"
  case size = "response: at most 16 MiB"
  case document = "response: one JSON document"
  case fields = "response: fields"
  case requestID = "response: request id"
  case agreement = "response: status and exit code agree"

  case detectSamples = "detect: samples"
  case detectEmpty = "detect: empty project is 100"
  case detectForeign = "detect: foreign projects are 100"

  case planSamples = "plan: samples"
  case planPaths = "plan: names no path of the call"
  case planDirectories = "plan: same from two directories"
  case planOddPath = "plan: same from an odd path"
  case planEnvironment = "plan: same in another environment"
  case toolchain = "plan: missing toolchain is 69"

  case secrets = "secrets: in no output"
  case unchanged = "project: unchanged"
  case beside = "project: nothing beside it"
  case sandbox = "sandbox: same answers"

  case eventLines = "events: one JSON object a line"
  case eventsClosed = "events: descriptor 3 may be closed"
  case log = "call: at most a megabyte of log"
  case time = "call: within its time"
  case leftovers = "call: leaves no process"
  case termination = "call: ends at SIGTERM"
}
