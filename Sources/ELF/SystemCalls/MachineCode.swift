/// The executable sections of a program for x86-64, taken apart from their first byte on: where instructions begin, which
/// jump or call where, and which addresses the program has written down. Places are offsets over all sections in a row.
struct MachineCode {
  struct Region {
    let address: UInt64
    let bytes: UnsafeRawBufferPointer
    /// Of its first byte.
    fileprivate(set) var place = 0
  }
  /// Bytes of code that are looked at, and jumps that are kept.
  static let mostBytes = 64 << 20
  private static let mostEdges = 4 << 20
  private static let mostRegions = 64
  private static let mostTables = 1 << 20

  private(set) var regions: [Region] = []
  /// Of `syscall` instructions.
  private(set) var systemCalls: [Int] = []
  /// An `int $0x80` or `sysenter`.
  private(set) var hasOtherCalls = false
  /// Bytes that are no instruction stand among the others.
  private(set) var hasGaps = false
  /// Addresses of data that LEA takes, which may be tables of jumps.
  private(set) var tables: Set<UInt64> = []
  private(set) var size = 0
  private var starts: Bits
  private var taken: Bits
  /// Target and source, 32 bits each, sorted.
  private var edges: [UInt64] = []

  /// Nil when there is more than is looked at.
  init?(_ found: [(address: UInt64, bytes: UnsafeRawBufferPointer)]) {
    guard found.count <= Self.mostRegions else { return nil }
    for (address, bytes) in found where !bytes.isEmpty {
      regions.append(Region(address: address, bytes: bytes, place: size))
      size += bytes.count
      guard size <= Self.mostBytes else { return nil }
    }
    starts = Bits(count: size)
    taken = Bits(count: size)
    for region in regions { guard sweep(region) else { return nil } }
    guard tables.count <= Self.mostTables else { return nil }
    edges.sort()
  }

  /// One bit for each byte.
  private struct Bits {
    private var words: [UInt64]
    init(count: Int) { words = [UInt64](repeating: 0, count: count / 64 + 1) }
    subscript(place: Int) -> Bool {
      get { words[place >> 6] >> UInt64(place & 63) & 1 != 0 }
      set {
        if newValue {
          words[place >> 6] |= 1 << UInt64(place & 63)
        } else {
          words[place >> 6] &= ~(1 << UInt64(place & 63))
        }
      }
    }
  }

  private mutating func sweep(_ region: Region) -> Bool {
    var position = 0
    while position < region.bytes.count {
      guard let one = X86Instruction(region.bytes, at: position) else {
        // Zeros fill the space between sections.
        if region.bytes[position] != 0 { hasGaps = true }
        position += 1
        continue
      }
      let here = region.place + position
      starts[here] = true
      position += one.length
      if one.isSystemCall { systemCalls.append(here) }
      if one.isOtherSystemCall { hasOtherCalls = true }
      let next = region.address &+ UInt64(position)
      switch one.flow {
      case .jump(let by, _), .call(let by):
        guard let target = place(of: next &+ UInt64(bitPattern: by)) else { continue }
        guard edges.count < Self.mostEdges else { return false }
        edges.append(UInt64(target) << 32 | UInt64(here))
      default: note(one, next)
      }
    }
    return true
  }

  /// Addresses of code that an instruction has in it.
  private mutating func note(_ one: X86Instruction, _ next: UInt64) {
    if one.isRelativeAddress {
      let address = next &+ UInt64(bitPattern: one.displacement)
      if let found = place(of: address) {
        taken[found] = true
      } else if one.map == .one, one.opcode == 0x8d {
        tables.insert(address)
      }
    }
    if one.immediate > 0xffff, let found = place(of: UInt64(bitPattern: one.immediate)) { taken[found] = true }
  }

  // MARK: Places

  func place(of address: UInt64) -> Int? {
    for region in regions where address >= region.address && address - region.address < UInt64(region.bytes.count) {
      return region.place + Int(address - region.address)
    }
    return nil
  }

  func address(of place: Int) -> UInt64 {
    guard let region = region(of: place) else { return 0 }
    return region.address &+ UInt64(place - region.place)
  }

  private func region(of place: Int) -> Region? { regions.last { $0.place <= place } }

  func instruction(at place: Int) -> X86Instruction? {
    region(of: place).flatMap { X86Instruction($0.bytes, at: place - $0.place) }
  }

  func isInstruction(_ place: Int) -> Bool { place < size && starts[place] }
  func isTaken(_ place: Int) -> Bool { taken[place] }
  mutating func take(_ address: UInt64) { if let place = place(of: address) { taken[place] = true } }

  /// The instruction that ends where this one begins; nil at the beginning of a section, and behind a gap.
  func previous(_ place: Int) -> (place: Int, instruction: X86Instruction)? {
    guard let region = region(of: place) else { return nil }
    for back in 1...15 where place - back >= region.place && starts[place - back] {
      guard let one = X86Instruction(region.bytes, at: place - back - region.place), one.length == back else {
        return nil
      }
      return (place - back, one)
    }
    return nil
  }

  /// Places of the jumps and calls that lead to it.
  func sources(of place: Int) -> [Int] {
    var (low, high) = (0, edges.count)
    let wanted = UInt64(place) << 32
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return edges[low...].prefix { $0 >> 32 == UInt64(place) }.map { Int($0 & 0xffff_ffff) }
  }
}
