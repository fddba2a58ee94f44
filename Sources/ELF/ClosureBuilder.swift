internal import PackCore

/// The state of one closure: the image as it grows, what was looked up, what was found.
///
/// A value, so that an attempt that may fail works on a copy and is kept only when it succeeds.
struct ClosureBuilder {
  let platform: Platform
  let source: any RuntimeSource
  /// Lookups outside the image; shared by copies, since their answers do not depend on the image.
  let host: HostLookups
  /// `LD_LIBRARY_PATH` of the image. What lies there is found; nothing of the host is put there.
  var libraryPath: [RootPath] = []
  var root: RootFilesystem
  var inventory: ELFInventory
  var additions: [RootPath: SharedObjectClosure.Addition] = [:]
  var users: [RootPath: Set<String>] = [:]
  var caveats: [SharedObjectClosure.Caveat] = []
  /// Where files that came from the source were found there: the directory that `$ORIGIN` means for them.
  var sourceDirectories: [RootPath: RootPath] = [:]
  /// Regular files of the host that are in the image, by device and inode.
  var byFile: [HostFileKey: RootPath] = [:]
  /// For each flavor, the names that each program has loaded when it starts.
  var startupNames: [LoaderFlavor: [Set<String>]] = [:]
  /// What was loaded, to be loaded again by the image's own files only.
  var verified: [(root: RootPath, flavor: LoaderFlavor, isStrict: Bool)] = []

  struct HostFileKey: Hashable {
    var device: UInt64
    var inode: UInt64
    init(_ status: FileStatus) {
      device = status.device
      inode = status.inode
    }
  }

  init(_ root: RootFilesystem, platform: Platform, source: any RuntimeSource) throws {
    self.platform = platform
    self.source = source
    self.root = root
    host = HostLookups(source: source)
    inventory = ELFInventory()
    for entry in root.entries {
      try inventory.add(entry)
      if case .host(_, let status) = entry.content, byFile[HostFileKey(status)] == nil {
        byFile[HostFileKey(status)] = entry.path
      }
    }
    for path in inventory.malformed.keys.sorted() {
      caveats.append(.init(path: path, text: inventory.malformed[path]?.message ?? "not a valid ELF file"))
    }
  }

