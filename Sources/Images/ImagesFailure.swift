internal import ELF
internal import OCI
internal import PackCore

/// What commands on finished images can say went wrong: each code once.
enum ImagesFailure {
  static func noContract(_ name: String, _ why: String) -> Failure {
    Failure(
      "no_contract", "\(name) has no contract: \(why)",
      hint: "copy images with their referrers, or compare with a committed packc.contract.json", exit: .badInput)
  }

  static func noBill(_ name: String) -> Failure {
    Failure(
      "no_sbom", "no list of what \(name) is made of lies beside it",
      hint: "build it with packc, and copy it with its referrers (`packc image copy`)", exit: .badInput)
  }

  static func wrongContract(_ name: String, _ expected: Digest) -> Failure {
    Failure(
      "wrong_contract", "the contract of \(name) is not \(expected), which the image names",
      hint: "somebody laid another one there; do not use it", exit: .badInput)
  }

  static func cannotAttach(_ source: String) -> Failure {
    Failure(
      "cannot_attach", "nothing can be laid beside the image in \(source), which is an archive",
      hint: "packc image import it, sign that, and export it with --referrers", exit: .badInput)
  }

  static func nothingToAttest(_ source: String) -> Failure {
    Failure(
      "nothing_to_attest", "no unsigned statement lies beside the image in \(source)",
      hint: "give one: --predicate FILE --type URI; `packc build` leaves facts and provenance there", exit: .badInput)
  }

  static func tooManyReferrers(_ source: String, limit: Int) -> Failure {
    Failure(
      "too_large", "more than \(limit) signatures lie beside the image in \(source)",
      hint: "have the ones that nobody needs removed there", exit: .badInput)
  }

  static func noImage(_ name: String, known: [String]) -> Failure {
    let near = Suggestion.nearest(to: name, in: known)
    return Failure(
      "no_such_image", "the store has no image \(name)" + (near.map { "; did you mean \($0)?" } ?? ""),
      hint: "`packc image list` shows what there is; `packc image pull HOST/REPOSITORY:TAG` fetches one",
      exit: .badInput)
  }

  static func ambiguous(_ digits: String, _ names: [String]) -> Failure {
    Failure(
      "ambiguous_digest", "\(digits) begins the digests of several images: \(names.joined(separator: ", "))",
      hint: "write more digits, or the name", exit: .badInput)
  }

  static func noMachine(_ name: String) -> Failure {
    Failure(
      "no_machine_image", "\(name) holds no kernel and initrd",
      hint:
        "`packc build` leaves such an image beside the container's, under its tag with -vm: oci:.packc/image:NAME-vm",
      exit: .badInput)
  }
  static func notBuilt(_ project: HostPath) -> Failure {
    Failure(
      "no_image", "no image was named, and \(project) has none of its own",
      hint: "run `packc build` there, or name an image: `packc image list` shows the store's", exit: .badInput)
  }

  static func whichArchive(_ text: String) -> Failure {
    Failure(
      "wrong_usage", "\"\(text)\" looks like a file, and does not say of which kind",
      hint: "write oci-archive:\(text) or docker-archive:\(text)", exit: .usage)
  }

  static func noPath(_ path: HostPath) -> Failure {
    let problem =
      FileSystem.exists(path) ? "there is no image layout and no archive at \(path)" : "there is no file \(path)"
    return Failure(
      "no_image", problem,
      hint: "give the path of an archive, or of a directory with an oci-layout in it", exit: .badInput)
  }

  static func noRegistryAccess(_ reference: RegistryReference) -> Failure {
    Failure(
      "no_registry_access", "this command does not reach registries, so not \(reference)",
      hint: "fetch it first: packc image pull \(reference)", exit: .usage)
  }

  static func noName(_ source: String, _ found: [String]) -> Failure {
    let seen = found.isEmpty ? "it has none" : "it has \(found.joined(separator: ", "))"
    return Failure(
      "no_name", "\(source) does not say what to call the image: \(seen)", hint: "give it a name with --name NAME",
      exit: .usage)
  }

  static func digestAsName(_ text: String) -> Failure {
    Failure(
      "bad_name", "\(text) is a digest, which no image can be called", hint: "write NAME[:TAG]", exit: .usage)
  }

  static func noDockerName(_ text: String) -> Failure {
    Failure(
      "bad_name", "\"\(text)\" is no name that docker load takes",
      hint: "write NAME[:TAG] or HOST/REPOSITORY[:TAG]", exit: .usage)
  }

