internal import PackCore
internal import TestSupport
import XCTest

@testable import Build
@testable import Packs

/// Buildpacks of several API versions through the whole of the adapter: wrap, detect, plan, build, completion.
final class BuildpackTests: XCTestCase {
  /// Writes a layer with a program that the process starts.
  private let layer = """
    mkdir -p "$1/tool/bin" "$1/tool/env.launch"
    printf '[types]\\nlaunch = true\\nbuild = true\\n[metadata]\\nversion = "1"\\n' >"$1/tool.toml"
    cp /bin/true "$1/tool/bin/serve"
    printf 'loud' >"$1/tool/env.launch/MODE"
    """

  func testAPI0_7PassesArgumentsOnly() throws {
    let bench = try BuildpackBench()
    try bench.root.write("hello", to: "project/app.txt")
    try bench.buildpack(
      "old", api: "0.7", detect: "test -f app.txt; test -d \"$1\"; test -z \"${CNB_PLATFORM_DIR-}\"; echo > \"$2\"",
      build: layer + """

        { pwd; echo "$1 ${CNB_LAYERS_DIR-none} ${CNB_STACK_ID-none} ${CNB_TARGET_OS-none}"; cat "$2/env/BP_X"; echo " $BP_X"; } >out
        printf '[[processes]]\\ntype = "web"\\ncommand = "serve"\\nargs = ["-v"]\\ndirect = true\\n' >"$1/launch.toml"
        """, toml: "[[stacks]]\nid = \"*\"\n")
    try bench.wrap("old")
    let built = try bench.build(environment: ["BP_X": "given"])
    XCTAssertEqual(
      try built.text("workspace/out"), "/workspace\n/layers/test_old none dev.packc.host none\ngiven given\n")
    XCTAssertEqual(built.plan.entrypoint, ["/layers/test_old/tool/bin/serve", "-v"])
    XCTAssertEqual(built.plan.environment["PATH"], "/layers/test_old/tool/bin:/usr/local/bin:/usr/bin:/bin")
    XCTAssertEqual(built.plan.environment["MODE"], "loud")
    XCTAssertEqual(built.plan.workingDirectory.absolute, "/workspace")
    XCTAssertTrue(try built.files().contains("layers/test_old/tool/bin/serve"))
  }

  func testAPI0_12NamesEverything() throws {
    let bench = try BuildpackBench()
    try bench.buildpack(
      "new", api: "0.12",
      detect: "test -d \"$CNB_PLATFORM_DIR\"; test -f \"$CNB_BUILD_PLAN_PATH\"; test -d \"$CNB_BUILDPACK_DIR\"",
      build: """
        cd "$CNB_LAYERS_DIR"
        \(layer.replacing("$1", with: "$CNB_LAYERS_DIR"))
        echo "$CNB_TARGET_OS $CNB_EXEC_ENV ${CNB_STACK_ID-none} ${PACKC_LIBEXEC-none}" >/workspace/out
        cat >launch.toml <<'END'
        [[labels]]
        key = "org.example.kind"
        value = "test"
        [[slices]]
        paths = ["static/*"]
        [[processes]]
        type = "task"
        command = ["serve", "task"]
        working-dir = "sub"
        default = true
        [[processes]]
        type = "web"
        command = ["serve"]
        [[processes]]
        type = "dev"
        command = ["nowhere"]
        exec-env = ["development"]
        END
        """, toml: "[[targets]]\nos = \"linux\"\n")
    try bench.root.write("x", to: "project/sub/x")
    try bench.wrap("new")
    let built = try bench.build()
    XCTAssertEqual(try built.text("workspace/out"), "linux production none none\n")
    XCTAssertEqual(built.plan.entrypoint, ["/layers/test_new/tool/bin/serve", "task"], "the default process")
    XCTAssertEqual(built.plan.workingDirectory.absolute, "/workspace/sub")
    XCTAssertEqual(built.plan.labels, ["org.example.kind": "test"])
    XCTAssertTrue(built.log.contains { $0.contains("slices") }, "\(built.log)")
    XCTAssertEqual(
      built.plan.decisions.first { $0.what == "program" }?.source,
      "launch.toml of test/new@1.2.3:6:1 (process task, the default of its buildpack)")
    XCTAssertEqual(try bench.build(app: "web").plan.entrypoint, ["/layers/test_new/tool/bin/serve"])
    assertStepFails("no process \"wbe\"", "--app web") { try bench.build(app: "wbe") }
    assertStepFails("no process \"dev\"") { try bench.build(app: "dev") }
    XCTAssertEqual(
      try bench.build(options: ["command": ["./sub/x"]]).plan.entrypoint, ["/workspace/sub/x"], "what the author says")
  }

