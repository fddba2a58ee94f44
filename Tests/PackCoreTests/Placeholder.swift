internal import PackCore
import XCTest

final class PackCorePlaceholder: XCTestCase {}