  static func twoImages(of platform: String, _ first: String, _ second: String) -> Failure {
    Failure(
      "same_platform", "\(first) and \(second) are both for \(platform)",
      hint: "an index has one image for each platform", exit: .badInput)
  }

  static func foreignDirectory(_ path: HostPath) -> Failure {
    Failure(
      "directory_not_empty", "\(path) is there and has files in it; packc does not write over them",
      hint: "choose another place, or remove it", exit: .badInput)
  }

  // MARK: registries

  static func noDestination(isBuilt: Bool) -> Failure {
    let what = isBuilt ? "oci:.packc/image has been built; " : ""
    return Failure(
      "wrong_usage", "\(what)`packc image push` needs to know where to: HOST/REPOSITORY[:TAG]",
      hint: isBuilt
        ? "`packc image push registry.example/team/NAME:TAG`, with your registry in place of registry.example"
        : "build the project first, or name an image: `packc image push IMAGE HOST/REPOSITORY:TAG`",
      exit: .usage)
  }

  static func noRegistry(_ text: String) -> Failure {
    let guess = text.contains("/") ? "docker.io/\(text)" : "docker.io/library/\(text)"
    return Failure(
      "no_registry", "\"\(text)\" does not say which registry",
      hint: "write HOST/REPOSITORY[:TAG], like registry.example/team/shop:1; Docker Hub's is \(guess)", exit: .usage)
  }

  static func nothingToPush(_ name: String, _ project: HostPath) -> Failure {
    Failure(
      "not_built", "the store has no image \(name), and \(project) has not been built",
      hint: "run `packc build` first, or name the image: `packc image push NAME \(name)`", exit: .badInput)
  }
}

// MARK: - Comparing

extension ImagesFailure {
  static func noBuildBefore(_ project: HostPath) -> Failure {
    Failure(
      "no_build_before", "the builds of \(project) have made one image so far: there is nothing to compare it with",
      hint: "change something and run `packc build`, or name two images: packc image diff A B", exit: .badInput)
  }

  static func collected(_ name: String) -> Failure {
    Failure(
      "no_such_image", "the store has the image of \(name) no more: `packc image gc` or somebody removed it",
      hint: "run `packc build` again", exit: .badInput)
  }
}

// MARK: - Debug symbols

extension ImagesFailure {
  static func symbolsInside(_ image: String) -> Failure {
    Failure(
      "no_symbols", "\(image) was built with --debug: its programs hold their symbols themselves",
      hint: "give the debugger the program out of the image", exit: .badInput)
  }

  static func noSymbols(_ image: String, builtByPackc: Bool) -> Failure {
    Failure(
      "no_symbols", "no debug symbols lie beside \(image)",
      hint: builtByPackc
        ? "build it again without --no-debug-symbols, or copy it with its referrers; a program without any symbols has none"
        : "only images of `packc build` have them", exit: .badInput)
  }

  static func noBuildID(_ digits: String, in symbols: SymbolSet) -> Failure {
    Failure(
      "no_such_build_id", "no debug file beside \(symbols.name) has a build-id that begins with \"\(digits)\"",
      hint: "there are \(programs(symbols))", exit: .badInput)
  }

  static func foreignCore(_ path: HostPath, _ core: CoreFile, _ symbols: SymbolSet) -> Failure {
    let own = core.modules.prefix(8).map { "\($0.path) (\($0.identity?.hex ?? "no build-id"))" }
    let cut = core.isCutOff ? "; the file is cut off, so their headers may be missing" : ""
    return Failure(
      "foreign_core",
      "\(path) is of another program: \(own.isEmpty ? core.program : own.joined(separator: ", "))\(cut)",
      hint: "\(symbols.name) has symbols of \(programs(symbols)); name the image that the program came from",
      exit: .badInput)
  }

  static func directoryInTheWay(_ path: HostPath) -> Failure {
    Failure(
      "directory_in_the_way", "\(path) is a directory, where the debug file must be",
      hint: "remove it, or choose another --output", exit: .badInput)
  }

  static func emptyTrace(_ name: String) -> Failure {
    Failure(
      "no_frames", "\(name) has no address, offset or build-id in it that packc knows how to read",
      hint: "see `packc image symbols --help` for the forms", exit: .badInput)
  }

  private static func programs(_ symbols: SymbolSet) -> String {
    let shown = symbols.entries.prefix(8).map { "\($0.program.absolute) (\($0.buildID))" }
    return shown.joined(separator: ", ") + (symbols.entries.count > 8 ? " and others" : "")
  }
}