  var result: SharedObjectClosure {
    SharedObjectClosure(
      additions: additions.keys.sorted().compactMap { path in
        guard var addition = additions[path] else { return nil }
        addition.neededBy = (users[path] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return addition
      }, caveats: caveats.sorted { $0.path == $1.path ? $0.text < $1.text : $0.path < $1.path }, inventory: inventory)
  }

  func rules(_ flavor: LoaderFlavor) -> LoaderRules { LoaderRules(flavor: flavor, platform: platform) }

  // MARK: Roots

  private func sorted(_ condition: (ELFFile) -> Bool) -> [(path: RootPath, elf: ELFFile)] {
    inventory.files.filter { condition($0.value) }.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  /// Files for another machine cannot be started by anything in this image; the entry point is checked by `ELFCheck`.
  private mutating func isForeign(_ path: RootPath, _ elf: ELFFile) -> Bool {
    guard !elf.matches(platform) else { return false }
    caveats.append(.init(path: path, text: "built for \(elf.architectureName), not for \(platform): cannot be used"))
    return true
  }

  mutating func loadPrograms() throws {
    for (path, elf) in sorted(\.isProgram) where !isForeign(path, elf) && !elf.isStatic {
      let flavor = LoaderFlavor(elf) ?? .glibc
      if let interpreter = elf.interpreter { try addInterpreter(interpreter, for: path) }
      let names = try load(path, flavor: flavor, alreadyLoaded: [], fallback: [])
      startupNames[flavor, default: []].append(names)
      verified.append((path, flavor, true))
    }
  }

  mutating func loadSharedObjects() throws {
    let usual: LoaderFlavor = startupNames[.glibc] == nil && startupNames[.musl] != nil ? .musl : .glibc
    let known = Set(additions.keys)
    for (path, elf) in sorted(\.isSharedObject) where !known.contains(path) && !isForeign(path, elf) {
      let isStrict = root[path]?.layer == .application
      let flavor = LoaderFlavor(elf) ?? usual
      if !isStrict, !startupNames.isEmpty, startupNames[flavor] == nil {
        caveats.append(.init(path: path, text: "needs a C library that no program of the image uses: cannot be loaded"))
        continue
      }
      try attempt(path, flavor: flavor, isStrict: isStrict)
    }
  }

  /// Loads a shared object that some program may open. What cannot be loaded and is not the application's is a caveat,
  /// and leaves nothing behind.
  mutating func attempt(_ path: RootPath, flavor: LoaderFlavor, isStrict: Bool) throws {
    var trial = self
    do {
      let sets = startupNames[flavor] ?? []
      let always = sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
      _ = try trial.load(path, flavor: flavor, alreadyLoaded: always, fallback: sometimesLoaded(flavor))
      trial.verified.append((path, flavor, isStrict))
      self = trial
    } catch let failure as Failure where !isStrict && failure.exit == .badInput {
      caveats.append(.init(path: path, text: failure.message))
    }
  }

  /// Names that at least one program has loaded when it starts.
  private func sometimesLoaded(_ flavor: LoaderFlavor) -> Set<String> {
    (startupNames[flavor] ?? []).reduce(into: Set<String>()) { $0.formUnion($1) }
  }

  /// The sonames that a pack asks for.
  mutating func loadRequested(_ libraries: [String]) throws {
    let flavor: LoaderFlavor = startupNames[.glibc] == nil && startupNames[.musl] != nil ? .musl : .glibc
    for soname in libraries.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      _ = try loadByName(soname, user: "pack", flavor: flavor)
    }
  }

  /// dlopen(3) of a plain name by a program without a search path of its own.
  @discardableResult
  mutating func loadByName(_ soname: String, user: String, flavor: LoaderFlavor) throws -> RootPath? {
    let opener = LoadedObject.named(user, needs: [soname], platform)
    var process = LoadingProcess(rules: rules(flavor), main: opener)
    try run(&process, fallback: [])
    return process.objects.dropFirst().first { $0.requestedAs == soname }?.path
  }

  // MARK: Loading

  /// Loads `path` and all that it needs, breadth first as the loader does. Returns the names that are loaded then.
  private mutating func load(
    _ path: RootPath, flavor: LoaderFlavor, alreadyLoaded: Set<String>, fallback: Set<String>
  ) throws -> Set<String> {
    guard let object = object(at: path, requestedAs: nil) else { return [] }
    var process = LoadingProcess(rules: rules(flavor), main: object)
    process.names.formUnion(alreadyLoaded)
    try run(&process, fallback: fallback)
    return process.names
  }

  /// `fallback`: names that some, but not every, program has loaded when it opens the main object; better than nothing.
  mutating func run(_ process: inout LoadingProcess, fallback: Set<String>, imageOnly: Bool = false) throws {
    var index = 0
    while index < process.objects.count {
      for soname in process.objects[index].elf.needed
      where !process.rules.isProvidedByLoader(soname) && !process.names.contains(soname) {
        if var object = try search(soname, for: index, in: process, imageOnly: imageOnly) {
          object.loader = index
          process.add(object)
          if additions[object.path] != nil { users[object.path, default: []].insert(process.objects[index].label) }
        } else if fallback.contains(soname) {
          process.names.insert(soname)
        } else if let place = placeKnownToOthers(of: soname, in: process) {
          note(
            process.objects[index].path,
            "needs \(soname), to which only a search path of what loads it can lead (\(place.absolute))")
          process.names.insert(soname)
        } else {
          throw notFound(soname, for: index, in: process)
        }
      }
      index += 1
    }
  }

  /// Where the image has `soname` outside of every path that a library by itself would search. Libraries of one wheel are
  /// often so: DT_RPATH of the extension module that loads the first is handed on to the next ones.
  private func placeKnownToOthers(of soname: String, in process: LoadingProcess) -> RootPath? {
    let main = process.objects[0]
    guard main.elf.isSharedObject, main.path != .root else { return nil }
    return inventory.files.filter { path, elf in
      (elf.soname == soname || path.nameBytes.elementsEqual(soname.utf8)) && fits(elf, process.rules)
    }.keys.min()
  }

  /// Every root again, by the image's files alone: what the closure says is what the loader in the image will find.
  mutating func verify() throws {
    for (path, flavor, isStrict) in verified {
      guard let object = object(at: path, requestedAs: nil) else { continue }
      var process = LoadingProcess(rules: rules(flavor), main: object)
      if object.elf.isSharedObject { process.names.formUnion(sometimesLoaded(flavor)) }
      do {
        try run(&process, fallback: [], imageOnly: true)
      } catch let failure as Failure where !isStrict {
        caveats.append(.init(path: path, text: failure.message))
      }
    }
  }

  /// The ELF file at a path of the image, if it is there.
  func object(at path: RootPath, requestedAs name: String?) -> LoadedObject? {
    guard let real = try? root.resolve(path), let elf = inventory.files[real] else { return nil }
    var origin: LoadedObject.Origin?
    if let directory = sourceDirectories[path] {
      origin = .source(directory)
    } else if case .host(let file, _)? = root[real]?.content {
      origin = .host(file.parent)
    }
    return LoadedObject(path: path, label: path.absolute, elf: elf, origin: origin, requestedAs: name)
  }
}

/// A file that one program has loaded, or would load.
struct LoadedObject {
  /// What `$ORIGIN` means outside the image.
  enum Origin {
    case host(HostPath)
    case source(RootPath)
  }
  /// In the image, as the loader found it: links of its directory resolved, its own not.
  var path: RootPath
  var label: String
  var elf: ELFFile
  var origin: Origin?
  var requestedAs: String?
  /// Index of the object that needed it first.
  var loader: Int?

  init(path: RootPath, label: String, elf: ELFFile, origin: Origin?, requestedAs: String?) {
    self.path = path
    self.label = label
    self.elf = elf
    self.origin = origin
    self.requestedAs = requestedAs
  }

  /// Stands for a program that opens `needs` by name.
  static func named(_ label: String, needs: [String], _ platform: Platform) -> LoadedObject {
    let elf = ELFFile(
      kind: .shared, bits: 64, isLittleEndian: true, machine: ELFMachine(platform.architecture), needed: needs)
    return LoadedObject(path: .root, label: label, elf: elf, origin: nil, requestedAs: nil)
  }
}

/// What one program has loaded so far, in the order of loading.
struct LoadingProcess {
  let rules: LoaderRules
  var objects: [LoadedObject]
  /// Names under which something is loaded: what was asked for, and sonames.
  var names: Set<String> = []

  init(rules: LoaderRules, main: LoadedObject) {
    self.rules = rules
    objects = [main]
    if let soname = main.elf.soname { names.insert(soname) }
  }

  mutating func add(_ object: LoadedObject) {
    if let name = object.requestedAs { names.insert(name) }
    if let soname = object.elf.soname { names.insert(soname) }
    guard !objects.contains(where: { $0.path == object.path }) else { return }
    objects.append(object)
  }

  /// The object and those through which it was loaded, nearest first.
  func chain(of index: Int) -> [Int] {
    var chain = [index]
    while let next = objects[chain[chain.count - 1]].loader { chain.append(next) }
    return chain
  }
}
