internal import Deploy
internal import PackCore
internal import Runner

/// `packc volume attach` and `detach`.
enum VolumeAttachCommand {
  static let attach = CommandDefinition(
    "volume attach", summary: "give a deployment a volume", operands: "NAME APP:/PATH", count: 2...2,
    flags: ChangeFlags.all,
    details: """
      APP's image declares a volume at /PATH (unik.yaml: run.volumes). What was there before is not attached any more, which
      is drift (--confirm). A volume that another machine has now is refused.
      """ + "\n" + ChangeFlags.details, completes: names
  ) { invocation in
    let text = invocation.operands[1]
    guard let colon = text.firstIndex(of: ":"),
      let volume = try VolumeReference(parsing: invocation.operands[0] + text[colon...])
    else {
      throw Failure(
        "wrong_usage", "\"\(text)\" is no deployment and a path in it", hint: "write it like shop:/data", exit: .usage)
    }
    let name = String(text[..<colon])
    return try ChangeFlags.answer(
      try Deployments(invocation.context).attach(
        volume, to: name, confirms: invocation.has("confirm"), asks: ChangeFlags.asks(name, invocation)), invocation)
  }

  static let detach = CommandDefinition(
    "volume detach", summary: "take a volume from a deployment, and keep its data", operands: "NAME APP", count: 2...2,
    flags: ChangeFlags.all,
    details: "It is drift, and needs --confirm. What was at its path lies in the machine's memory then.\n"
      + ChangeFlags.details, completes: names
  ) { invocation in
    let (volume, name) = (try VolumeName(invocation.operands[0]), invocation.operands[1])
    return try ChangeFlags.answer(
      try Deployments(invocation.context).detach(
        volume, from: name, confirms: invocation.has("confirm"), asks: ChangeFlags.asks(name, invocation)), invocation)
  }

  private static let names: @Sendable (HostContext) -> [String] = { context in
    (try? VolumeStore(context).list().map(\.name)) ?? []
  }
}
