internal import PackCore

/// Where a name is looked for, in the image and outside of it.
private struct SearchPlace {
  /// In the image; nil for directories that only the host's configuration knows.
  var image: RootPath?
  /// Outside.
  var outside: HostLookups.Directory?
  /// For messages: `/opt/x (RUNPATH of /app/server)`.
  var label: String
  /// Where a file found outside goes: nil is the loader's default directory.
  var destination: RootPath?
}

extension ClosureBuilder {
  /// Finds `soname` for the object at `index` as the loader would; what is found outside the image is added to it.
  mutating func search(_ soname: String, for index: Int, in process: LoadingProcess, imageOnly: Bool) throws
    -> LoadedObject?
  {
    if soname.contains("/") { return try searchPath(soname, for: index, in: process, imageOnly: imageOnly) }
    for place in ownPlaces(for: index, in: process) {
      if let found = inImage(soname, place, process) { return found }
      if !imageOnly, let found = try outside(soname, place, process) { return found }
    }
    guard !process.objects[index].elf.skipsDefaultDirectories else { return nil }
    let trusted = trustedPlaces(process.rules)
    for place in trusted { if let found = inImage(soname, place, process) { return found } }
    guard !imageOnly else { return nil }
    for place in try configuredPlaces(process.rules) + trusted {
      if let found = try outside(soname, place, process) { return found }
    }
    return nil
  }

  /// A DT_NEEDED with a slash is a path, not a name; only an absolute one means anything in an image.
  private mutating func searchPath(_ soname: String, for index: Int, in process: LoadingProcess, imageOnly: Bool) throws
    -> LoadedObject?
  {
    let cut = soname.utf8.lastIndex(of: UInt8(ascii: "/")) ?? soname.startIndex
    let name = String(soname[soname.utf8.index(after: cut)...])
    let directory = soname[..<cut].isEmpty ? "/" : String(soname[..<cut])
    guard let place = place(directory, of: process.objects[index], "NEEDED", process.rules) else { return nil }
    if let found = inImage(name, place, process, requestedAs: soname) { return found }
    // It is opened by this path and no other, so it cannot move.
    guard !imageOnly, place.destination != nil else { return nil }
    return try outside(name, place, process, requestedAs: soname)
  }

  // MARK: Places

  /// ld.so(8): RPATH, `LD_LIBRARY_PATH`, RUNPATH; musl looks at the variable first of all.
  private func ownPlaces(for index: Int, in process: LoadingProcess) -> [SearchPlace] {
    let given = libraryPath.map {
      SearchPlace(image: $0, outside: nil, label: "\($0.absolute) (LD_LIBRARY_PATH)", destination: nil)
    }
    let paths = pathsOfObjects(for: index, in: process)
    let comesFirst = process.rules.flavor == .musl || !process.objects[index].elf.runpath.isEmpty
    return comesFirst ? given + paths : paths + given
  }

  /// RPATH of the object and of those that loaded it, RUNPATH of the object alone.
  private func pathsOfObjects(for index: Int, in process: LoadingProcess) -> [SearchPlace] {
    let object = process.objects[index]
    let inherits = process.rules.inherits(from: object.elf)
    let holders = inherits ? process.chain(of: index).map { process.objects[$0] } : [object]
    return holders.flatMap { holder -> [SearchPlace] in
      // glibc: what has a RUNPATH hands nothing on.
      guard process.rules.flavor == .musl || !inherits || holder.elf.runpath.isEmpty else { return [] }
      let (entries, tag) = process.rules.ownPath(holder.elf)
      return entries.compactMap { place($0, of: holder, tag, process.rules) }
    }
  }

  private func place(_ entry: String, of holder: LoadedObject, _ tag: String, _ rules: LoaderRules) -> SearchPlace? {
    guard let directory = rules.expand(entry) else { return nil }
    var place: SearchPlace
    switch directory.base {
    case .absolute(let path):
      place = SearchPlace(
        image: path, outside: .source(path), label: "\(path.absolute) (\(tag) of \(holder.label))",
        destination: LoaderRules.mayStay(path) ? path : nil)
    case .origin(let rest):
      guard let parent = holder.path.parent, let origin = try? root.resolve(parent),
        let image = RootPath.normalizing(origin.absolute + "/" + rest)
      else { return nil }
      let outside: HostLookups.Directory? =
        switch holder.origin {
        case .source(let directory)?: RootPath.normalizing(directory.absolute + "/" + rest).map { .source($0) }
        case .host(let directory)?: .host((directory / HostPath("." + rest)).lexicallyNormalized)
        case nil: nil
        }
      place = SearchPlace(
        image: image, outside: outside, label: "\(image.absolute) (\(tag) \(entry) of \(holder.label))",
        destination: image)
    }
    if directory.dependsOnProcessor {
      // Found in one machine's directory, put where every machine looks.
      place.image = nil
      place.destination = nil
    }
    return place
  }

