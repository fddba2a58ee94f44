internal import PackCore
import XCTest

final class BuildPlaceholder: XCTestCase {}
