/// Every command, in the order in which help shows them. A new command is one more file and one more line here.
enum Commands {
  static var all: [CommandDefinition] {
    [
      BuildCommand.definition, DeployCommand.definition, StatusCommand.status, LogsCommand.definition,
      DestroyCommand.definition, RunCommand.definition,
      StatusCommand.list, StatusCommand.show, StatusCommand.exists, LifecycleCommands.stop, LifecycleCommands.start,
      LifecycleCommands.restart, ScaleCommand.definition, ReleaseCommands.rollback, ReleaseCommands.list,
      BackupCommands.backup, BackupCommands.restore, BundleCommand.definition, EnvironmentCommands.set,
      EnvironmentCommands.unset, EnvironmentCommands.list,
      SuperviseCommand.definition,
      PlanCommand.definition, InitCommand.definition, LockCommand.definition, CheckCommand.definition,
      VerifyCommand.definition, WhyCommand.definition,
      PackCommand.list, PackCommand.show, PackCommand.test, PackNewCommand.definition, PackWrapCommand.definition,
      KernelBuildCommand.build, KernelBuildCommand.config, KernelCommand.importing, KernelCommand.list,
      KernelCommand.show, KernelCommand.use, KernelCommand.remove, KernelTransferCommands.push,
      KernelTransferCommands.pull,
      ImageNameCommands.list, ImageInspectCommand.definition, ImageDiffCommand.definition,
      ImageReportCommand.definition, ImageVerifyCommand.definition, ImageSignCommand.sign, ImageSignCommand.attest,
      ImageSBOMCommand.definition,
      ImageSymbolsCommand.definition,
      ImageNameCommands.tag, ImageNameCommands.untag, ImageNameCommands.index, ImageGCCommand.definition,
      ImageTransferCommands.importing, ImageTransferCommands.export, ImageTransferCommands.copy,
      ImagePushCommand.definition, ImagePullCommand.definition,
      ImageLoginCommand.definition, ImageLoginCommand.logout,
      ProofsCommand.list, ProofsCommand.show, ProofsCommand.diff, ProofsCommand.record, ProofsCommand.sign,
      ProofsCommand.export, ReviewCommand.definition, GrantCommands.list, GrantCommands.revoke,
      VolumeCommand.create, VolumeCommand.list, VolumeCommand.show, VolumeAttachCommand.attach,
      VolumeAttachCommand.detach, VolumeCommand.destroy,
      SecretCommand.set, SecretCommand.list, SecretCommand.remove,
      RenderCommand.definition, CompletionCommand.definition, ManCommand.definition, VersionCommand.definition,
      HelpCommand.definition,
    ]
  }

  /// Those that people are told of.
  static var shown: [CommandDefinition] { all.filter { !$0.isHidden } }
}
