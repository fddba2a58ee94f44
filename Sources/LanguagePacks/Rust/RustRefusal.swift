internal import PackCore
internal import Packs

/// Why a Rust project cannot be planned, each with the next step.
enum RustRefusal {
  static func noManifest() -> PackRefusal {
    PackRefusal(
      .projectError, "no_cargo_toml", "there is no Cargo.toml",
      hint: "run `cargo init`, and move the source to src/main.rs")
  }

  static func noProgram(_ project: CargoProject, tools: [String] = []) -> PackRefusal {
    let names = project.members.map(\.package.name)
    let listed = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    return PackRefusal(
      .projectError, "no_program",
      names.isEmpty
        ? "the workspace has no package" : "\(listed): no package has a binary, so there is nothing to start",
      hint: "packc builds programs; add one, for example in src/main.rs", at: SourceLocation(path: "Cargo.toml"))
  }

  /// What the packages take from directories that are not part of the project.
  static func checkRoot(_ project: CargoProject) throws {
    let member = project.rootMember
    if project.root.workspace == nil, let member {
      if let above = member.package.workspace {
        throw noWorkspace(
          member, "the package says that its workspace is in \(above.path)", above.place.location(project.root.path))
      }
      if let found = project.root.inheritance {
        throw noWorkspace(
          member, "\(found.key) is taken from a workspace, and this directory holds none",
          found.place.location(project.root.path))
      }
    }
    for member in project.members {
      for dependency in member.manifest.dependencies where dependency.kind != .development {
        let whole = project.resolved(dependency)
        guard let path = whole.path, project.path(of: dependency, in: member.directory) == nil else { continue }
        throw PackRefusal(
          .projectError, "outside_project",
          "\(member.package.name) needs \(whole.package) in \(path), which lies outside of the project",
          hint: above(member), at: dependency.place.location(member.manifest.path))
      }
    }
  }

  private static func noWorkspace(_ member: CargoProject.Member, _ what: String, _ place: SourceLocation) -> PackRefusal
  {
    PackRefusal(.projectError, "no_workspace", what, hint: above(member), at: place)
  }

  /// What lies above the project is never part of it: the command that makes it so.
  private static func above(_ member: CargoProject.Member) -> String {
    "run packc in the directory that holds all of it, with the workspace's Cargo.toml: "
      + "`packc build WORKSPACE --app \(member.package.name)`"
  }

  // MARK: Locks

  static func noLock(_ project: CargoProject, _ first: CargoManifest.Dependency, in path: String) -> PackRefusal {
    PackRefusal(
      .projectError, "lock_missing",
      "\(path) asks for packages (\(first.package)), and there is no Cargo.lock with their versions and hashes",
      hint: lockHint("run `cargo generate-lockfile` and commit Cargo.lock"), at: first.place.location(path))
  }

  private static func lockHint(_ text: String) -> String {
    text + "; if this is a member of a workspace, run packc on the directory of that, with --app"
  }

  /// Templates of .gitignore leave the lock out, as libraries may.
  static func ignoredLock(_ place: SourceLocation, isThere: Bool) -> PackRefusal {
    PackRefusal(
      .projectError, "lock_missing",
      isThere
        ? "Cargo.lock is no part of the project, since \(place.path) ignores it"
        : "there is no Cargo.lock with the versions and hashes of packages, and \(place.path) would ignore it",
      hint:
        "take the line out of \(place.path)\(isThere ? "" : ", run `cargo generate-lockfile`") and commit Cargo.lock, "
        + "as Cargo advises for programs", at: place)
  }

  static func oldLock(_ problem: String, _ place: SourceLocation) -> PackRefusal {
    PackRefusal(
      .projectError, "lock_outdated", "Cargo.lock does not fit the manifests: \(problem)",
      hint: "run `cargo update --workspace` and commit Cargo.lock", at: place)
  }

  static func vendor(_ what: String, _ place: SourceLocation?) -> PackRefusal {
    PackRefusal(
      .projectError, "vendor_incomplete", what,
      hint:
        "run `cargo vendor --locked` and commit the directory, or take the [source] tables out of the configuration",
      at: place)
  }

  // MARK: Tools

  static func noLinker() -> PackRefusal {
    PackRefusal(
      .toolchainMissing, "toolchain_missing", "Rust links with a C compiler, and there is none in PATH",
      hint: "apt-get install gcc libc6-dev")
  }

  static func noTarget(_ target: String, _ toolchain: RustToolchain, at place: SourceLocation?) -> PackRefusal {
    PackRefusal(
      .toolchainMissing, "toolchain_missing",
      "the standard library for \(target) is not installed beside \(toolchain.rustc)",
      hint: "rustup target add \(target)", at: place)
  }

  static func noLinux(_ target: CargoConfig.Value) -> PackRefusal {
    PackRefusal(
      .projectError, "no_linux", "the project builds for \(target.text), which a Linux machine cannot run",
      hint: "packc builds programs for Linux; take `build.target` out of \(target.location.path) for this build",
      at: target.location)
  }
}
