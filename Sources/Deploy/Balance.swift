internal import Kernel
internal import PackCore
public import Runner

/// `balance.json`: one port before several replicas, as it should be. Commands write it, under the deployment's lock.
public struct Balance: Hashable, Sendable {
  /// A replica's published port.
  public struct Server: Hashable, Sendable {
    public let name: String
    public let port: PublishedPort
  }

  static let schema: Int64 = 1

  /// Random; stands in the environment of the balancer's processes (`DeploymentRecord.mark`).
  let id: String
  /// What clients speak to; its `guest` is the port of the program.
  public let listen: PublishedPort
  public let servers: [Server]
  /// Of the program, when it is asked at the port that is balanced.
  let health: HealthSpec?

  init(_ listen: PublishedPort, _ servers: [Server], health: HealthSpec?, id: String? = nil) {
    self.listen = listen
    self.servers = servers
    self.health = health
    self.id = id ?? String((0..<24).map { _ in "0123456789abcdef".randomElement() ?? "0" })
  }

  static func read(_ directory: MachineDirectory) throws -> Balance? {
    try StoredDocument.read(directory.balance, schema: schema) { try Balance(json: $0) }
  }
  func write(_ directory: MachineDirectory) throws { try StoredDocument.write(json, to: directory.balance) }

  var json: JSONValue {
    JSONValue(compact: [
      "schema": .integer(Self.schema), "id": .string(id), "listen": .string(listen.description),
      "servers": .array(servers.map { ["name": .string($0.name), "port": .string($0.port.description)] }),
      "health": health.map { .string($0.description) },
    ])
  }

  init(json reader: JSONReader) throws {
    id = try reader.required("id").string()
    guard id.utf8.count == 24 else { throw reader.failure("\"id\" is not one of ours") }
    listen = try PublishedPort(parsing: try reader.required("listen").string())
    servers = try reader.required("servers").array().map {
      Server(
        name: try DeploymentName(try $0.required("name").string()).description,
        port: try PublishedPort(parsing: try $0.required("port").string()))
    }
    health = try reader.optional("health").map { try HealthSpec(parsing: try $0.string()) }
  }
}

/// A balancer as it is now.
public struct BalancerState: Hashable, Sendable {
  public enum Phase: String, Sendable {
    case starting, running
    /// It could not be started, or nothing of it lives any more.
    case failed
    /// haproxy runs, and nobody looks after it.
    case broken
  }
  public let balance: Balance
  public let phase: Phase
  public let reason: String?

  public var url: String { balance.listen.url }
  public func nextStep(_ name: String) -> String? {
    phase == .running ? nil : "packc scale \(name) \(balance.servers.count) starts it again; packc status \(name)"
  }

  static func seen(_ directory: MachineDirectory) throws -> BalancerState? {
    // Asked before its word is read.
    let lives = try FileLock.isHeld(directory.balancerLock)
    guard let balance = try Balance.read(directory) else { return nil }
    let written = try BalancerReport.read(directory)
    if lives {
      let runs = written?.haproxy?.isAlive ?? false
      return BalancerState(balance: balance, phase: runs ? .running : .starting, reason: runs ? nil : written?.reason)
    }
    let left = MachineProcesses(balancerOf: directory, id: balance.id).marked()
    guard left.isEmpty else {
      let list = left.map { String($0.pid) }.joined(separator: ", ")
      return BalancerState(
        balance: balance, phase: .broken, reason: "nobody looks after the balancer, which still runs (process \(list))")
    }
    let isSameBoot = written?.bootID == ProcessIdentity.currentBootID()
    return BalancerState(
      balance: balance, phase: .failed,
      reason: written?.reason ?? (isSameBoot ? "the balancer was killed" : "the host was started anew"))
  }

  func json(_ name: String) -> JSONValue {
    JSONValue(compact: [
      "listen": .string(balance.listen.description), "state": .string(phase.rawValue), "address": .string(url),
      "reason": reason.map(JSONValue.string), "next": nextStep(name).map(JSONValue.string),
      "servers": JSONValue(strings: balance.servers.map(\.name)),
    ])
  }
}

/// `balancer.json`: what the process beside haproxy last wrote.
struct BalancerReport {
  var haproxy: ProcessIdentity?
  var reason: String?
  var bootID = ProcessIdentity.currentBootID()

  static func read(_ directory: MachineDirectory) throws -> BalancerReport? {
    try StoredDocument.read(directory.balancerState, schema: 1) { reader in
      BalancerReport(
        haproxy: try reader.optional("haproxy").map { try ProcessIdentity(json: $0) },
        reason: try reader.optional("reason")?.string(), bootID: try reader.required("boot_id").string())
    }
  }
  func write(_ directory: MachineDirectory) throws {
    try StoredDocument.write(
      JSONValue(compact: [
        "schema": 1, "haproxy": haproxy?.json, "reason": reason.map(JSONValue.string), "boot_id": .string(bootID),
      ]), to: directory.balancerState)
  }
}
