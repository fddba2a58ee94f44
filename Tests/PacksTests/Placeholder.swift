internal import PackCore
import XCTest

final class PacksPlaceholder: XCTestCase {}
