import CGuest

/// The kernel's command line, where the place in which a machine runs says what its image cannot know.
struct CommandLine {
  private var file = FileBuffer(capacity: 4096)

  init() { _ = file.read(StaticString("/proc/cmdline").cString) }

  var start: CString { file.cString }

  /// What follows `name` (`ip=`) in the last word that begins with it; false when there is none.
  func value(_ name: StaticString, into text: inout Text) -> Bool {
    var isFound = false
    var word = start
    while word[0] != 0 {
      var end = 0
      while !CommandLine.isSpace(word[end]) && word[end] != 0 { end += 1 }
      if starts(word, with: name) {
        text.clear()
        for index in name.utf8CodeUnitCount..<max(end, name.utf8CodeUnitCount) {
          text.append(UInt8(bitPattern: word[index]))
        }
        isFound = true
      }
      word += end
      while CommandLine.isSpace(word[0]) { word += 1 }
    }
    return isFound
  }

  static func isSpace(_ character: CChar) -> Bool { character == 0x20 || character == 0x0a }
}
