internal import OCI
public import PackCore

extension ImageDiff {
  /// `docs/schema/image-diff.schema.json`.
  public var json: JSONValue {
    [
      "schema_version": 1, "before": before.json, "after": after.json, "identical": .bool(isIdentical),
      "differs": .bool(!isEmpty), "growth": .integer(growth), "layers": .array(layers.map(\.json)),
      "packages": .array(packages.map(\.json)), "config": .array(config.map(\.json)),
      "facts": .array(facts.map(\.json)),
    ]
  }
}

extension ImageDiff.Side {
  var json: JSONValue { ["name": .string(name), "digest": JSONValue(digest), "packed": .integer(packed)] }
}

extension ImageDiff.LayerChange {
  var json: JSONValue {
    func side(_ layer: ImageSnapshot.Layer?) -> JSONValue? {
      layer.map {
        [
          "digest": JSONValue($0.descriptor.digest), "diff_id": JSONValue($0.diffID),
          "size": .integer($0.descriptor.size),
        ]
      }
    }
    return JSONValue(compact: [
      "title": .string(title), "kept": .bool(isKept), "before": side(before), "after": side(after),
    ])
  }
}

extension ImageDiff.ValueChange {
  var json: JSONValue {
    JSONValue(compact: [
      "name": .string(name), "before": before.map(JSONValue.string), "after": after.map(JSONValue.string),
    ])
  }
}

extension PackageChange {
  var json: JSONValue {
    JSONValue(compact: [
      "kind": kind.map { .string($0.rawValue) }, "name": kind.map { _ in .string(name) },
      "before": versionsBefore.isEmpty ? nil : JSONValue(strings: versionsBefore),
      "after": versionsAfter.isEmpty ? nil : JSONValue(strings: versionsAfter), "growth": .integer(growth),
      "files": .array(files.map(\.json)),
    ])
  }
}

extension FileChange {
  var json: JSONValue {
    JSONValue(compact: [
      "path": .string(path.absolute), "path_base64": path.utf8 == nil ? .string(Base64.encode(path.bytes)) : nil,
      "change": .string(kind.rawValue), "aspects": aspects.isEmpty ? nil : JSONValue(strings: aspects.map(\.rawValue)),
      "before": before.map(\.state), "after": after.map(\.state),
    ])
  }
}

extension ImageFiles.File {
  /// What it is, for a comparison.
  var state: JSONValue {
    var target: String?
    var type = "file"
    switch entry.kind {
    case .file: break
    case .directory: type = "directory"
    case .link(let bytes): (type, target) = ("link", String(decoding: bytes, as: UTF8.self))
    case .hardLink(let path): (type, target) = ("hardlink", path.absolute)
    case .special, .whiteout, .opaque: type = "special"
    }
    return JSONValue(compact: [
      "type": .string(type), "mode": .string(entry.octalMode), "uid": .integer(entry.uid), "gid": .integer(entry.gid),
      "size": .integer(entry.size), "digest": digest.map { JSONValue($0) }, "target": target.map(JSONValue.string),
    ])
  }
}

extension LayerEntry {
  /// `0755`.
  var octalMode: String {
    let text = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }
}
