import TestSupport

@testable import PackCore

/// What two monitors accept, as far as packc writes it: properties, types, required ones, ranges and choices, taken down in
/// our own words from the API documents that they publish. An object may hold what is named here and nothing else, although
/// the documents name more: what packc does not write is a mistake here.
///
/// - Firecracker 1.17.0-dev (commit 004d9353), `FullVmConfiguration`:
///   https://github.com/firecracker-microvm/firecracker/blob/main/src/firecracker/swagger/firecracker.yaml
///   `drives` is not required there, and is in the parser of `--config-file` (src/vmm/src/resources.rs).
/// - cloud-hypervisor, API 0.3.0 (commit 00f68228, after v53.0), `VmConfig`:
///   https://github.com/cloud-hypervisor/cloud-hypervisor/blob/main/vmm/src/api/openapi/cloud-hypervisor.yaml
enum MonitorSchemas {
  static func firecracker() throws -> SchemaCheck { try check(firecrackerRules) }
  static func cloudHypervisor() throws -> SchemaCheck { try check(cloudHypervisorRules) }

  private static func check(_ rules: String) throws -> SchemaCheck {
    SchemaCheck(document: try JSONParser.parse(Array(rules.utf8), name: "rules"))
  }

  private static let firecrackerRules = """
    {
      "type": "object", "additionalProperties": false, "required": ["boot-source", "drives"],
      "properties": {
        "boot-source": {
          "type": "object", "additionalProperties": false, "required": ["kernel_image_path"],
          "properties": {
            "kernel_image_path": {"type": "string"}, "initrd_path": {"type": "string"}, "boot_args": {"type": "string"}
          }
        },
        "machine-config": {
          "type": "object", "additionalProperties": false, "required": ["mem_size_mib", "vcpu_count"],
          "properties": {
            "mem_size_mib": {"type": "integer"}, "vcpu_count": {"type": "integer", "minimum": 1, "maximum": 32},
            "smt": {"type": "boolean"}, "track_dirty_pages": {"type": "boolean"},
            "huge_pages": {"enum": ["None", "Transparent", "2M"]}
          }
        },
        "drives": {
          "type": "array",
          "items": {
            "type": "object", "additionalProperties": false, "required": ["drive_id", "is_root_device"],
            "properties": {
              "drive_id": {"type": "string"}, "is_root_device": {"type": "boolean"}, "is_read_only": {"type": "boolean"},
              "path_on_host": {"type": "string"}, "cache_type": {"enum": ["Unsafe", "Writeback"]}
            }
          }
        },
        "network-interfaces": {
          "type": "array",
          "items": {
            "type": "object", "additionalProperties": false, "required": ["host_dev_name", "iface_id"],
            "properties": {
              "host_dev_name": {"type": "string"}, "iface_id": {"type": "string"}, "guest_mac": {"type": "string"},
              "mtu": {"type": "integer", "minimum": 68, "maximum": 65535}
            }
          }
        },
        "entropy": {"type": "object", "additionalProperties": false}
      }
    }
    """

  private static let cloudHypervisorRules = """
    {
      "type": "object", "additionalProperties": false, "required": ["payload"],
      "properties": {
        "payload": {
          "type": "object", "additionalProperties": false,
          "properties": {
            "kernel": {"type": "string"}, "initramfs": {"type": "string"}, "cmdline": {"type": "string"},
            "firmware": {"type": "string"}
          }
        },
        "cpus": {
          "type": "object", "additionalProperties": false, "required": ["boot_vcpus", "max_vcpus"],
          "properties": {
            "boot_vcpus": {"type": "integer", "minimum": 1}, "max_vcpus": {"type": "integer", "minimum": 1}
          }
        },
        "memory": {
          "type": "object", "additionalProperties": false, "required": ["size"],
          "properties": {"size": {"type": "integer"}, "shared": {"type": "boolean"}}
        },
        "net": {
          "type": "array",
          "items": {
            "type": "object", "additionalProperties": false,
            "properties": {
              "tap": {"type": "string"}, "ip": {"type": "string"}, "mask": {"type": "string"}, "mac": {"type": "string"}
            }
          }
        },
        "rng": {
          "type": "object", "additionalProperties": false, "required": ["src"], "properties": {"src": {"type": "string"}}
        },
        "serial": {"$ref": "#/$defs/console"},
        "console": {"$ref": "#/$defs/console"}
      },
      "$defs": {
        "console": {
          "type": "object", "additionalProperties": false, "required": ["mode"],
          "properties": {
            "mode": {"enum": ["Off", "Pty", "Tty", "File", "Socket", "Null"]}, "file": {"type": "string"},
            "socket": {"type": "string"}
          }
        }
      }
    }
    """
}
