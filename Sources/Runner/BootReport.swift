public import PackCore

/// Where the time of one boot went, from packc's start of work to the program's first port that listens: phases in a row
/// that leave no gap, so that they add up to the whole.
public struct BootReport: Hashable, Sendable {
  public struct Phase: Hashable, Sendable {
    /// A name for programs: `qemu`, `kernel-drivers`.
    public let id: String
    public let name: String
    public let microseconds: Int64
  }
  /// What the machine was.
  public struct Machine: Hashable, Sendable {
    public let kernel: String
    public let type: String
    public let accelerator: String
    public let memory: Int
    public let cpus: Int
    public let initrdBytes: Int64
  }
  /// What ended it.
  public enum End: Hashable, Sendable {
    case listening(String)
    case started
    /// The program ended by itself before it listened.
    case ended
  }
  public let machine: Machine
  public let phases: [Phase]
  public let end: End

  public var total: Int64 { phases.map(\.microseconds).reduce(0, +) }

  public var json: JSONValue {
    let end: JSONValue =
      switch self.end {
      case .listening(let where_): ["what": "listening", "where": .string(where_)]
      case .started: ["what": "started"]
      case .ended: ["what": "ended"]
      }
    return [
      "schema_version": 1, "total_us": .integer(total), "until": end,
      "machine": [
        "kernel": .string(machine.kernel), "type": .string(machine.type), "accelerator": .string(machine.accelerator),
        "memory_mib": .integer(Int64(machine.memory)), "cpus": .integer(Int64(machine.cpus)),
        "initrd_bytes": .integer(machine.initrdBytes),
      ],
      "phases": .array(
        phases.map { ["id": .string($0.id), "name": .string($0.name), "us": .integer($0.microseconds)] }),
    ]
  }

  // MARK: - For people

  private static let nameWidth = 34
  private static let barWidth = 28

  /// A bar chart of at most 80 columns.
  public var text: String {
    let longest = max(1, phases.map(\.microseconds).max() ?? 1)
    var lines = [heading, ""]
    for phase in phases {
      // A phase that took something gets a bar.
      let eighths = Int((phase.microseconds * Int64(Self.barWidth) * 8 + longest - 1) / longest)
      lines.append(row(phase.name, phase.microseconds) + "  " + Self.bar(eighths))
    }
    lines.append(row("together", total))
    return lines.map { Self.trimmed($0) }.joined(separator: "\n") + "\n"
  }

  private var heading: String {
    let what =
      switch end {
      case .listening(let place): "until the program listened on \(place)"
      case .started: "until the program started (it does not listen)"
      case .ended: "until the program ended by itself"
      }
    return "\(Self.seconds(total)) s \(what)\n"
      + "Linux \(machine.kernel), \(machine.type), \(machine.accelerator), \(machine.memory) MiB, initrd "
      + "\((machine.initrdBytes + 524_288) >> 20) MiB"
  }

  /// `name   123 ms  12 %`
  private func row(_ name: String, _ microseconds: Int64) -> String {
    let share = total == 0 ? 0 : (microseconds * 100 + total / 2) / total
    return Self.padded(name, Self.nameWidth) + Self.padded(Self.milliseconds(microseconds), -7) + " ms"
      + Self.padded(String(share), -4) + " %"
  }

  private static func milliseconds(_ microseconds: Int64) -> String {
    microseconds < 9950
      ? "\(microseconds / 1000).\(microseconds % 1000 / 100)" : String((microseconds + 500) / 1000)
  }
  private static func seconds(_ microseconds: Int64) -> String {
    let hundredths = (microseconds + 5000) / 10_000
    let rest = String(hundredths % 100)
    return "\(hundredths / 100)." + (rest.count == 1 ? "0" + rest : rest)
  }
  /// A negative width: at the right.
  private static func padded(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
  }
  private static func bar(_ eighths: Int) -> String {
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
