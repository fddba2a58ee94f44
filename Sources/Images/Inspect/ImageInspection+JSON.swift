internal import OCI
public import PackCore

extension ImageInspection {
  /// See `docs/schema/image.schema.json`, `inspect`.
  public var json: JSONValue {
    JSONValue(compact: [
      "source": .string(source), "names": JSONValue(strings: names), "digest": JSONValue(digest),
      "index": root == digest ? nil : ["digest": JSONValue(root), "platforms": JSONValue(strings: platforms)],
      "media_type": JSONValue(mediaType), "platform": JSONValue(config.platform), "size": .integer(size),
      "created": config.created.map(JSONValue.string), "config": configJSON,
      "contents": contents?.json, "annotations": JSONValue(strings: annotations), "layers": .array(layers.map(\.json)),
      "referrers": .array(referrers.map { ["digest": JSONValue($0.digest), "kind": .string($0.kind)] }),
    ])
  }

  private var configJSON: JSONValue {
    JSONValue(compact: [
      "digest": JSONValue(configDigest), "user": config.user.map(JSONValue.string),
      "entrypoint": JSONValue(strings: config.entrypoint), "arguments": JSONValue(strings: config.arguments),
      "environment": JSONValue(strings: config.environment),
      "working_directory": config.workingDirectory.map(JSONValue.string),
      "ports": JSONValue(strings: config.exposedPorts), "stop_signal": config.stopSignal.map(JSONValue.string),
      "labels": JSONValue(strings: config.labels),
    ])
  }
}

extension ImageInspection.Layer {
  var json: JSONValue {
    JSONValue(compact: [
      "digest": JSONValue(digest), "diff_id": JSONValue(diffID), "media_type": JSONValue(mediaType),
      "size": .integer(size), "role": role.map { .string($0.rawValue) }, "created_by": createdBy.map(JSONValue.string),
    ])
  }
}
