internal import PackCore
internal import Packs

/// What every Java program's plan ends with: the jar laid out, its part of the JDK, and the command that starts it.
struct JavaPlan {
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let jdk: JavaToolchain
  let wishes: [JavaWish]

  static let runtimePlace = RootPath(literal: "usr/lib/jvm/java")

  func make(jar: String?) throws -> BuildPlan {
    var plan = BuildPlan()
    plan.decisions = [
      javaDecision,
      Decision(what: "program", value: jar ?? ".", source: jar ?? "META-INF/MANIFEST.MF (Main-Class)"),
      Decision(what: "build", value: "none", source: "the jar is in the project"),
    ]
    let port =
      JavaPorts.port(request, .none, module: nil, files)
      ?? .init(number: JavaPorts.usual, source: "the usual one; the jar itself is not read while planning")
    if let jar {
      let script = "mkdir \"$2\" && cp \"$1\" \"$2/program.jar\""
      plan.steps.append(
        BuildStep(
          id: "build", argv: ["/bin/sh", "-euc", script, "sh", "${source}/\(jar)", "${work}/built"], inputs: [jar],
          outputs: [RootPath(literal: "built")]))
    }
    finish(&plan, input: jar == nil ? "${source}" : "${work}/built", main: nil, framework: nil, port: port)
    return plan
  }

  var javaDecision: Decision {
    Decision(
      what: "java version", value: jdk.version,
      source: wishes.isEmpty
        ? "the host's \(jdk.home); the project names none" : wishes.map(\.says).joined(separator: ", "))
  }

  /// `input`: the directory with `program.jar`, or an unpacked one. `framework` nil: found in no manifest.
  func finish(
    _ plan: inout BuildPlan, input: String, main: String?, framework: JavaFramework?, port: JavaPorts.Port?
  ) {
    plan.steps.append(assembleStep(input: input, main: main))
    let app = RootPath(literal: "app")
    plan.artifacts += [
      .init(
        path: "${work}/image/runtime", role: .foreign, destination: Self.runtimePlace, layer: .runtime,
        exclude: Self.excluded),
      .init(path: "${work}/image/libraries", role: .foreign, destination: app, layer: .dependencies),
      .init(path: "${work}/image/app", role: .foreign, destination: app, layer: .application),
    ]
    plan.decisions.append(
      Decision(what: "runtime", value: "jlink", source: "the modules that the program's classes name (jdeps)"))
    plan.entrypoint =
      ["\(Self.runtimePlace.absolute)/bin/java"] + Self.flags
      + (request.options["jvm_args"]?.array ?? []).compactMap(\.string) + ["-jar", "/app/app.jar"]
    plan.workingDirectory = app
    plan.environment = (framework ?? .spring).environment(port: port?.number)
    if let port {
      plan.ports = ["\(port.number)/tcp"]
      plan.decisions.append(Decision(what: "port", value: String(port.number), source: port.source))
    }
    plan.toolchains.append(.init(name: "java", version: jdk.version, path: jdk.java))
  }

  /// For one program that has the machine for itself: no files of the profiler below /tmp, the simplest collector, and an
  /// end with the program instead of a state without memory.
  private static let flags = [
    "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=75", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
  ]

  /// Windows and sound; the programs of the JDK beside java itself.
  private static let excluded = [
    "lib/libawt_xawt.so", "lib/libjawt.so", "lib/libsplashscreen.so", "lib/libjsound.so", "bin/keytool",
    "bin/rmiregistry",
    "bin/jrunscript", "legal",
  ]

  private func assembleStep(input: String, main: String?) -> BuildStep {
    let modules = (request.options["modules"]?.array ?? []).compactMap(\.string).joined(separator: ",")
    return BuildStep(
      id: "assemble",
      argv: run("Assemble", [input, "${work}/image", main ?? "-", "${cache}/jlink", modules]),
      environment: environment([:]), inputs: [input == "${source}" ? "." : input],
      outputs: [RootPath(literal: "image")],
      cacheDirectories: [RootPath(literal: "jlink")], tools: jdk.tools)
  }

  /// A program of the pack's lib directory.
  func run(_ name: String, _ arguments: [String]) -> [String] {
    [
      jdk.java.description, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dpackc.lib=${pack}/lib",
      "${pack}/lib/\(name).java",
    ] + arguments
  }

  /// Archives of Java have the local time of their files, and javac's and Maven's texts are the locale's: both are said, as a
  /// step that runs without a sandbox has the host's.
  func environment(_ more: [String: String]) -> [String: String] {
    ["JAVA_HOME": jdk.home.description, "TZ": "UTC", "LC_ALL": "C.UTF-8"].merging(more) { $1 }
  }
}