  func testAGroupHandsItsPlanAndItsLayersOn() throws {
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    try bench.buildpack(
      "engine", api: "0.9", detect: "printf '[[provides]]\\nname = \"engine\"\\n' >\"$2\"",
      build: layer + """

        cp "$3" "$1/tool/plan"
        mkdir -p "$1/tool/env.build" "$1/tool/env" "$1/scratch"
        printf 'left' >"$1/tool/env/WORDS.append"; printf 'and' >"$1/tool/env/WORDS.delim"
        printf 'only-build' >"$1/tool/env.build/BUILT"
        touch "$1/scratch.toml"
        """)
    try bench.buildpack(
      "app", api: "0.10",
      detect:
        "printf '[[requires]]\\nname = \"engine\"\\nversion = \"18\"\\n[requires.metadata]\\nwhy = \"a \\\\\"b\\\\\"\"\\n' >\"$2\"",
      build: """
        mkdir -p "$1/site/env"
        printf '[types]\\nlaunch = true\\n' >"$1/site.toml"
        printf 'right' >"$1/site/env/WORDS.append"; printf ' ' >"$1/site/env/WORDS.delim"
        { echo "$BUILT $WORDS"; command -v serve; ls /layers/test_engine; cat "$3"; } >out
        printf '[[processes]]\\ntype = "any"\\ncommand = ["serve"]\\n' >"$1/launch.toml"
        """)
    try bench.wrap("engine", "app")
    let choice = try bench.choose()
    XCTAssertEqual(choice.pack.name, "cnb")
    let built = try bench.build()
    XCTAssertEqual(
      try built.text("layers/test_engine/tool/plan"),
      "\n[[entries]]\nname = \"engine\"\n\n[entries.metadata]\nversion = \"18\"\nwhy = \"a \\\"b\\\"\"\n".dropFirst()
        .description)
    XCTAssertEqual(
      try built.text("workspace/out"),
      "only-build left\n/layers/test_engine/tool/bin/serve\nscratch.ignore\nscratch.toml\ntool\ntool.toml\n")
    XCTAssertEqual(built.plan.environment["WORDS"], "left right")
    XCTAssertNil(built.plan.environment["BUILT"])
    XCTAssertEqual(built.plan.decisions.first { $0.what == "dependency" }?.source, "provided by test/engine@1.2.3")
    XCTAssertFalse(try built.files().contains { $0.contains("scratch") })
    // The other way round nothing is provided when it is required.
    try bench.wrap("app", "engine")
    let failure = try XCTUnwrap(assertFailure("buildpack_detect") { try bench.plan() })
    XCTAssertTrue(failure.message.contains("test/app@1.2.3: it requires engine, which nothing before it provides"))
    XCTAssertThrowsError(try bench.choose()) { XCTAssertEqual(($0 as? Failure)?.code, "nothing_detected", "\($0)") }
  }

  func testWhatABuildpackLeavesUnmetGoesToTheNextProvider() throws {
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    let provides = "printf '[[provides]]\\nname = \"tool\"\\n' >\"$2\""
    try bench.buildpack(
      "one", api: "0.9", detect: provides, build: "printf '[[unmet]]\\nname = \"tool\"\\n' >\"$1/build.toml\"")
    try bench.buildpack("two", api: "0.9", detect: provides, build: "cp \"$3\" two")
    try bench.buildpack(
      "three", api: "0.9", detect: provides, build: "cp \"$3\" three; env >env", toml: "clear-env = true\n")
    try bench.buildpack(
      "app", api: "0.9", detect: "printf '[[requires]]\\nname = \"tool\"\\n' >\"$2\"",
      build: layer + "\nprintf '[[processes]]\\ntype = \"web\"\\ncommand = [\"serve\"]\\n' >\"$1/launch.toml\"")
    try bench.wrap("one", "two", "three", "app")
    let built = try bench.build(environment: ["BP_GIVEN": "1"])
    XCTAssertEqual(try built.text("workspace/two"), "[[entries]]\nname = \"tool\"\n")
    XCTAssertEqual(try built.text("workspace/three"), "", "it is met")
    XCTAssertFalse(try built.text("workspace/env").contains("BP_GIVEN"), "clear-env")
  }

