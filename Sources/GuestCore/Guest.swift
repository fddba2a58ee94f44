import CGuest

/// The guest's process 1, from the kernel's hand-over to the end of the machine. It has no shell, no service, and no
/// choice to make but what `/.packc/config` and the host say.
@_cdecl("guest_main") public func guestMain() -> Int32 {
  guard guest_pid() == 1 else {
    Console(descriptor: 2).say(
      "this is the init of a packc machine and must be process 1 of it; in a container, start the program itself")
    return 64
  }
  var machine = Machine()
  boot(&machine)
  machine.silenceKernel()
  guest_end()
  return 0
}

private func boot(_ machine: inout Machine) {
  var problem = Text()
  var configuration = Configuration()
  var check = RootCheck()

  let complaint = configuration.load()
  let isComplete = complaint == nil && check.run(problem: &problem)
  machine.mountKernelFileSystems()
  var console = Console()
  console.open(user: configuration.user, group: configuration.group)
  if let complaint { return console.say(complaint) }

  var warning = Text()
  machine.loadModules(configuration.modules, problem: &warning)
  var control = Control()
  control.open()
  var supervisor = Supervisor(control: control, console: console)
  supervisor.prepare(&configuration)
  if warning.count > 0 { supervisor.warn(warning) }
  guard isComplete else { return supervisor.fail(problem) }

  warning.clear()
  var network = Network()
  network.configure(configuration, problem: &warning)
  if warning.count > 0 { supervisor.warn(warning) }
  guard machine.mountWritable(configuration, problem: &problem) else { return supervisor.fail(problem) }
  machine.removeOwnFiles(configuration.modules)
  if !configuration.writableRoot, !machine.makeRootReadOnly(problem: &problem) { return supervisor.fail(problem) }
  supervisor.run(configuration)
}