  private func trustedPlaces(_ rules: LoaderRules) -> [SearchPlace] {
    rules.trustedDirectories.map {
      SearchPlace(image: $0, outside: .source($0), label: "\($0.absolute) (the loader's own)", destination: $0)
    }
  }

  private func configuredPlaces(_ rules: LoaderRules) throws -> [SearchPlace] {
    let trusted = Set(rules.trustedDirectories.map(MergedUsr.path))
    return try host.configured(rules).filter { !trusted.contains(MergedUsr.path($0)) }.map {
      SearchPlace(
        image: nil, outside: .source($0),
        label:
          "\($0.absolute) (\(rules.flavor == .glibc ? "/etc/ld.so.conf" : "/etc/ld-musl-\(rules.architecture).path"))",
        destination: nil)
    }
  }

  // MARK: Files

  private func inImage(_ name: String, _ place: SearchPlace, _ process: LoadingProcess, requestedAs: String? = nil)
    -> LoadedObject?
  {
    guard let directory = place.image, let real = try? root.resolve(MergedUsr.path(directory)),
      let path = real.appending(component: Array(name.utf8)),
      let object = object(at: path, requestedAs: requestedAs ?? name),
      fits(object.elf, process.rules)
    else { return nil }
    return object
  }

  private mutating func outside(
    _ name: String, _ place: SearchPlace, _ process: LoadingProcess, requestedAs: String? = nil
  ) throws -> LoadedObject? {
    guard let directory = place.outside, let candidate = try host.candidate(directory, name),
      let elf = candidate.elf, fits(elf, process.rules)
    else { return nil }
    let target = try root.resolve(MergedUsr.path(place.destination ?? process.rules.defaultDirectory))
    guard let path = target.appending(component: Array(name.utf8)) else { return nil }
    try add(candidate.file, elf, at: path, mode: 0o644)
    if case .source(let found) = directory { sourceDirectories[path] = found }
    return object(at: path, requestedAs: requestedAs ?? name)
  }

  /// A loader passes over what is for another machine; so do we over what is for another C library.
  func fits(_ elf: ELFFile, _ rules: LoaderRules) -> Bool {
    elf.kind == .shared && elf.matches(platform) && [nil, rules.flavor].contains(LoaderFlavor(elf))
  }

  /// Puts a file of the host into the image, or a link when the image has that file already.
  mutating func add(_ file: RuntimeFile, _ elf: ELFFile?, at path: RootPath, mode: UInt32) throws {
    let present = byFile[HostFileKey(file.status)]
    guard present != path else { return }
    let content: RootFilesystem.Entry.Content =
      present.map { .link(Array($0.absolute.utf8)) } ?? .host(file.host, file.status)
    let entry = RootFilesystem.Entry(
      path: path, content: content, mode: present == nil ? mode : 0o777, layer: .runtime, origin: "host:\(file.host)")
    if let other = root[path] {
      throw ELFFailure.twoLibraries(path.name, at: path.absolute, other.origin, entry.origin)
    }
    try root.insert(entry)
    additions[path] = SharedObjectClosure.Addition(entry: entry, source: file.host, neededBy: [])
    if present == nil {
      byFile[HostFileKey(file.status)] = path
      if elf != nil { try inventory.add(entry) }
    }
  }

  /// PT_INTERP is a path that the kernel opens: the loader goes exactly there.
  mutating func addInterpreter(_ interpreter: String, for program: RootPath) throws {
    guard let wanted = RootPath.normalizing(interpreter) else {
      throw ELFFailure.loaderMissing(program.absolute, interpreter)
    }
    let path = try root.normalized(MergedUsr.path(wanted))
    if inventory.files[try root.resolve(path)] == nil {
      guard let file = try source.file(at: wanted), let elf = try ELFFile.readIfELF(file.host), elf.matches(platform)
      else { throw ELFFailure.loaderMissing(program.absolute, interpreter) }
      try add(file, elf, at: path, mode: 0o755)
    }
    if additions[path] != nil { users[path, default: []].insert(program.absolute) }
  }

  // MARK: The error

  func notFound(_ soname: String, for index: Int, in process: LoadingProcess) -> Failure {
    var places = ownPlaces(for: index, in: process)
    if !process.objects[index].elf.skipsDefaultDirectories {
      places += ((try? configuredPlaces(process.rules)) ?? []) + trustedPlaces(process.rules)
    }
    var others: [String] = []
    for place in places {
      guard let directory = place.outside, let candidate = try? host.candidate(directory, soname) else { continue }
      guard let elf = candidate.elf else { continue }
      if !elf.matches(platform) { others.append("\(candidate.file.host) for \(elf.architectureName)") }
    }
    return ELFFailure.libraryNotFound(
      soname, chain: process.chain(of: index).reversed().map { process.objects[$0].label },
      looked: places.map(\.label), otherArchitecture: others, wanted: platform)
  }
}
