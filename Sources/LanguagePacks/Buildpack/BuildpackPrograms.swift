internal import PackCore

/// Finds what a process starts: in the application, in a launch layer, or among the programs of the host that
/// `options.runtime` names. There is no run image, so there is nothing else.
struct BuildpackPrograms {
  /// By name, where they are in the image.
  var hosts: [String: String]
  var launchLayers: [HostPath]
  var searchPath: String
  /// The working directory of the process.
  var directory: HostPath

  /// argv of a process that is started as it is.
  func direct(_ process: LaunchFile.Process) throws -> [String] {
    let program = try find(process.command[0], process)
    try checkInterpreter(of: program, process)
    return [program.description] + process.command.dropFirst() + process.arguments
  }

  /// argv of a process that is a line for bash.
  func shell(_ process: LaunchFile.Process, sourcing files: [HostPath]) throws -> [String] {
    guard let bash = hosts["bash"] else {
      throw Failure(
        "buildpack_shell",
        "\(process.source): the process \(process.type) is started by a shell (direct is false), and the image has none",
        hint: missing(["bash"]) + ", if it is meant to have one; or set direct = true in the buildpack", exit: .badInput
      )
    }
    var script = files.map { "source '\($0.description.replacing("'", with: "'\\''"))'\n" }.joined()
    script += "cd '\(directory.description.replacing("'", with: "'\\''"))'\n"
    let words = process.command + process.arguments
    // With arguments each is one word of the shell: variables are replaced, and nothing is split.
    // What is a program takes the place of the shell, so that signals reach it; `echo` may be the shell's own.
    let start = (try? find(words[0], process)) == nil ? "" : "exec "
    script += words.count == 1 ? words[0] : start + words.map(Self.word).joined(separator: " ")
    return [bash, "-c", script]
  }

  private static func word(_ text: String) -> String { "\"\(text.replacing("\"", with: "\\\""))\"" }

  // MARK: Looking

  private func find(_ name: String, _ process: LaunchFile.Process) throws -> HostPath {
    if name.contains("/") {
      let path = (directory / name).lexicallyNormalized
      if try isInImage(path, process) { return path }
      if let host = hosts[path.name], host == path.description || isHost(path) { return HostPath(host) }
      throw notFound(path.description, path.name, process, inApplication: isOurs(path))
    }
    for place in searchPath.split(separator: ":") where place.hasPrefix("/") {
      let path = HostPath(String(place)) / name
      if isOurs(path), FileSystem.isExecutableFile(path), try isInImage(path, process) { return path }
    }
    if let host = hosts[name] { return HostPath(host) }
    throw notFound(name, name, process, inApplication: false)
  }

  private func isOurs(_ path: HostPath) -> Bool {
    path.relative(to: BuildpackBuild.workspace) != nil || path.relative(to: BuildpackBuild.layers) != nil
  }

  private func isHost(_ path: HostPath) -> Bool {
    ["/bin", "/usr/bin", "/sbin", "/usr/sbin"].contains(path.parent.description)
  }

  private func isInImage(_ path: HostPath, _ process: LaunchFile.Process) throws -> Bool {
    guard isOurs(path), FileSystem.exists(path) else { return false }
    if path.relative(to: BuildpackBuild.workspace) != nil { return true }
    if launchLayers.contains(where: { path.relative(to: $0) != nil }) { return true }
    throw Failure(
      "buildpack_process",
      "\(process.source): the process \(process.type) starts \(path), and that layer is not one for launch",
      hint: "this is a fault of the buildpack: `launch = true` under [types] puts a layer into the image",
      exit: .badInput)
  }

  private func notFound(
    _ shown: String, _ name: String, _ process: LaunchFile.Process, inApplication: Bool
  ) -> Failure {
    Failure(
      "buildpack_process",
      "\(process.source): the process \(process.type) starts \(shown), which "
        + (inApplication ? "the build did not leave" : "is neither in the application nor in a launch layer"),
      hint: inApplication ? "it is a file that a buildpack makes, or the project has" : missing([name]), exit: .badInput
    )
  }

  private func missing(_ names: [String]) -> String {
    let all = Set(hosts.keys).union(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return "packc has no run image: write `options: {runtime: [\(all.joined(separator: ", "))]}` in unik.yaml to take "
      + "\(names.joined(separator: " and ")) from this host"
  }

  /// A script needs its interpreter in the image: `#!/bin/sh`, and both words of `#!/usr/bin/env bash`.
  private func checkInterpreter(of program: HostPath, _ process: LaunchFile.Process) throws {
    guard isOurs(program), let head = try? FileSystem.read(program, limit: 256 << 20).prefix(256),
      head.starts(with: Array("#!".utf8))
    else { return }
    let line = String(decoding: head.dropFirst(2).prefix { $0 != 0x0a }, as: UTF8.self)
    let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
    guard let interpreter = words.first else { return }
    var absent: [String] = []
    let path = HostPath(interpreter)
    if !isOurs(path), hosts[path.name] == nil { absent.append(path.name) }
    if path.name == "env", let name = words.dropFirst().first(where: { !$0.hasPrefix("-") && !$0.contains("=") }) {
      if (try? find(name, process)) == nil { absent.append(name) }
    }
    guard !absent.isEmpty else { return }
    throw Failure(
      "buildpack_process",
      "\(process.source): the process \(process.type) starts the script \(program) (#!\(line)), and the image has no "
        + absent.joined(separator: " and no "), hint: missing(absent), exit: .badInput)
  }
}
