import CGuest

/// What `main` calls. Where it runs is never guessed:
///
/// - `guest-init container PROGRAM [ARGUMENT …]`: the first process of a container (see `ContainerInit`);
/// - without arguments: process 1 of a machine, from the kernel's hand-over to the end. It has no shell, no service, and
///   no choice to make but what `/.packc/config` and the host say.
@_cdecl("guest_main") public func guestMain(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  if count >= 3, let word = arguments[1], equal(word, "container") {
    var container = ContainerInit()
    return container.run(arguments + 2, environment)
  }
  guard guest_pid() == 1 else {
    Console(descriptor: 2).say(
      "this is the init of a packc machine and must be process 1 of it; in a container, start the program itself")
    return 64
  }
  guest_catch_reset()
  var machine = Machine()
  boot(&machine)
  machine.silenceKernel()
  guest_end(endsOff() ? 1 : 0)
  return 0
}

/// `packc.end=off` is for monitors that start a machine again when it is reset. Most end at a reset, which unlike the power
/// needs no driver.
private func endsOff() -> Bool {
  var how = Text()
  return CommandLine().value("packc.end=", into: &how) && equal(how.cString, "off")
}

private func boot(_ machine: inout Machine) {
  var problem = Text()
  var configuration = Configuration()
  var check = RootCheck()
  var stamps = Stamps()

  stamps.mark("the init began")
  let complaint = configuration.load()
  let isComplete = complaint == nil && check.run(problem: &problem)
  stamps.mark("the root was checked")
  machine.mountKernelFileSystems()
  let cmdline = CommandLine()
  var console = Console()
  console.open()
  if let complaint { return console.say(complaint) }
  stamps.mark("the file systems were mounted")

  var warning = Text()
  machine.loadModules(configuration.modules, cmdline, problem: &warning)
  stamps.mark("the drivers were loaded")
  var control = Control()
  control.open()
  var supervisor = Supervisor(control: control, console: console)
  supervisor.prepare(&configuration)
  stamps.mark("the host had answered")
  if warning.count > 0 { supervisor.warn(warning) }
  guard isComplete else { return supervisor.fail(problem) }

  warning.clear()
  var network = Network()
  network.configure(configuration, cmdline, problem: &warning)
  if warning.count > 0 { supervisor.warn(warning) }
  stamps.mark("the network was set up")
  guard prepareRoot(machine, configuration, cmdline, problem: &problem) else { return supervisor.fail(problem) }
  stamps.mark("the root was set up")
  if configuration.verbose { console.show(stamps) }
  supervisor.run(configuration, network, stamps)
  Volumes().unmount(configuration)
}

/// The disk where it is one, the places to write to, the volumes, and everything else read-only.
private func prepareRoot(
  _ machine: Machine, _ configuration: Configuration, _ cmdline: CommandLine, problem: inout Text
) -> Bool {
  machine.removeOwnFiles(configuration.modules)
  if configuration.rootDisk {
    var disk = RootDisk()
    guard disk.enter(cmdline, problem: &problem) else { return false }
  }
  var memory = Memory()
  var volumes = Volumes()
  guard WritablePlaces().mount(configuration, available: memory.available(), problem: &problem),
    volumes.mount(configuration, problem: &problem)
  else { return false }
  if configuration.coreLimit > 0 {
    var core = CoreDump()
    core.prepare()
  }
  return configuration.writableRoot || machine.makeRootReadOnly(problem: &problem)
}
