/// Every command, in the order in which help shows them. A new command is one more file and one more line here.
enum Commands {
  static var all: [CommandDefinition] {
    [
      BuildCommand.definition, RunCommand.definition,
      PlanCommand.definition, InitCommand.definition, LockCommand.definition, CheckCommand.definition,
      PackCommand.list, PackCommand.show, PackCommand.test, PackNewCommand.definition, PackWrapCommand.definition,
      ImageNameCommands.list, ImageInspectCommand.definition,
      ImageTransferCommands.importing, ImageTransferCommands.export, ImageTransferCommands.copy,
      ImageNameCommands.tag, ImageNameCommands.untag, ImageNameCommands.index,
      ImageSymbolsCommand.definition,
      KernelCommand.importing, KernelCommand.list,
      VersionCommand.definition, HelpCommand.definition,
    ]
  }
}