  func testDetectionThatFails() throws {
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    let rows: [(detect: String, code: String, says: String)] = [
      ("echo because >&2; exit 3", "buildpack_detect_failed", "ended with exit code 3:\n      because"),
      ("exit 100", "buildpack_detect", "no project of its own"), ("kill -9 $$", "buildpack_detect_failed", "signal 9"),
      ("printf '[[requires]\\n' >\"$2\"", "bad_toml", "header"),
      (
        "printf '[[requires]]\\nname = \"a\"\\n[requires.metadata]\\nx = \"%s\"\\n[[provides]]\\nname = \"a\"\\n' \"$PWD\" >\"$2\"",
        "buildpack_plan", "which is another one in the build"
      ),
    ]
    for row in rows {
      try bench.buildpack("bad", api: "0.10", detect: row.detect, build: "exit 0")
      try bench.wrap("bad")
      let failure = assertFailure(row.code, exit: .badInput, row.detect) { try bench.plan() }
      XCTAssertTrue(failure?.message.contains(row.says) ?? false, "\(row.detect): \(failure?.message ?? "")")
      // In detection an error is an error and never "no match".
      let exit: ExitCode = row.code == "buildpack_detect" ? .nothingDetected : .packFailed
      XCTAssertThrowsError(try bench.choose()) { XCTAssertEqual(($0 as? Failure)?.exit, exit, "\($0)") }
    }
  }

  func testTwoBuildsAreTheSame() throws {
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    try bench.buildpack(
      "one", api: "0.9",
      build: layer + "\nprintf '[[processes]]\\ntype = \"web\"\\ncommand = [\"serve\"]\\n' >\"$1/launch.toml\"")
    try bench.wrap("one")
    let first = try bench.build(useCache: false)
    let second = try bench.build(useCache: false)
    XCTAssertEqual(try first.digest(), try second.digest())
    XCTAssertEqual(first.plan.json, second.plan.json)
    XCTAssertTrue(try first.files().allSatisfy { !$0.hasPrefix("group") })
  }

  func testANamedCacheKeepsLayers() throws {
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    try bench.buildpack(
      "kept", api: "0.10",
      build: """
        if [ -f "$1/tool.toml" ]; then { cat "$1/tool.toml" "$1/tool/count" "$1/store.toml"; } >seen; fi
        \(layer)
        printf 'x' >>"$1/tool/count"
        printf '[types]\\nlaunch = true\\ncache = true\\n[metadata]\\nsum = "abc"\\n' >"$1/tool.toml"
        printf '[metadata]\\nkept = 1\\n' >"$1/store.toml"
        printf '[[processes]]\\ntype = "web"\\ncommand = ["serve"]\\n' >"$1/launch.toml"
        """)
    try bench.wrap("kept")
    for _ in 0..<2 { XCTAssertFalse(try bench.build(useCache: false).files().contains("workspace/seen")) }
    let cached: JSONValue = ["cache": "mine"]
    XCTAssertFalse(try bench.build(options: cached, useCache: false).files().contains("workspace/seen"))
    let second = try bench.build(options: cached, useCache: false)
    XCTAssertEqual(try second.text("workspace/seen"), "[metadata]\nsum = \"abc\"\nx[metadata]\nkept = 1\n")
    XCTAssertEqual(try second.text("layers/test_kept/tool/count"), "xx")
    XCTAssertFalse(try bench.build(options: ["cache": "other"], useCache: false).files().contains("workspace/seen"))
    assertFailure("bad_options") { try bench.plan(options: ["cache": "../x"]) }
  }

