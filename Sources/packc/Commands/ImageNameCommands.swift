internal import Images
internal import PackCore

/// `packc image list`, `tag`, `untag` and `index create`: names in the store.
enum ImageNameCommands {
  static let list = CommandDefinition("image list", summary: "show the images of packc's store") { invocation in
    let listing = try ImageListing(ImageFlags.locator(invocation))
    try invocation.output.write(listing.json) { listing.text }
    return .done
  }

  static let tag = CommandDefinition(
    "image tag", summary: "give an image a further name in the store", operands: "IMAGE NAME", count: 2...2,
    details: "An image that is not in the store is imported.\n" + ImageFlags.references
  ) { invocation in
    let (locator, transfer) = try ImageFlags.transfer(invocation)
    let digest = try ImageNames(locator, transfer).tag(invocation.operands[0], as: invocation.operands[1])
    try invocation.output.write(["name": .string(invocation.operands[1]), "digest": JSONValue(digest)]) {
      "\(invocation.operands[1])  \(digest)\n"
    }
    return .done
  }

  static let untag = CommandDefinition(
    "image untag", summary: "take names away from images of the store", operands: "NAME…", count: 1...64,
    details: "What nothing names any more stays on the disk until `packc image gc`."
  ) { invocation in
    let (locator, transfer) = try ImageFlags.transfer(invocation)
    let removed = try ImageNames(locator, transfer).untag(invocation.operands)
    let rows = removed.map { JSONValue.object(["name": .string($0.name), "digest": JSONValue($0.digest)]) }
    try invocation.output.write(["untagged": .array(rows)]) {
      removed.map { "untagged \($0.name)  \($0.digest)\n" }.joined()
    }
    return .done
  }

  static let index = CommandDefinition(
    "image index create", summary: "make one image of those for several platforms", operands: "NAME IMAGE…",
    count: 2...64,
    details: "Pushed or exported, it is a multi-platform image. Images that are not in the store are imported.\n"
      + ImageFlags.references
  ) { invocation in
    let (locator, transfer) = try ImageFlags.transfer(invocation)
    let name = invocation.operands[0]
    let made = try ImageNames(locator, transfer).createIndex(name, of: Array(invocation.operands.dropFirst()))
    let json: JSONValue = [
      "name": .string(name), "digest": JSONValue(made.digest), "platforms": JSONValue(strings: made.platforms),
    ]
    try invocation.output.write(json) { "\(name)  \(made.digest)  \(made.platforms.joined(separator: ", "))\n" }
    return .done
  }
}
