internal import PackCore

/// Puts events together into one tree and refuses what a project file has no use for: several documents, tags of other
/// types, keys that are not text, merge keys, anchors that stand for too much.
struct YAMLTreeBuilder {
  private struct Open {
    var isMapping: Bool
    var mark: YAMLNode.Mark
    var anchor: String?
    var items: [YAMLNode] = []
    var pairs: [YAMLNode.Pair] = []
    var keys: Set<String> = []
    /// A key that waits for its value.
    var key: (text: String, mark: YAMLNode.Mark)?
    var weight = 1
    var height = 1
  }

  let path: String
  private(set) var root: YAMLNode?
  private var stack: [Open] = []
  private var anchors: [String: YAMLNode] = [:]
  private var documents = 0
  private var weight = 0

  init(path: String) { self.path = path }

  /// True when the stream has ended.
  mutating func take(_ event: YAMLEvent) throws -> Bool {
    switch event.kind {
    case .streamStart, .documentEnd: break
    case .streamEnd: return true
    case .documentStart:
      documents += 1
      guard documents == 1 else { throw ConfigFailure.severalDocuments(path, event.mark) }
    case .alias: try alias(event)
    case .scalar(let text, let plain):
      try checkTag(event, allowed: ["str"])
      try place(
        YAMLNode(content: .scalar(text, plain: plain), mark: event.mark, weight: 1, height: 1), anchor: event.anchor)
    case .sequenceStart, .mappingStart: try open(event)
    case .sequenceEnd, .mappingEnd: try close()
    }
    return false
  }

  private func checkTag(_ event: YAMLEvent, allowed: [String]) throws {
    guard let tag = event.tag, tag != "!" else { return }
    guard allowed.contains(where: { tag == "tag:yaml.org,2002:\($0)" }) else {
      throw ConfigFailure.tag(path, event.mark, tag)
    }
  }

  private mutating func open(_ event: YAMLEvent) throws {
    var isMapping = false
    if case .mappingStart = event.kind { isMapping = true }
    try checkTag(event, allowed: [isMapping ? "map" : "seq"])
    guard stack.count < YAMLLimits.depth else { throw ConfigFailure.tooDeep(path, event.mark) }
    if let top = stack.last, top.isMapping, top.key == nil { throw ConfigFailure.keyNotText(path, event.mark) }
    stack.append(Open(isMapping: isMapping, mark: event.mark, anchor: event.anchor))
  }

  private mutating func close() throws {
    guard let top = stack.popLast() else { return }
    let content: YAMLNode.Content = top.isMapping ? .mapping(top.pairs) : .sequence(top.items)
    try place(
      YAMLNode(content: content, mark: top.mark, weight: top.weight, height: top.height), anchor: top.anchor)
  }

  private mutating func alias(_ event: YAMLEvent) throws {
    let name = event.anchor ?? ""
    guard var node = anchors[name] else { throw ConfigFailure.unknownAnchor(path, event.mark, name) }
    guard stack.count + node.height <= YAMLLimits.depth else { throw ConfigFailure.tooDeep(path, event.mark) }
    // Counted whole here; the root's own count is only complete at its end.
    weight += node.weight
    guard weight <= YAMLLimits.nodes else { throw ConfigFailure.tooManyNodes(path, event.mark) }
    node.mark = event.mark
    try place(node, anchor: nil)
  }

  /// Gives a finished node to the collection that is open, or makes it the root.
  private mutating func place(_ node: YAMLNode, anchor: String?) throws {
    weight += 1
    guard weight <= YAMLLimits.nodes else { throw ConfigFailure.tooManyNodes(path, node.mark) }
    if let anchor { anchors[anchor] = node }
    guard !stack.isEmpty else {
      root = node
      return
    }
    let index = stack.count - 1
    stack[index].weight += node.weight
    stack[index].height = max(stack[index].height, node.height + 1)
    if !stack[index].isMapping {
      stack[index].items.append(node)
    } else if let key = stack[index].key {
      stack[index].key = nil
      stack[index].pairs.append(YAMLNode.Pair(key: key.text, keyMark: key.mark, value: node))
    } else {
      stack[index].key = (try keyText(node, in: stack[index]), node.mark)
      stack[index].keys.insert(stack[index].key?.text ?? "")
    }
  }

  private func keyText(_ node: YAMLNode, in open: Open) throws -> String {
    guard case .scalar(let text, let plain) = node.content, !node.isNull, !text.isEmpty else {
      throw ConfigFailure.keyNotText(path, node.mark)
    }
    if plain, text == "<<" { throw ConfigFailure.mergeKey(path, node.mark) }
    guard !open.keys.contains(text) else { throw ConfigFailure.duplicateKey(path, node.mark, text) }
    return text
  }
}