  func testShellProcessesNeedAShell() throws {
    let bench = try BuildpackBench()
    try bench.root.write("export FROM_PROFILE=yes\n", to: "project/.profile")
    try bench.buildpack(
      "shell", api: "0.8",
      build: """
        mkdir -p "$1/l/profile.d"
        printf '[types]\\nlaunch = true\\n' >"$1/l.toml"
        echo 'export A=1' >"$1/l/profile.d/a.sh"
        printf '[[processes]]\\ntype = "web"\\ncommand = "echo $A $FROM_PROFILE; pwd"\\n' >"$1/launch.toml"
        """)
    try bench.wrap("shell")
    assertStepFails("direct is false", "runtime: [bash]") { try bench.build() }
    let plan = try bench.build(options: ["runtime": ["bash"]]).plan
    XCTAssertEqual(Array(plan.entrypoint.dropFirst(1).prefix(1)), ["-c"])
    XCTAssertTrue(plan.entrypoint[0].hasSuffix("/bash"))
    XCTAssertEqual(
      plan.entrypoint.last,
      "source '/layers/test_shell/l/profile.d/a.sh'\nsource '/workspace/.profile'\ncd '/workspace'\necho $A $FROM_PROFILE; pwd"
    )
    XCTAssertEqual(plan.runtime.trees.map(\.path.name), ["bash"])
    // With arguments each is a word of the shell; a program takes the shell's place.
    for (command, starts) in [("echo", ""), ("./run", "exec ")] {
      try bench.root.write("#!/bin/bash\n", to: "project/run", mode: 0o755)
      try bench.buildpack(
        "shell", api: "0.7",
        build:
          "printf '[[processes]]\\ntype = \"web\"\\ncommand = \"\(command)\"\\nargs = [\"$A\", \"b  c\"]\\n' >\"$1/launch.toml\""
      )
      try bench.wrap("shell")
      let entrypoint = try bench.build(options: ["runtime": ["bash"]], environment: ["A": "$A"]).plan.entrypoint
      XCTAssertEqual(
        entrypoint.last?.split(separator: "\n").last.map(String.init), "\(starts)\"\(command)\" \"$A\" \"b  c\"")
    }
  }

  func testWhatIsNotSupportedIsNamed() throws {
    let web = "printf '[[processes]]\\ntype = \"web\"\\ncommand = [\"serve\"]\\n' >\"$1/launch.toml\""
    let rows: [(what: String, build: String, texts: [String])] = [
      (
        "exec.d", layer + "\nmkdir \"$1/tool/exec.d\"; touch \"$1/tool/exec.d/helper\"\n" + web,
        ["exec.d/helper in its layer \"tool\"", "env.launch"]
      ),
      ("no layer", "printf '[types]\\nlaunch = true\\n' >\"$1/gone.toml\"\n" + web, ["gone", "earlier image"]),
      ("no process", "exit 0", ["no process to start", "options: {command"]),
      ("nowhere", web, ["neither in the application nor in a launch layer", "runtime: [serve]"]),
      (
        "not for launch",
        layer.replacing("launch = true", with: "launch = false") + "\n"
          + web.replacing("[\"serve\"]".replacing("\"", with: "\\\""), with: "[\\\"$1/tool/bin/serve\\\"]"), ["serve"]
      ),
      (
        "a script without its interpreter",
        "printf '#!/usr/bin/env bash\\n' >run; chmod +x run\n"
          + web.replacing("serve", with: "./run"),
        ["#!/usr/bin/env bash", "no env and no bash", "runtime: [bash, env]"]
      ),
      (
        "two",
        "printf '[[processes]]\\ntype = \"a\"\\ncommand = [\"x\"]\\n[[processes]]\\ntype = \"b\"\\ncommand = [\"y\"]\\n' >\"$1/launch.toml\"",
        ["nothing says which process", "  a: x", "  b: y", "--app a"]
      ),
      (
        "direct", "printf '[[processes]]\\ntype = \"web\"\\ncommand = [\"x\"]\\ndirect = true\\n' >\"$1/launch.toml\"",
        ["launch.toml of test/bad@1.2.3:1", "direct"]
      ),
      (
        "broken", "printf '[[processes]]\\ntype = 7\\n' >\"$1/launch.toml\"",
        ["launch.toml of test/bad@1.2.3:2", "type"]
      ),
      (
        "an action", layer + "\nprintf x >\"$1/tool/env/X.sideways\"\n".replacing("env/", with: "env.launch/") + web,
        ["sideways"]
      ),
      ("its own code", "exit 7", ["bin/build of test/bad@1.2.3 ended with exit code 7"]),
    ]
    let bench = try BuildpackBench()
    try bench.root.write("x", to: "project/x")
    for row in rows {
      try bench.buildpack("bad", api: "0.9", build: row.build)
      try bench.wrap("bad")
      assertStepFails(row.texts, row.what) { try bench.build() }
    }
  }

  private func assertStepFails<T>(
    _ texts: String..., file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> T
  ) {
    assertStepFails(texts, "", file: file, line: line, body)
  }
  private func assertStepFails<T>(
    _ texts: [String], _ what: String, file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> T
  ) {
    let failure = assertFailure("step_failed", exit: .stepFailed, what, file: file, line: line, body)
    for text in texts {
      XCTAssertTrue(
        failure?.cause?.contains(text) ?? false, "\(what): no \"\(text)\" in \(failure?.cause ?? "")", file: file,
        line: line)
    }
  }
}
