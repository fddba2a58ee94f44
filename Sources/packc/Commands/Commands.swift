/// Every command, in the order in which help shows them. A new command is one more file and one more line here.
enum Commands {
  static var all: [CommandDefinition] {
    [
      BuildCommand.definition, RunCommand.definition,
      PlanCommand.definition, InitCommand.definition, LockCommand.definition, CheckCommand.definition,
      PackCommand.list, PackCommand.show, PackCommand.test, PackNewCommand.definition, PackWrapCommand.definition,
      ImageNameCommands.list, ImageInspectCommand.definition,
      ImageTransferCommands.importing, ImageTransferCommands.export, ImageTransferCommands.copy,
      ImageVerifyCommand.definition,
      ImageNameCommands.tag, ImageNameCommands.untag, ImageNameCommands.index,
      ImageDiffCommand.definition, ImageReportCommand.definition,
      ImageSymbolsCommand.definition,
      KernelCommand.importing, KernelCommand.list,
      ImageGCCommand.definition,
      ImagePushCommand.definition, ImagePullCommand.definition,
      ImageLoginCommand.definition, ImageLoginCommand.logout,
      VersionCommand.definition, HelpCommand.definition,
    ]
  }
}
