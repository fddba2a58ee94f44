internal import PackCore
import XCTest

final class KernelPlaceholder: XCTestCase {}
